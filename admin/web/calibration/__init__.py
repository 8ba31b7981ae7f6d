"""How well a compound's gates tell its people apart: the last report of the worker."""
