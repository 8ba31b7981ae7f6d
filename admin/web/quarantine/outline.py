"""What of a quarantined message may be shown. Pure (docs/decisions/0042).

Nobody could read it, so nobody knows what is in it: a name, a template, anything. Shown are its size, its digest, and
of its outermost fields those that place it in a chain, where they look as such a field does.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final, cast

_ID: Final = re.compile(r"[a-z0-9-]{1,64}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
TEXTS: Final = {"gate": _ID, "epoch": _ID, "previous": _HASH, "hash": _HASH}
NUMBERS: Final = ("v", "seq")


@dataclass(frozen=True, slots=True)
class Outline:
    """`fields` in the order of the wire; empty where the bytes are no JSON object."""

    size: int
    digest: str  # SHA-256, hexadecimal
    fields: tuple[tuple[str, str], ...]


def outline(content: bytes) -> Outline:
    return Outline(len(content), hashlib.sha256(content).hexdigest(), tuple(_fields(content)))


def _fields(content: bytes) -> list[tuple[str, str]]:
    try:
        found = cast(object, json.loads(content))
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, dict):
        return []
    fields = cast(dict[str, object], found)
    numbers = [(name, str(fields[name])) for name in NUMBERS if type(fields.get(name)) is int]
    texts = [
        (name, value)
        for name, shape in TEXTS.items()
        if isinstance(value := fields.get(name), str) and shape.fullmatch(value)
    ]
    return numbers + texts
