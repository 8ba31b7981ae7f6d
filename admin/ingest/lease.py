"""One ingest works at a time; others stand by and take over (docs/decisions/0041)."""

import hashlib
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from admin.db.session import AWAY, writing
from admin.db.tables import Lease

log = structlog.get_logger()

NAME: Final = "ingest"
LASTS: Final = timedelta(seconds=6)
RENEWED_EACH: Final = timedelta(seconds=2)
ASK_EACH_S: Final = 1.0
"""With these a process on another machine takes over within 7 s, clocks a second apart: promised are 10."""


class Post(Protocol):
    """What is only kept open by whoever is on duty."""

    def open(self) -> None: ...

    def close(self) -> None: ...


class IngestLease:
    """The row in the database. A holder on this machine that has died is not waited for."""

    def __init__(self, engine: Engine, holder: str, lasts: timedelta = LASTS) -> None:
        self._engine, self._holder, self._lasts = engine, holder, lasts

    def take(self, now: datetime) -> bool:
        """Takes or renews it; False while another holds it."""
        try:
            with writing(self._engine) as session:
                row = session.get(Lease, NAME, with_for_update=True)
                if row is None:
                    session.add(Lease(name=NAME, holder=self._holder, until=now + self._lasts))
                    return True
                if row.holder != self._holder and row.until > now and not has_died(row.holder):
                    return False
                row.holder, row.until = self._holder, now + self._lasts
                return True
        except IntegrityError:  # another took the first lease ever in the same moment
            return False

    def give_up(self, now: datetime) -> None:
        """The next may begin at once."""
        with writing(self._engine) as session:
            row = session.get(Lease, NAME, with_for_update=True)
            if row is not None and row.holder == self._holder:
                row.until = now


class Duty:
    """Opens the post when the lease is ours, and closes it when it no longer is."""

    def __init__(self, lease: IngestLease, post: Post, now: Callable[[], datetime]) -> None:
        self._lease, self._post, self._now = lease, post, now
        self._on = False
        self._renew_at: datetime | None = None
        self._said: bool | None = None

    def is_ours(self) -> bool:
        """Whether to work. Asks the database when a renewal is due; while it is away nothing changes."""
        now = self._now()
        if self._on and self._renew_at is not None and now < self._renew_at:
            return True
        try:
            self._set(self._lease.take(now))
        except AWAY as trouble:
            log.warning("database away", kind=type(trouble.orig).__name__)
            return self._on
        self._renew_at = now + RENEWED_EACH
        return self._on

    def end(self) -> None:
        """Leaves the post to the next."""
        if self._on:
            self._set(on=False)
            try:
                self._lease.give_up(self._now())
            except AWAY:
                log.warning("lease left to run out")

    def _set(self, on: bool) -> None:
        if on and not self._on:
            self._post.open()
        elif self._on and not on:
            self._post.close()
        self._on = on
        if self._said is not on:
            self._said = on
            log.info("ingest on duty" if on else "ingest stands by")


def own_name() -> str:
    """Where this process runs, its number there, and something that no other has."""
    return f"{_here()}.{os.getpid()}.{secrets.token_hex(4)}"


def has_died(holder: str) -> bool:
    """True only where the holder ran on this machine, in these containers' walls, and is gone."""
    place, _, rest = holder.partition(".")
    number = rest.partition(".")[0]
    return place == _here() and number.isdigit() and not Path(f"/proc/{number}").exists()


def _here() -> str:
    """The same for processes that see one another's numbers: this boot, this PID namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        walls = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return secrets.token_hex(8)  # not Linux: the lease runs out by itself
    return hashlib.sha256(f"{boot}{walls}".encode()).hexdigest()[:16]
