"""Opening by hand, lock-down and hold-open: who orders what of which gate, why, and what became of it."""
