"""Whether bytes are one plain JPEG, by its structure alone: web decodes no pictures. Pure."""

import re
from typing import Final

from contracts.picture import LARGEST_PICTURE, LARGEST_SIDE

_BEGIN, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN: Final = 0xDA
_FRAMES: Final = frozenset({0xC0})  # baseline: one scan
_TABLES: Final = frozenset({0xC4, 0xDB, 0xDD, 0xE0})  # Huffman, quantisation, restart interval, JFIF
_PIXELS: Final = re.compile(rb"(?:[^\xff]|\xff[\x00\xd0-\xd7])*+")  # no marker but those of a restart
_HEAD: Final = 4
_FRAME_HEAD: Final = 6


def is_plain_jpeg(content: bytes) -> bool:
    """One picture of at most 1280 pixels a side, nothing before, after or beside it: no EXIF, no comment."""
    if not content.startswith(_BEGIN) or not content.endswith(_END) or len(content) > LARGEST_PICTURE:
        return False
    at, framed = len(_BEGIN), False
    while (segment := _segment(content, at)) is not None:
        kind, body = segment
        if kind == _SCAN:
            return framed and _ends(content, at + _HEAD + len(body))
        if kind in _FRAMES:
            if framed or not _has_a_size(body):
                return False
            framed = True
        elif kind not in _TABLES:
            return False
        at += _HEAD + len(body)
    return False


def _segment(content: bytes, at: int) -> tuple[int, bytes] | None:
    """The marker at a place and what it holds; None where there is none, or it is cut short."""
    head = content[at : at + _HEAD]
    if len(head) < _HEAD or head[0] != 0xFF:  # noqa: PLR2004 - every marker begins so
        return None
    length = int.from_bytes(head[2:], "big") - 2
    body = content[at + _HEAD : at + _HEAD + length]
    return (head[1], body) if length >= 0 and len(body) == length else None


def _ends(content: bytes, at: int) -> bool:
    """Whether from there on come pixels and the end, and nothing hides behind them."""
    return _PIXELS.fullmatch(content, at, len(content) - len(_END)) is not None


def _has_a_size(frame: bytes) -> bool:
    if len(frame) < _FRAME_HEAD:
        return False
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    return 0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE
