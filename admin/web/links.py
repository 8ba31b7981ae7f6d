"""Where to go next without being sent to somebody else's site."""

from urllib.parse import urlsplit


def own_path(wanted: str | None, otherwise: str) -> str:
    """`wanted` where it is a plain path on this server, else `otherwise`."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return otherwise
    if "\\" in wanted or not wanted.isprintable():
        return otherwise  # browsers drop tabs and line ends, and take \ for /
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc else wanted
