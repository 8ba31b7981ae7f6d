"""Orders this gate has taken, so that each is obeyed once, also over a restart; and what it stands under."""

import sqlite3
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from contracts.order import Standing
from contracts.wire import WireError
from gate.store.disk import Disk

log = structlog.get_logger()

KEPT: Final = 10_000
"""Older ones are refused anyway: an order names its boot, a job ends within a day."""

_SCHEMA: Final = """
CREATE TABLE taken (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job TEXT CHECK (job IN ('begun', 'done'))  -- NULL for what is done at once
) STRICT;
CREATE TABLE standing (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    message BLOB NOT NULL  -- the body as signed, verified when it came
) STRICT;
"""


class OrderBook:
    """The one writer of the file at `path`. Any thread may call. Raises NoRecord and JournalError."""

    def __init__(self, path: Path, kept: int = KEPT) -> None:
        self._kept = kept
        self._disk = Disk(path, (_SCHEMA,))

    def take(self, order: UUID, job: bool = False) -> bool:
        """Notes the order before it is obeyed; False where it was taken before."""
        with self._disk.writing() as db:
            added = db.execute(
                "INSERT OR IGNORE INTO taken (id, job) VALUES (?, ?)", (str(order), "begun" if job else None)
            ).rowcount
            db.execute("DELETE FROM taken WHERE row <= (SELECT max(row) FROM taken) - ?", (self._kept,))
            return added == 1

    def is_done(self, job: UUID) -> bool:
        """Whether a job that was taken is finished."""
        with self._disk.reading() as db:
            found = db.execute("SELECT job FROM taken WHERE id = ?", (str(job),)).fetchone()
            return found is not None and found[0] == "done"

    def finish_begun(self) -> list[UUID]:
        """Jobs that this start of the process ends; each is given once."""
        with self._disk.writing() as db:
            begun = db.execute("SELECT id FROM taken WHERE job = 'begun' ORDER BY row").fetchall()
            db.execute("UPDATE taken SET job = 'done' WHERE job = 'begun'")
            return [UUID(id_) for (id_,) in begun]

    def stand(self, standing: Standing) -> None:
        """Keeps what the gate is under from now on."""
        with self._disk.writing() as db:
            db.execute("INSERT OR REPLACE INTO standing VALUES (1, ?)", (standing.encode(),))

    def standing(self) -> Standing | None:
        """What the gate was under when it was last told."""
        with self._disk.reading() as db:
            return _read(db.execute("SELECT message FROM standing").fetchone())

    def close(self) -> None:
        self._disk.close()


def _read(row: sqlite3.Row | tuple[bytes] | None) -> Standing | None:
    try:
        return Standing.decode(row[0]) if row is not None else None
    except WireError as wrong:
        log.error("What this gate stood under does not read", fault=wrong.fault.value)  # noqa: TRY400
        return None
