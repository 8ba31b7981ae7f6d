"""The live board: what happens at every gate, now."""
