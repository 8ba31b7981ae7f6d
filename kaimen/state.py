"""The one folder in which `kaimen up` keeps everything, and what lies where in it."""

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NEEDED_MB: Final = 300  # a day of a busy gate's record and logs, and room to vacuum


class CannotStart(Exception):
    """Something is missing or in the way; the message says what, and what to do."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Names of everything inside. Private keys lie in one folder a process."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "data" / "kaimen.sqlite3"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def gate(self) -> Path:
        return self.root / "gate"

    @property
    def public_keys(self) -> Path:
        return self.root / "keys" / "public"

    @property
    def clip(self) -> Path:
        return self.root / "demonstration" / "walk-up.avi"

    def config(self, process: str) -> Path:
        return self.root / "config" / f"{process}.toml"

    def keys(self, process: str) -> Path:
        return self.root / "keys" / process

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"


@contextmanager
def held(folder: StateFolder) -> Generator[None]:
    """The folder as ours alone; raises CannotStart where it cannot be written or another holds it."""
    try:
        folder.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(folder.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as trouble:
        raise CannotStart(
            f"The state folder {folder.root} cannot be written ({trouble.strerror}). Choose another: --state DIR"
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise CannotStart(
            f"Kaimen is already running on {folder.root}. Stop it with Ctrl-C there, or use --state DIR"
        ) from None
    try:
        yield
    finally:
        os.close(file)


def check_space(folder: Path, needed_mb: int = NEEDED_MB) -> None:
    """Raises CannotStart where the disk is nearly full: a gate without room for its record opens nothing."""
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < needed_mb:
        raise CannotStart(
            f"Only {free_mb} MB are free under {folder}; {needed_mb} MB are needed. Free some, or --state DIR"
        )


def check_port(port: int, remedy: str, host: str = "127.0.0.1") -> None:
    """Raises CannotStart where something else listens there, or the host is not this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as trouble:
            if trouble.errno == errno.EADDRINUSE:
                raise CannotStart(f"Port {port} is taken by another program. {remedy}") from None
            raise CannotStart(
                f"{host}:{port} cannot be listened on ({trouble.strerror}). "
                "Say an address of this machine: --lan 192.168.1.10"
            ) from None


def free_port(wished: int) -> int:
    """`wished` if nothing listens there, else any free one."""
    for candidate in (wished, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart("No free port was found on 127.0.0.1.")
