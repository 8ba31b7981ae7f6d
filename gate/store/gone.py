"""What a journal no longer holds: links forgotten after their receipt, and links the server asks for in vain."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from contracts.ids import EpochId
from contracts.receipt import Missing
from gate.store.rows import StoredLink

SCHEMA: Final = """
CREATE TABLE forgotten (          -- receipted two backup intervals ago and removed; both ends inclusive
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (epoch, first)
) STRICT, WITHOUT ROWID;
INSERT INTO forgotten             -- what the first format had forgotten without a note
SELECT epoch, coalesce(before, 0) + 1, seq - 1
FROM (SELECT epoch, seq, lag(seq) OVER (PARTITION BY epoch ORDER BY seq) AS before FROM link)
WHERE seq > coalesce(before, 0) + 1;
"""

FORGETTABLE: Final = "receipted < ? AND pulse IS NOT 'waiting' AND row < (SELECT max(row) FROM link)"
"""The newest link stays: the next epoch names it."""


@dataclass(frozen=True, slots=True)
class GapFill:
    """What a journal has to say to a gap: links to send, and ranges that it can never send."""

    held: list[StoredLink]
    gone: list[Missing]


def forget(db: sqlite3.Connection, before: int) -> int:
    """Removes links receipted before `before` (microseconds), notes which, and returns how many."""
    islands = db.execute(
        "SELECT epoch, min(seq), max(seq) FROM (SELECT epoch, seq, seq - row_number() OVER"  # noqa: S608 - ours
        f" (PARTITION BY epoch ORDER BY seq) AS island FROM link WHERE {FORGETTABLE}) GROUP BY epoch, island",
        (before,),
    ).fetchall()
    for epoch, first, last in islands:
        joined = db.execute(
            "UPDATE forgotten SET last = ? WHERE epoch = ? AND last = ?", (last, epoch, first - 1)
        )
        if joined.rowcount == 0:
            db.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)", (epoch, first, last))
    return db.execute(f"DELETE FROM link WHERE {FORGETTABLE}", (before,)).rowcount  # noqa: S608 - ours


def seqs_in(db: sqlite3.Connection, gap: Missing, limit: int) -> list[int]:
    """The places of a gap that have a row, in order."""
    found = db.execute(
        "SELECT seq FROM link WHERE epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
        (gap.epoch, gap.first, gap.last, limit),
    )
    return [int(seq) for (seq,) in found]


def holes(epoch: EpochId, first: int, last: int, held: Iterable[int]) -> Iterator[Missing]:
    """What of `first` to `last` is not in `held` (rising). Pure."""
    for seq in held:
        if seq > first:
            yield Missing(epoch=epoch, first=first, last=seq - 1)
        first = seq + 1
    if first <= last:
        yield Missing(epoch=epoch, first=first, last=last)
