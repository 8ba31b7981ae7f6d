"""The access log: every attempt to pass, what decided it, and whether its record holds."""
