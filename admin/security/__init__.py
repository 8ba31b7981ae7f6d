"""Who may do what, where; what was done; and the keys each process holds."""
