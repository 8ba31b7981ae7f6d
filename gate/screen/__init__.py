"""Decisions become words for the person in front of the gate: its own small page, on loopback only."""
