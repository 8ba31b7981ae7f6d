"""The worker: takes jobs that outlive a restart. The only process of the server that loads a face model."""
