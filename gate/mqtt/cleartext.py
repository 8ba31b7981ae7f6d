"""Credentials do not cross a network in the clear unless the operator says so."""

from ipaddress import ip_address


class CleartextRefused(Exception):
    """An unencrypted connection that would leave this machine."""

    def __init__(self, what: str, host: str) -> None:
        super().__init__(f"{what} at {host} is not encrypted. Use TLS, or allow cleartext in the settings.")
        self.what, self.host = what, host


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this machine; names other than localhost are not looked up."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
