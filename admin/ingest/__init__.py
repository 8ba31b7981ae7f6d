"""The process from broker to database: what gates report is kept, once, and receipted."""
