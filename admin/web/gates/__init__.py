"""How every gate is: what it runs, what it knows, what it still has to send."""
