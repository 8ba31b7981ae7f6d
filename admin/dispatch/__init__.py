"""The process from database to broker: rosters, manifests, signed passes, and who may speak to the broker."""
