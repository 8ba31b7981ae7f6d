"""Messages that ingest could not take: why, and what becomes of them."""
