"""A PostgreSQL of Debian's package for a measurement or a test: its own folder, a socket in it, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal


class PostgreSql:
    """One server over one folder. What it committed outlives `stop`, also an immediate one."""

    def __init__(self, programs: Path, folder: Path, durable: bool) -> None:
        """Makes an empty database; `programs` is where Debian keeps the server's."""
        self._control, self._data, self._folder = str(programs / "pg_ctl"), str(folder / "data"), folder
        self._durable = "on" if durable else "off"
        self.address = f"postgresql+psycopg://kaimen@/postgres?host={folder}"
        new = ("-U", "kaimen", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        _do([str(programs / "initdb"), "-D", self._data, *new])

    def start(self) -> None:
        """Returns once it takes connections."""
        words = (
            "-c listen_addresses=",
            f"-k {self._folder}",
            f"-c fsync={self._durable}",
            f"-c synchronous_commit={self._durable}",
        )
        self._ask("-w", "-l", str(self._folder / "log"), "-o", " ".join(words), "start")

    def stop(self, how: Literal["fast", "immediate"] = "fast") -> None:
        """Ends every connection; `immediate` as a crash would, to be recovered at the next start."""
        self._ask("-m", how, "-w", "stop")

    def _ask(self, *words: str) -> None:
        _do([self._control, "-D", self._data, *words])


@contextmanager
def postgresql_server(durable: bool = True) -> Generator[PostgreSql | None]:
    """A server that runs; None where it or its driver is not installed.

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
        server = PostgreSql(programs, folder, durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql(durable: bool = True) -> Generator[str | None]:
    """The address of such a server's empty database."""
    with postgresql_server(durable) as server:
        yield server.address if server is not None else None


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _do(words: Sequence[str]) -> None:
    """As the user postgres where we are root: the server refuses root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*user, *words], check=True, stdout=subprocess.DEVNULL, cwd="/")
