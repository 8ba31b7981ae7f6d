"""The loop of ingest: take a batch, commit it, only then acknowledge it, and tell the gates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from admin.db.session import AWAY, reading, writing
from admin.ingest.again import is_asked, leave, read_again
from admin.ingest.arrival import Arrival, Poison, Taken, claimed_place, read
from admin.ingest.gates import known_gates
from admin.ingest.lease import ASK_EACH_S
from admin.ingest.mailbox import NO_CONNECTION, Mailbox
from admin.ingest.receipts import advance, gates_with_record, let_go, open_epochs, receipt
from admin.ingest.record import Recorded, is_link, record
from contracts.ids import EpochId, GateId
from contracts.signing import SigningKey, sign
from contracts.topics import RECEIPT

log = structlog.get_logger()

MOST: Final = 500  # messages in one transaction
IDLE_S: Final = 0.5
AGAIN_EACH: Final = timedelta(seconds=1)
RECEIPT_EACH: Final = timedelta(milliseconds=100)  # per gate
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
UNSTORABLE: Final = "unstorable"
# The database is away, locked or full: the same batch again, later. Anything else is the message's own fault.


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the loop is given: `pause` waits so many seconds and says whether to stop. `batch`: messages at most in one
    transaction.
    """

    now: Callable[[], datetime]
    pause: Callable[[float], bool]
    batch: int = MOST


class Consumer:
    """One ingest. Everything it knows beside the database may be lost at any time without harm."""

    def __init__(self, engine: Engine, mailbox: Mailbox, key: SigningKey, around: Surroundings) -> None:
        self._engine, self._mailbox, self._key, self._around = engine, mailbox, key, around
        self._connection = NO_CONNECTION
        self._due: dict[GateId, set[EpochId]] = {}
        self._sent: dict[GateId, datetime] = {}
        self._again_at = LONG_AGO

    def run(self, is_ours: Callable[[], bool]) -> None:
        """Until `pause` says stop; works while `is_ours`, and else asks again."""
        while not self._around.pause(0):
            if is_ours():
                self.turn()
            else:
                self._around.pause(ASK_EACH_S)

    def turn(self) -> None:
        """One batch and what follows from it."""
        wait = RECEIPT_EACH.total_seconds() / 4 if self._due else IDLE_S
        batch = self._mailbox.take(self._around.batch, wait)
        if batch:
            self._keep(batch)
        else:
            self._read_again()
        self._notice_connection()
        self._send_receipts()

    def _keep(self, batch: Sequence[Arrival]) -> None:
        """Commits the batch, however long the database is away; unacknowledged when told to stop before."""
        readings = [read(arrival) for arrival in batch]
        pause = FIRST_PAUSE_S
        while True:
            try:
                committed = self._commit(readings)
                break
            except AWAY as trouble:
                log.warning("database away", kind=type(trouble.orig).__name__, messages=len(batch))
                if self._around.pause(pause):
                    return
                pause = min(pause * 2, LONGEST_PAUSE_S)
        self._mailbox.acknowledge([one.arrival for one in committed])

    def _commit(self, readings: Sequence[Taken | Poison]) -> Sequence[Taken | Poison]:
        """All in one transaction; where one cannot be stored, each in its own. Gives the committed."""
        try:
            self._remember(self._transact(readings))
            return readings
        except AWAY:
            raise
        except Exception as trouble:  # noqa: BLE001 - one bad message must not hold up a gate's record
            if len(readings) > 1:
                return [kept for one in readings for kept in self._commit([one])]
            return self._give_up(readings[0], type(trouble).__name__)

    def _give_up(self, one: Taken | Poison, kind: str) -> Sequence[Taken | Poison]:
        """What the database refuses goes to quarantine; refused even there, it stays with the broker."""
        log.error("message not storable", kind=kind, topic=one.arrival.topic)
        if isinstance(one, Poison):
            return []
        claimed = claimed_place(one.arrival.payload) if is_link(one) else None
        return self._commit([Poison(one.arrival, UNSTORABLE, kind, one.address, claimed)])

    def _transact(self, readings: Sequence[Taken | Poison]) -> Recorded:
        now = self._around.now()
        with writing(self._engine) as session:
            done = record(session, readings, now)
            _follow(session, done, now)
        return done

    def _read_again(self) -> None:
        """In a quiet moment, one quarantined message that somebody asked for."""
        now = self._around.now()
        if now < self._again_at:
            return
        self._again_at = now + AGAIN_EACH
        try:
            self._remember(self._once_more(now))
        except AWAY:
            return
        except Exception as trouble:  # noqa: BLE001 - as in _commit: the message's own fault, and it is kept
            log.error("message not storable", kind=type(trouble).__name__)  # noqa: TRY400 - values may be a person's
            with writing(self._engine) as session:
                leave(session, UNSTORABLE)

    def _once_more(self, now: datetime) -> Recorded:
        with reading(self._engine) as session:
            if not is_asked(session):
                return Recorded()
        with writing(self._engine) as session:
            done = read_again(session, now)
            _follow(session, done, now)
        return done

    def _remember(self, done: Recorded) -> None:
        for gate, epoch in done.epochs:
            self._due.setdefault(gate, set()).add(epoch)
        for gate in done.births:
            self._due.setdefault(gate, set())
        if done.quarantined:
            log.warning("quarantined", messages=done.quarantined)

    def _notice_connection(self) -> None:
        """On a new connection every gate's receipt is said again: the last may have gone with the old one."""
        if self._mailbox.connection in (self._connection, NO_CONNECTION):
            return
        try:
            with reading(self._engine) as session:
                gates = gates_with_record(session)
        except AWAY:
            return
        self._connection = self._mailbox.connection
        for gate in gates:
            self._due.setdefault(gate, set())

    def _send_receipts(self) -> None:
        now = self._around.now()
        ready = [gate for gate in self._due if now - self._sent.get(gate, LONG_AGO) >= RECEIPT_EACH]
        if not ready or self._mailbox.connection == NO_CONNECTION:
            return
        try:
            letters = self._letters(ready, now)
        except AWAY:
            return
        for gate, topic, content in letters:
            if self._mailbox.publish(topic, content):
                self._due.pop(gate, None)
                self._sent[gate] = now

    def _letters(self, gates: Sequence[GateId], now: datetime) -> list[tuple[GateId, str, bytes]]:
        """Signed receipts from what is committed by now."""
        with reading(self._engine) as session:
            known = known_gates(session, gates)
            return [
                (
                    gate,
                    RECEIPT.at(known[gate].compound, gate),
                    sign(receipt(session, gate, sorted(self._due[gate]), now), self._key).encode(),
                )
                for gate in gates
                if gate in known
            ]


def _follow(session: Session, done: Recorded, now: datetime) -> None:
    """What new links mean for epochs, holes and cursors, in the same transaction."""
    open_epochs(session, done.alarms, now)
    done.epochs |= let_go(session, done.alarms, now)
    advance(session, done.epochs, now, done.fresh)
