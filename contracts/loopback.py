"""Which addresses need no encryption: nobody else can listen on the way to them."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this machine; names other than localhost are not looked up."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
