"""How long a roster was decided on without a trusted clock, summed over boots (DESIGN.md, promise 7).

Whoever unplugs a gate whose clock has died must not begin its twelve hours anew. Time is put down on disk a minute
before it is used, so that a power cut costs a minute rather than giving one.
"""

import json
import math
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from gate.store.disk import NoRecord
from gate.store.files import write_whole

AHEAD_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Put:
    """What the file says: seconds put down for the roster signed at `signed`."""

    signed: str
    seconds: float


class LeaseMeter:
    """Any thread may ask; without a path nothing outlives the process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._before = _read(path)
        self._used = self._ahead = 0.0
        self._last: float | None = None
        self._signed: str | None = None

    def used(self, signed: datetime, monotonic: float, clock_trusted: bool) -> float:
        """Seconds without a trusted clock under this signature, up to now. Infinite where they cannot be put down."""
        with self._lock:
            if self._signed != signed.isoformat():
                self._begin(signed.isoformat())
            self._used += 0.0 if clock_trusted or self._last is None else max(0.0, monotonic - self._last)
            self._last = monotonic
            if clock_trusted:
                return self._total()
            return self._put_down()

    def _begin(self, signed: str) -> None:
        """A newer signature begins anew; the one the file knows goes on, and so does what does not read."""
        readable = math.isfinite(self._before.seconds)
        if self._signed is not None or (readable and self._before.signed != signed):
            self._before = _Put(signed, 0.0)
        self._signed, self._used, self._ahead, self._last = signed, 0.0, 0.0, None

    def _total(self) -> float:
        return self._before.seconds + self._used

    def _put_down(self) -> float:
        if self._used >= self._ahead and self._path is not None:
            self._ahead = self._used + AHEAD_S
            put = {"signed": self._signed, "seconds": self._before.seconds + self._ahead}
            try:
                write_whole(self._path, json.dumps(put).encode())
            except NoRecord:
                self._ahead = 0.0
                return float("inf")
        return self._total()


def _read(path: Path | None) -> _Put:
    """A file that is missing counts from nothing; one that does not read counts as all used up."""
    try:
        found = cast(dict[str, object], json.loads(path.read_text())) if path else {}
        return _Put(str(found.get("signed", "")), float(str(found.get("seconds", 0))))
    except FileNotFoundError:
        return _Put("", 0.0)
    except (OSError, ValueError, AttributeError):
        return _Put("", float("inf"))
