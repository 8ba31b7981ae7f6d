"""A body over HTTP(S), in one piece or in several: what came before the line was cut is not fetched again."""

import time
from dataclasses import dataclass, field
from typing import Final

import httpx

PART: Final = 206


class TooLong(Exception):
    """More bytes than were promised."""


@dataclass(slots=True)
class Download:
    """Bytes of one sealed body, kept in memory between tries. `tag` names them at the server.

    `content` has its full size from the start: one that grows is moved, and in memory twice while it is.
    """

    name: str  # which body: a part of another is of no use
    size: int
    tag: str | None = None
    got: int = 0
    content: bytearray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.content = bytearray(self.size)

    @property
    def is_whole(self) -> bool:
        return self.got == self.size

    def headers(self) -> dict[str, str]:
        """What asks for the rest; nothing where there is no part, or nothing that names it."""
        if not self.got or self.tag is None:
            return {}
        return {"Range": f"bytes={self.got}-", "If-Range": self.tag}

    def take(self, answer: httpx.Response, within_s: float) -> bool:
        """Reads a successful answer, the rest or the whole anew; False where the time was over before its end.

        Raises TooLong, and what httpx raises where the line is cut: what came until then is kept.
        """
        if not self._goes_on(answer):
            self.got = 0
            self.tag = _strong(answer.headers.get("ETag"))
        until = time.monotonic() + within_s
        for piece in answer.iter_raw():
            end = self.got + len(piece)
            if end > self.size:
                raise TooLong
            self.content[self.got : end] = piece
            self.got = end
            if time.monotonic() > until:
                return False
        return True

    def _goes_on(self, answer: httpx.Response) -> bool:
        begins = f"bytes {self.got}-"
        return answer.status_code == PART and answer.headers.get("Content-Range", "").startswith(begins)


def _strong(tag: str | None) -> str | None:
    """A weak tag names no bytes (RFC 9110, section 13.1.5)."""
    return tag if tag is not None and tag.startswith('"') else None
