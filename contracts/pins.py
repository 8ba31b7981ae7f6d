"""PINs as gates keep them: an HMAC under a key that lives only inside one gate's roster."""

import hmac
import re

VISITOR_ROOM = ""
"""A visitor's PIN goes without a room."""

_ROOM = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+){0,4}")


def room_of(typed: str) -> str | None:
    """A room as staff and screens write it, 3-2-1201; None where it is not one."""
    plain = typed.strip().replace("－", "-").replace("—", "-").upper()
    return plain if _ROOM.fullmatch(plain) else None


def pin_mac(key: bytes, room: str, pin: str) -> str:
    """HMAC-SHA256 over room and PIN, hexadecimal."""
    return hmac.new(key, f"{room}\0{pin}".encode(), "sha256").hexdigest()
