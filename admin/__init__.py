"""The server: web, ingest, dispatch and worker over one database."""
