"""The journal's tables and the statements on them; every function runs inside its caller's transaction."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import structlog

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.chain import Place
from contracts.ids import EpochId
from contracts.passage import PassageV1, PassageWhat
from contracts.receipt import Missing, Receipt
from contracts.wire import WireError

log = structlog.get_logger()

SCHEMA: Final = """
CREATE TABLE link (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('passage', 'alarm')),
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,          -- microseconds since 1970, UTC
    message BLOB NOT NULL,        -- what is sent, as committed
    pulse TEXT CHECK (pulse IN ('waiting', 'done', 'failed', 'unknown')),  -- granted passages only
    pulse_ms INTEGER,             -- by the boot's monotonic clock
    receipted INTEGER,            -- microseconds since 1970, by the server's clock
    UNIQUE (epoch, seq)
) STRICT;
CREATE INDEX link_unsent ON link (row) WHERE receipted IS NULL;
CREATE INDEX link_waiting ON link (row) WHERE pulse = 'waiting';
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""
"""Format 1; what came later stands in `bursts` and `gone`."""

YEAR_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Entry(NamedTuple):
    """A link about to be committed, with what its row keeps beside the message."""

    link: PassageV1 | AlarmV1
    what: PassageWhat | AlarmWhat
    pulse: str | None = None


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link that the server has not receipted. `row` orders all links of this journal, over epochs."""

    row: int
    link: PassageV1 | AlarmV1
    late: bool


def microseconds(at: datetime) -> int:
    """Since 1970, UTC."""
    return (at - YEAR_1970) // timedelta(microseconds=1)


def insert(db: sqlite3.Connection, entry: Entry) -> None:
    link, what = entry.link, entry.what
    kind = "passage" if isinstance(link, PassageV1) else "alarm"
    until = what.until if isinstance(what, PassageWhat) else None
    at = microseconds(until or what.at)  # a counted row is as old as the last of what it counts
    db.execute(
        "INSERT INTO link (epoch, seq, hash, kind, id, at, message, pulse) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            link.epoch,
            link.seq,
            link.hash,
            kind,
            str(what.id),
            at,
            link.encode(),
            entry.pulse,
        ),
    )


def newest_place(db: sqlite3.Connection) -> Place | None:
    """The last link that this file holds."""
    found = db.execute("SELECT epoch, seq, hash FROM link ORDER BY row DESC LIMIT 1").fetchone()
    return None if found is None else Place(epoch=EpochId(found[0]), seq=found[1], hash=found[2])


def interrupted(db: sqlite3.Connection) -> list[str]:
    """The ids of granted passages whose pulse nobody noted, oldest first."""
    return [str(id_) for (id_,) in db.execute("SELECT id FROM link WHERE pulse = 'waiting' ORDER BY row")]


def unsent(db: sqlite3.Connection, after: int, limit: int, late_before: int) -> list[StoredLink]:
    """Rows above `after` without a receipt; those older than `late_before` (microseconds) say so."""
    rows = db.execute(
        "SELECT row, kind, at, message FROM link WHERE receipted IS NULL AND row > ? ORDER BY row LIMIT ?",
        (after, limit),
    )
    links = (_stored(row, kind, message, at < late_before) for row, kind, at, message in rows)
    return [link for link in links if link is not None]


def unsent_in(db: sqlite3.Connection, gap: Missing, limit: int, late_before: int) -> list[StoredLink]:
    """Rows of a gap that have no receipt and read, in order."""
    rows = db.execute(
        "SELECT row, kind, at, message FROM link WHERE receipted IS NULL AND epoch = ?"
        " AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
        (gap.epoch, gap.first, gap.last, limit),
    )
    links = (_stored(row, kind, message, at < late_before) for row, kind, at, message in rows)
    return [link for link in links if link is not None]


def unreadable_in(db: sqlite3.Connection, gap: Missing, limit: int) -> set[int]:
    """The places of a gap whose row does not read."""
    rows = db.execute(
        "SELECT row, seq, kind, message FROM link WHERE epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
        (gap.epoch, gap.first, gap.last, limit),
    )
    return {seq for row, seq, kind, message in rows if _stored(row, kind, message, late=False) is None}


def count_unsent(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM link WHERE receipted IS NULL").fetchone()[0])


def without_receipt(db: sqlite3.Connection, rows: Collection[int]) -> set[int]:
    """Those of `rows` that the server has not receipted."""
    wanted = json.dumps(sorted(rows))
    found = db.execute(
        "SELECT row FROM link WHERE receipted IS NULL AND row IN (SELECT value FROM json_each(?))", (wanted,)
    )
    return {int(row) for (row,) in found}


def newest_time(db: sqlite3.Connection) -> datetime | None:
    """The latest `at` of the thousand newest links."""
    query = "SELECT max(at) FROM (SELECT at FROM link ORDER BY row DESC LIMIT 1000)"
    (newest,) = db.execute(query).fetchone()
    return None if newest is None else YEAR_1970 + timedelta(microseconds=newest)


def apply_receipt(db: sqlite3.Connection, receipt: Receipt) -> int:
    """See Journal.obey."""
    if not _take_generation(db, receipt.generation):
        return 0
    db.execute(
        "INSERT INTO mark VALUES ('heard', ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
        (microseconds(receipt.at),),
    )
    done = sum(_receipted(db, place, microseconds(receipt.at)) for place in receipt.upto)
    for gap in receipt.missing:
        db.execute(
            "UPDATE link SET receipted = NULL WHERE epoch = ? AND seq BETWEEN ? AND ?",
            (gap.epoch, gap.first, gap.last),
        )
    return done


def heard(db: sqlite3.Connection) -> int:
    """When the server last said how far it is, by its own clock in microseconds; 0 where it never did."""
    found = db.execute("SELECT value FROM mark WHERE name = 'heard'").fetchone()
    return 0 if found is None else int(found[0])


def has_warned(db: sqlite3.Connection) -> bool:
    """Whether it was said that the journal is nearly full, and it has been so since."""
    return db.execute("SELECT 1 FROM mark WHERE name = 'nearly_full'").fetchone() is not None


def note_warning(db: sqlite3.Connection) -> None:
    """It is said in this transaction."""
    db.execute("INSERT INTO mark VALUES ('nearly_full', 1)")


def may_warn_again(db: sqlite3.Connection) -> None:
    """The journal is no longer nearly full."""
    db.execute("DELETE FROM mark WHERE name = 'nearly_full'")


def _take_generation(db: sqlite3.Connection, generation: int) -> bool:
    """Whether the receipt is of this generation of the server or a newer one."""
    found = db.execute("SELECT value FROM mark WHERE name = 'generation'").fetchone()
    known = 0 if found is None else int(found[0])
    if generation > known:
        db.execute("INSERT OR REPLACE INTO mark VALUES ('generation', ?)", (generation,))
        db.execute("UPDATE link SET receipted = NULL WHERE receipted IS NOT NULL")
    return generation >= known


def _receipted(db: sqlite3.Connection, place: Place, at: int) -> int:
    return db.execute(
        "UPDATE link SET receipted = ? WHERE receipted IS NULL AND epoch = ? AND seq <= ?"
        " AND EXISTS (SELECT 1 FROM link WHERE epoch = ? AND seq = ? AND hash = ?)",
        (at, place.epoch, place.seq, place.epoch, place.seq, place.hash),
    ).rowcount


def _stored(row: int, kind: str, message: bytes, late: bool) -> StoredLink | None:
    try:
        link = PassageV1.decode(message) if kind == "passage" else AlarmV1.decode(message)
    except WireError as wrong:
        log.warning("A journal row does not read; the server sees a gap", row=row, fault=wrong.fault.value)
        return None
    return StoredLink(row, link.model_copy(update={"late": late}), late)
