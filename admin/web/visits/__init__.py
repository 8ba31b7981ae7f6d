"""Visitors: making, listing and cancelling passes at the desk."""
