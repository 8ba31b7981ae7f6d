"""One process beside one gate: camera frames become decisions, an open door, and a record (DESIGN.md §2)."""
