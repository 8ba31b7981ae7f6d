"""Credentials do not cross a network in the clear unless the operator says so."""


class CleartextRefused(Exception):
    """An unencrypted connection that would leave this machine."""

    def __init__(self, what: str, host: str) -> None:
        super().__init__(f"{what} at {host} is not encrypted. Use TLS, or allow cleartext in the settings.")
        self.what, self.host = what, host
