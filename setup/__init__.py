"""The set-up: everything Kaimen needs on a fresh machine, in plain Python without packages."""
