"""The gate's time: never earlier than what the gate already knows to be past (DESIGN.md, promise 7)."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
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

    The wall clock is believed while it is not behind the floor and goes with the monotonic clock: from the
    server's last live signed time where this boot has heard one, else from where it first was good. A clock that
    was set to another time is believed again once it is back, or once the server agrees with it.
    Until then time goes on by the monotonic clock, and `trusted` is false.
    """

    def __init__(
        self,
        floor: datetime | None = None,
        wall: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._lock = threading.Lock()
        self._floor = _Mark(BUILT_AT, monotonic())
        self._anchor: _Mark | None = None
        self._server: _Mark | None = None
        if floor is not None:
            self.not_before(floor)

    def now(self) -> datetime:
        """Aware UTC; never earlier than the floor."""
        reading = self._read()
        return max(reading.wall if reading.trusted else reading.expected, reading.lowest)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back within one boot."""
        return self._monotonic()

    @property
    def trusted(self) -> bool:
        """Whether windows and schedules may be judged by this clock."""
        return self._read().trusted

    @property
    def offset(self) -> timedelta | None:
        """How far the server's time is ahead of the wall clock; None where this boot has not heard it live."""
        with self._lock:
            return self._server.at(self._monotonic()) - self._wall() if self._server else None

    def not_before(self, known: datetime) -> None:
        """It is at least `known`: the journal holds it, or the server signed it."""
        with self._lock:
            self._raise_floor(known)

    def hear(self, signed: datetime) -> None:
        """A time that the server signed just now, delivered live; an older one than is known says nothing.

        The first of a boot decides against a wall clock that is ahead: a broker that replays an old one can make
        this clock doubted, not believed.
        """
        with self._lock:
            now = self._monotonic()
            if signed >= self._floor.at(now) - TOLERANCE:
                self._server = _Mark(signed, now)
            self._raise_floor(signed)

    def _raise_floor(self, known: datetime) -> None:
        now = self._monotonic()
        if known > self._floor.at(now):
            self._floor = _Mark(known, now)

    def _read(self) -> "_Reading":
        with self._lock:
            now, wall = self._monotonic(), self._wall()
            lowest = self._floor.at(now)
            if self._anchor is None and wall >= lowest - TOLERANCE:
                self._anchor = _Mark(wall, now)
            known = self._server or self._anchor
            expected = known.at(now) if known else lowest
            trusted = wall >= lowest - TOLERANCE and abs(wall - expected) <= TOLERANCE
            return _Reading(wall, expected, lowest, trusted)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A time that was known at a moment of the monotonic clock."""

    time: datetime
    seconds: float

    def at(self, seconds: float) -> datetime:
        """The same time, gone on by the monotonic clock."""
        return self.time + timedelta(seconds=seconds - self.seconds)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Both clocks, read together. `expected`: what the wall clock should say."""

    wall: datetime
    expected: datetime
    lowest: datetime
    trusted: bool
