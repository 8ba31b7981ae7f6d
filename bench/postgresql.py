"""A PostgreSQL of Debian's package for one measurement: its own folder, loopback, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

DURABLE = ("-c", "fsync=on", "-c", "synchronous_commit=on")


@contextmanager
def postgresql() -> Generator[str | None]:
    """The address of an empty database; None where the server or its driver is not installed."""
    programs = _programs()
    if programs is None or find_spec("psycopg") is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="kaimen-postgresql-"))
    try:
        with _running(programs, folder) as port:
            yield f"postgresql+psycopg://kaimen@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path) -> Generator[int]:
    data, port = folder / "data", _free_port()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    _do(
        [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "kaimen",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
        ]
    )
    options = " ".join(["-h 127.0.0.1", f"-p {port}", f"-k {folder}", *DURABLE])
    control = str(programs / "pg_ctl")
    _do([control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield port
    finally:
        _do([control, "-D", str(data), "-m", "fast", "-w", "stop"])


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _do(words: Sequence[str]) -> None:
    """As the user postgres where we are root: the server refuses root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*user, *words], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
