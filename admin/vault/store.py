"""A small SQLite file that two processes share and nobody else may read."""

import json
import os
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

BUSY_S = 5.0
PRIVATE = 0o600
_AT_ONCE = 500  # ids in one query


def open_store(path: Path, schema: str) -> sqlite3.Connection:
    """The store at `path`, made with `schema` if absent. Removed rows are overwritten, not only unlinked."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))  # WAL files take over the mode
    path.chmod(PRIVATE)
    store = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        store.execute(f"PRAGMA {pragma}")
    store.execute(schema)
    return store


@contextmanager
def writing(store: sqlite3.Connection) -> Generator[None]:
    """One transaction that holds the writers' lock from its beginning."""
    store.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        store.execute("ROLLBACK")
        raise
    store.execute("COMMIT")


def empty_log(store: sqlite3.Connection) -> None:
    """Writes the log back and cuts it off, so that what was removed is not left in it.

    A reader can hold it open for a moment; then the next removal or the last close does it.
    """
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def portions(ids: Sequence[str]) -> Iterator[str]:
    """Lists for `IN (SELECT value FROM json_each(?))`, each short enough that no reader holds the log open for long."""
    for start in range(0, len(ids), _AT_ONCE):
        yield json.dumps(ids[start : start + _AT_ONCE])
