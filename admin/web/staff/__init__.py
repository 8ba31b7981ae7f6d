"""Staff: log-in, own account, language."""
