"""The loop of dispatch: when the register has changed, seal what differs and tell the gates."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Engine

from admin.db.revision import looked, revision
from admin.db.session import AWAY, reading, writing
from admin.db.tables import Compound, Gate
from admin.dispatch.announcer import NO_CONNECTION, Announcer
from admin.dispatch.body import Keys
from admin.dispatch.census import Censuses
from admin.dispatch.editions import Editions
from admin.dispatch.manifests import manifest
from admin.dispatch.roster import active_gates
from admin.dispatch.rules import next_edge
from admin.dispatch.shelf import Faces
from admin.dispatch.sign import sign_due
from contracts.ids import CompoundId, GateId
from contracts.topics import WANT

log = structlog.get_logger()

POLL_S: Final = 0.1  # promise 8: a change reaches connected gates within 2 s
AGAIN: Final = timedelta(seconds=30)  # after an error with one gate's roster
RENEW: Final = timedelta(hours=1)  # a connected gate's lease counts from the manifest it last saw
SELDOM: Final = (200_000, 50, 100)
"""When Python looks for cycles: every 700 new objects, as it comes, made a look at ten thousand people half as long
again."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the loop is given. `pause` waits so many seconds and says whether to stop."""

    faces: Faces
    announcer: Announcer
    web: X25519PublicKey
    now: Callable[[], datetime]
    pause: Callable[[float], bool]


class Dispatch:
    """One dispatch. What it remembers only saves work: all of it is made anew after a restart."""

    def __init__(self, engine: Engine, keys: Keys, outside: Outside) -> None:
        self._engine, self._keys, self._outside = engine, keys, outside
        self._editions = Editions(engine, outside.faces, keys)
        self._revision: int | None = None
        self._edge: datetime | None = None
        self._connection = NO_CONNECTION
        self._announced_at: datetime | None = None
        self._troubled: set[GateId] = set()

    def run(self) -> None:
        """Until `pause` says stop."""
        gc.set_threshold(*SELDOM)
        while not self._outside.pause(POLL_S):
            try:
                self.turn()
            except AWAY as trouble:
                log.warning("database away", kind=type(trouble.orig).__name__)

    def turn(self) -> None:
        """Everything that is due now."""
        now = self._outside.now()
        while sign_due(self._engine, self._keys.passes, self._outside.web, now):
            pass
        with reading(self._engine) as session:
            current = revision(session)
        if current != self._revision or (self._edge is not None and self._edge <= now):
            self._look_at_all(self._outside.now())  # later than every change that `current` counts
            self._revision = current
        self._announce_again(now)
        self._editions.let_go_at_one()
        self._editions.seal_one_owed()

    def _look_at_all(self, now: datetime) -> None:
        with reading(self._engine) as session:
            gates = active_gates(session)
        censuses = Censuses(now)
        edges = [self._look_at(gate, now, censuses) for gate in gates]
        self._edge = next_edge(edges, now)
        self._editions.end_look(gates)
        if not self._troubled:
            with writing(self._engine) as session:
                looked(session, now)

    def _look_at(self, gate: GateId, now: datetime, censuses: Censuses) -> datetime | None:
        """Seals and announces a new version where one is due; when to look again. A gate's trouble stays its own."""
        try:
            renewed = self._editions.renew(gate, now, censuses)
        except AWAY:
            raise
        except Exception:
            log.exception("roster not made", gate=gate)
            self._troubled.add(gate)
            return now + AGAIN
        self._troubled.discard(gate)
        if renewed.made:
            self._announce([gate], now)
        return renewed.edge

    def _announce_again(self, now: datetime) -> None:
        """All manifests anew after a connection, and now and then, so that connected gates' leases go on."""
        connection = self._outside.announcer.connection
        stale = self._announced_at is None or now - self._announced_at >= RENEW
        if connection == NO_CONNECTION or (connection == self._connection and not stale):
            return
        with reading(self._engine) as session:
            # No new signature for a roster that should be another by now: its lease is meant to run out.
            gates = [gate for gate in active_gates(session) if gate not in self._troubled]
        self._announce(gates, now)
        self._connection, self._announced_at = connection, now

    def _announce(self, gates: list[GateId], now: datetime) -> None:
        with reading(self._engine) as session:
            for gate in gates:
                signed = manifest(session, gate, self._keys.manifest, now)
                compound = session.get_one(Compound, session.get_one(Gate, gate).compound_id).wire_id
                if signed is not None:
                    self._outside.announcer.publish(WANT.at(CompoundId(compound), gate), signed.encode())
