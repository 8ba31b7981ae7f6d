"""The gate's time: never earlier than what the gate already knows to be past (DESIGN.md, promise 7)."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

BUILT_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""No gate runs this software before it was made: the floor of a box whose battery died."""

TOLERANCE: Final = timedelta(seconds=120)
"""How far behind its floor a wall clock may be and still be believed: an NTP step is smaller."""


class Clock(Protocol):
    """Wall clock time for records and windows, monotonic seconds for durations."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


def utc_now() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """The machine's clocks over a floor: the latest of the build date, the journal and signed server times.

    Where the wall clock is behind the floor, time goes on from the floor by the monotonic clock, and
    `trusted` is false until the wall clock catches up.
    """

    def __init__(
        self,
        floor: datetime | None = None,
        wall: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._lock = threading.Lock()
        self._floor, self._floor_at = BUILT_AT, monotonic()
        if floor is not None:
            self.not_before(floor)

    def now(self) -> datetime:
        """Aware UTC; never earlier than the floor."""
        return max(self._wall(), self._lowest())

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back within one boot."""
        return self._monotonic()

    @property
    def trusted(self) -> bool:
        """Whether windows and schedules may be judged by this clock."""
        return self._wall() >= self._lowest() - TOLERANCE

    def not_before(self, known: datetime) -> None:
        """It is at least `known`: the journal holds it, or the server signed it."""
        with self._lock:
            if known > self._lowest():
                self._floor, self._floor_at = known, self._monotonic()

    def _lowest(self) -> datetime:
        return self._floor + timedelta(seconds=self._monotonic() - self._floor_at)
