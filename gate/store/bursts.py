"""A flood of the same refusal shares one counted row (docs/decisions/0040).

What is counted and not yet a link stands in a table of its own, committed like a link: a power cut loses nothing.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from contracts.passage import PassageWhat, PassageWho
from gate.store.rows import YEAR_1970, microseconds

SINGLY: Final = 3
"""So many refusals alike have rows of their own; a guard sees the first tries at once."""

QUIET_MS: Final = 60_000
"""Without another of its kind for so long a burst has ended."""

LONGEST_MS: Final = 600_000
"""A burst that goes on is written down this often."""

MOST_KINDS: Final = 256

SCHEMA: Final = """
CREATE TABLE burst (
    kind TEXT PRIMARY KEY,        -- what makes refusals alike
    who TEXT NOT NULL,
    first TEXT NOT NULL,          -- what happened first, as PassageWhat
    times INTEGER NOT NULL,
    until INTEGER NOT NULL,       -- of the last, microseconds since 1970, UTC
    began_ms INTEGER NOT NULL,    -- by the boot's monotonic clock
    last_ms INTEGER NOT NULL
) STRICT;
"""


class Streaks:
    """How often each kind of refusal came lately. A restart forgets it: the first tries then have rows again."""

    def __init__(self) -> None:
        self._streaks: dict[str, tuple[int, int]] = {}  # kind: how many, the last in milliseconds

    def goes_on(self, kind: str, at_ms: int) -> bool:
        """Takes note of one more; whether it is beyond those that have rows of their own."""
        count, last_ms = self._streaks.pop(kind, (0, at_ms))
        count = 1 if at_ms - last_ms > QUIET_MS else count + 1
        self._streaks[kind] = (count, at_ms)  # the most recent stands last
        if len(self._streaks) > MOST_KINDS:
            del self._streaks[next(iter(self._streaks))]
        return count > SINGLY


@dataclass(frozen=True, slots=True)
class Burst:
    """Refusals alike, counted and not yet a link."""

    kind: str
    who: PassageWho
    first: PassageWhat
    times: int
    until: datetime

    @classmethod
    def read(cls, kind: str, who: str, first: str, times: int, until: int) -> Self:
        return cls(
            kind,
            PassageWho.decode(who.encode()),
            PassageWhat.decode(first.encode()),
            times,
            YEAR_1970 + timedelta(microseconds=until),
        )

    @property
    def what(self) -> PassageWhat:
        """The one row that stands for all of them."""
        if self.times == 1:
            return self.first
        return self.first.model_copy(update={"times": self.times, "until": self.until})


def kind_of(who: PassageWho, what: PassageWhat) -> str:
    """The same for refusals that differ only in time and measurements."""
    codes = (what.outcome, what.reason or "", what.method, what.direction)
    return " ".join([*codes, who.encode().decode()])


def count(db: sqlite3.Connection, who: PassageWho, what: PassageWhat) -> None:
    """One more of its kind."""
    at, at_ms = microseconds(what.at), what.monotonic_ms
    db.execute(
        "INSERT INTO burst VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT (kind) DO UPDATE"
        " SET times = times + 1, until = max(until, excluded.until), last_ms = excluded.last_ms",
        (kind_of(who, what), who.encode().decode(), what.encode().decode(), at, at_ms, at_ms),
    )


def ended(db: sqlite3.Connection, now_ms: int) -> list[Burst]:
    """Those that are quiet, or due to be written down."""
    found = db.execute(
        "SELECT kind, who, first, times, until FROM burst WHERE last_ms <= ? OR began_ms <= ? ORDER BY began_ms",
        (now_ms - QUIET_MS, now_ms - LONGEST_MS),
    )
    return [Burst.read(*row) for row in found]


def left(db: sqlite3.Connection) -> list[Burst]:
    """All there are, oldest first."""
    found = db.execute("SELECT kind, who, first, times, until FROM burst ORDER BY began_ms")
    return [Burst.read(*row) for row in found]


def remove(db: sqlite3.Connection, burst: Burst) -> None:
    """It is a link now."""
    db.execute("DELETE FROM burst WHERE kind = ?", (burst.kind,))
