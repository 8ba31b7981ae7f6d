"""A PostgreSQL of Debian's package for a measurement or a test: its own folder, a socket in it, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


@contextmanager
def postgresql(durable: bool = True) -> Generator[str | None]:
    """The address of an empty database; None where the server or its driver is not installed.

    Without `durable` nothing is synced: for tests, which ask what is written, not whether it outlives the power.
    """
    programs = _programs()
    if programs is None or find_spec("psycopg") is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="kaimen-postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        with _running(programs, folder, "on" if durable else "off"):
            yield f"postgresql+psycopg://kaimen@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path, durable: str) -> Generator[None]:
    data, control = str(folder / "data"), str(programs / "pg_ctl")
    new = ("-U", "kaimen", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
    _do([str(programs / "initdb"), "-D", data, *new])
    words = (
        "-c listen_addresses=",
        f"-k {folder}",
        f"-c fsync={durable}",
        f"-c synchronous_commit={durable}",
    )
    _do([control, "-D", data, "-w", "-l", str(folder / "log"), "-o", " ".join(words), "start"])
    try:
        yield
    finally:
        _do([control, "-D", data, "-m", "fast", "-w", "stop"])


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _do(words: Sequence[str]) -> None:
    """As the user postgres where we are root: the server refuses root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*user, *words], check=True, stdout=subprocess.DEVNULL, cwd="/")
