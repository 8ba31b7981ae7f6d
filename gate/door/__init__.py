"""Decisions become iron: the port, and the relays behind it."""
