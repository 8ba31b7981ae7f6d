"""A box at the server's door: whose certificate to trust, and a request with a one-time code."""
