"""Pixels to identities: cameras, faces, tracks, quality, matching. Nothing here decides about a door."""
