"""What gates' journals say to somebody who reads beside the gate and never writes."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 1.0  # for a gate in the middle of a commit


@dataclass(frozen=True, slots=True)
class Link:
    """A record's place in its gate's chain, and its hash."""

    gate: str
    epoch: str
    seq: int
    hash: str


def waiting(journal: Path) -> str | None:
    """The newest granted passage whose pulse nobody has noted yet; None also where the journal cannot be read."""
    try:
        with _reading(journal) as db:
            found = db.execute(
                "SELECT id FROM link WHERE pulse = 'waiting' ORDER BY row DESC LIMIT 1"
            ).fetchone()
    except sqlite3.Error:
        return None
    return None if found is None else str(found[0])


def is_receipted(journal: Path) -> bool:
    """Whether a gate waits for nothing: neither for a receipt nor for a burst to end."""
    try:
        with _reading(journal) as db:
            waits = db.execute(
                "SELECT (SELECT count(*) FROM link WHERE receipted IS NULL) + (SELECT count(*) FROM burst)"
            )
            return int(waits.fetchone()[0]) == 0
    except sqlite3.Error:
        return False


def links(journal: Path, gate: str) -> list[Link]:
    """All there are, in no order."""
    with _reading(journal) as db:
        return [Link(gate, *place) for place in db.execute("SELECT epoch, seq, hash FROM link")]


@contextmanager
def _reading(journal: Path) -> Generator[sqlite3.Connection]:
    db = sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True, timeout=PATIENCE_S)
    try:
        yield db
    finally:
        db.close()
