"""How long the log is kept, what was removed of it, and erasing a person's passages."""
