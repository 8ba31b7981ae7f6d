"""Small files that are whole or the one before, whenever the power goes."""

import os
from collections.abc import Iterable
from pathlib import Path

from gate.store.disk import NoRecord


def write_whole(path: Path, content: bytes) -> None:
    """Replaces the file, synced. Raises NoRecord."""
    write_pieces(path, (content,))


def write_pieces(path: Path, content: Iterable[bytes]) -> None:
    """Replaces the file by all the pieces, synced. Raises NoRecord."""
    fresh = path.with_suffix(".new")
    try:
        with fresh.open("wb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as wrong:
        raise NoRecord(f"{path}: {wrong.strerror}") from wrong
