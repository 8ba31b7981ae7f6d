"""Uses of visitors' passes at this gate, so that a pass for one use opens once, also over a restart."""

from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from contracts.ids import PassId
from gate.store.disk import Disk
from gate.store.rows import microseconds

_SCHEMA: Final = """
CREATE TABLE use (
    claim TEXT PRIMARY KEY,
    pass TEXT NOT NULL,
    until INTEGER NOT NULL  -- end of the pass, microseconds since 1970, UTC
) STRICT;
CREATE INDEX use_pass ON use (pass);
CREATE INDEX use_until ON use (until);
"""


class SpentPasses:
    """The one writer of the file at `path`. Any thread may call. Raises NoRecord and JournalError."""

    def __init__(self, path: Path) -> None:
        self._disk = Disk(path, (_SCHEMA,))

    def uses(self, pass_id: PassId) -> int:
        """How often this gate has accepted the pass."""
        with self._disk.reading() as db:
            return int(db.execute("SELECT count(*) FROM use WHERE pass = ?", (pass_id,)).fetchone()[0])

    def use(self, pass_id: PassId, claim_id: UUID, until: datetime) -> int:
        """Notes one use before the door opens and returns how many there are now.

        The same claim again takes no second use.
        """
        with self._disk.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO use VALUES (?, ?, ?)", (str(claim_id), pass_id, microseconds(until))
            )
        return self.uses(pass_id)

    def forget_ended(self, now: datetime) -> int:
        """Removes uses of passes that have ended: they are refused as expired. Returns how many."""
        with self._disk.writing() as db:
            return db.execute("DELETE FROM use WHERE until < ?", (microseconds(now),)).rowcount

    def close(self) -> None:
        self._disk.close()
