"""The phone pages: a visitor's one pass, a resident's own passes. A link is the key; there is no log-in."""
