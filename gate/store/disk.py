"""One SQLite file written so that a commit survives a power cut: WAL, synchronous FULL, STRICT tables."""

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

BUSY_S: Final = 0.2
"""A person is waiting at the door: rather no record and a shut door now than an answer in seconds."""


class JournalError(Exception):
    """Something is wrong with what this gate keeps on its disk."""


class NoRecord(JournalError):
    """Nothing was committed: disk full, file locked or broken, no place left. The door stays shut."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The record was not committed: {why}.")
        self.why = why


class UnreadableFile(JournalError):
    """A file that this software cannot use as it is."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be used: {why}. Move it away and keep it; a start makes a new one.")
        self.path = path


class Disk:
    """One connection behind one lock. Every error of SQLite while writing comes out as NoRecord."""

    def __init__(self, path: Path, steps: Sequence[str]) -> None:
        """`steps[n]` are the statements from format n to n + 1; an older file is taken to the last one."""
        self._lock = threading.RLock()
        self._db = _connect(path)
        try:
            _prepare(self._db, path, steps)
        except BaseException:
            self._db.close()
            raise

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """One transaction: committed and synced when the block ends, or rolled back and NoRecord raised."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as wrong:
                raise NoRecord(str(wrong)) from wrong
            finally:
                self._roll_back()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Raises JournalError where the file cannot be read."""
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as wrong:
                raise JournalError(f"The gate's own record cannot be read: {wrong}.") from wrong

    def close(self) -> None:
        """Ends the use of the file; nothing is pending, because every write was committed."""
        with self._lock:
            self._db.close()

    def _roll_back(self) -> None:
        if self._db.in_transaction:  # SQLite itself has rolled back after some errors
            self._db.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as wrong:
        raise NoRecord(f"{path}: {wrong}") from wrong


def _prepare(db: sqlite3.Connection, path: Path, steps: Sequence[str]) -> None:
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA cache_size = -512")  # kibibytes; rows are written once and read in order
        found = int(db.execute("PRAGMA user_version").fetchone()[0])
        if found > len(steps):
            raise UnreadableFile(path, f"it was written by newer software (format {found})")
        if found < len(steps):
            missing = " ".join(steps[found:])
            db.executescript(f"BEGIN IMMEDIATE; {missing} PRAGMA user_version = {len(steps)}; COMMIT;")
    except sqlite3.OperationalError as wrong:
        raise NoRecord(f"{path}: {wrong}") from wrong
    except sqlite3.DatabaseError as wrong:
        raise UnreadableFile(path, str(wrong)) from wrong
