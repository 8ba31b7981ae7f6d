"""Enrol: consent, then a face, then which gates know it."""
