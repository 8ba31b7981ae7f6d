"""Orders that web has put down: signed, sent once, never late. Runs beside the rosters, which may take seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from admin.db.revision import generation
from admin.db.session import AWAY, reading, writing
from admin.db.tables import Compound, Gate, GateOrder, OrderState, Unsent
from admin.dispatch.announcer import NO_CONNECTION, Announcer
from admin.dispatch.sightings import Sightings
from admin.dispatch.standing import Standings, staff_id
from contracts.ids import CompoundId, GateId
from contracts.order import JOBS, Operation, Order
from contracts.signing import SigningKey, sign
from contracts.topics import ORDER, STANDING

log = structlog.get_logger()

POLL_S: Final = 0.1
LONGEST_WAIT_S: Final = 4.0
"""An order that dispatch may have left lying for longer is not sent: whoever asked has gone another way by then."""
LIFE_MS: Final = 6_000
"""From the signature to the last moment at the gate; with the wait before it never ten seconds."""
ANSWER_WITHIN: Final = timedelta(seconds=12)
JOB_AGAIN_S: Final = 30.0
NOW_KINDS: Final = tuple(one.value for one in Operation if one not in JOBS)
JOB_KINDS: Final = tuple(one.value for one in JOBS)


@dataclass(frozen=True, slots=True)
class Letter:
    """One signed message, to be published once its row is committed."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """Both clocks, and a pause that says whether to stop."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    pause: Callable[[float], bool]


class Orders:
    """One thread. Whatever it forgets at a restart makes it send less, never later."""

    def __init__(self, engine: Engine, key: SigningKey, announcer: Announcer, times: Times) -> None:
        self._engine, self._key, self._announcer, self._times = engine, key, announcer, times
        self._sightings = Sightings()
        self._standings = Standings(key)
        self._looked_s = float("-inf")
        self._jobs_sent: dict[int, float] = {}

    def run(self) -> None:
        """Until `pause` says stop."""
        while not self._times.pause(POLL_S):
            try:
                self.turn()
            except AWAY as trouble:
                log.warning("database away", kind=type(trouble.orig).__name__)
            except Exception:
                # The one broad catch of this thread: one order that cannot be signed must not end the others.
                log.exception("orders not sent")

    def turn(self) -> None:
        """Everything that is due now."""
        seconds, connection = self._times.monotonic(), self._announcer.connection
        # What was not there at the last look has lain for no longer than this, whatever the wall clocks say.
        lain_s, self._looked_s = seconds - self._looked_s, seconds
        with reading(self._engine) as session:
            self._sightings.look(session, seconds)
            due = self._is_due(session, seconds)
            standing = self._standings.is_due(session, connection)
        if due:
            with writing(self._engine) as session:
                letters = self._write(session, seconds, lain_s)
            self._publish(letters)
        if standing and connection != NO_CONNECTION:
            with writing(self._engine) as session:
                letters = self._standing_letters(session, connection)
            self._publish(letters)

    def _publish(self, letters: list[Letter]) -> None:
        """After the commit: a crash in between sends an order never rather than twice."""
        for letter in letters:
            self._announcer.publish(letter.topic, letter.payload, letter.retain)

    def _is_due(self, session: Session, seconds: float) -> bool:
        now = self._times.now()
        unsent = (GateOrder.state == OrderState.ASKED) & GateOrder.operation.in_(NOW_KINDS + JOB_KINDS)
        silent = (
            (GateOrder.state == OrderState.SENT)
            & GateOrder.operation.in_(NOW_KINDS)
            & (GateOrder.sent_at < now - ANSWER_WITHIN)
        )
        if session.execute(select(GateOrder.number).where(unsent | silent).limit(1)).first() is not None:
            return True
        return any(self._is_job_due(row, seconds) for row in _open_jobs(session))

    def _write(self, session: Session, seconds: float, lain_s: float) -> list[Letter]:
        letters: list[Letter] = []
        now = self._times.now()
        asked = select(GateOrder).where(
            GateOrder.state == OrderState.ASKED, GateOrder.operation.in_(NOW_KINDS)
        )
        for row in session.scalars(asked.order_by(GateOrder.number)).all():
            letters += self._send_now(session, row, seconds, lain_s)
        for row in _open_jobs(session):
            letters += self._send_job(session, row, seconds)
        silent = select(GateOrder).where(
            GateOrder.state == OrderState.SENT,
            GateOrder.operation.in_(NOW_KINDS),
            GateOrder.sent_at < now - ANSWER_WITHIN,
        )
        for row in session.scalars(silent).all():
            _end(row, OrderState.UNKNOWN, Unsent.NO_ANSWER, now)
        return letters

    def _send_now(self, session: Session, row: GateOrder, seconds: float, lain_s: float) -> list[Letter]:
        now, gate = self._times.now(), GateId(row.gate_id)
        sight = self._sightings.of(gate, seconds)
        if lain_s > LONGEST_WAIT_S or now - row.asked_at > timedelta(seconds=LONGEST_WAIT_S):
            _end(row, OrderState.EXPIRED, Unsent.TOO_LATE, now)
        elif self._announcer.connection == NO_CONNECTION:
            _end(row, OrderState.EXPIRED, Unsent.NO_BROKER, now)
        elif sight is None:
            _end(row, OrderState.EXPIRED, Unsent.GATE_AWAY, now)
        else:
            order = Order(
                id=row.id,
                gate=gate,
                operation=Operation(row.operation),
                by=staff_id(row.account_id),
                boot=sight.boot,
                deadline_ms=sight.gate_ms(seconds) + LIFE_MS,
            )
            return [self._sent(session, row, order)]
        return []

    def _send_job(self, session: Session, row: GateOrder, seconds: float) -> list[Letter]:
        """Sent again until the gate answers or its time is over; the gate does it once. None of before a restore."""
        now = self._times.now()
        if row.until is None or row.until <= now:
            _end(row, OrderState.EXPIRED, Unsent.NO_ANSWER if row.sent_at else Unsent.GATE_AWAY, now)
            return []
        if row.generation < generation(session):
            _end(row, OrderState.UNKNOWN, Unsent.RESTORED, now)
            return []
        if not self._is_job_due(row, seconds):
            return []
        self._jobs_sent[row.number] = seconds
        order = Order(
            id=row.id,
            gate=GateId(row.gate_id),
            operation=Operation(row.operation),
            by=staff_id(row.account_id),
            until=row.until,
        )
        return [self._sent(session, row, order)]

    def _is_job_due(self, row: GateOrder, seconds: float) -> bool:
        if row.until is None or row.until <= self._times.now():
            return True
        here = self._sightings.of(GateId(row.gate_id), seconds) is not None
        rested = seconds - self._jobs_sent.get(row.number, float("-inf")) >= JOB_AGAIN_S
        return here and rested and self._announcer.connection != NO_CONNECTION

    def _sent(self, session: Session, row: GateOrder, order: Order) -> Letter:
        row.state, row.sent_at = OrderState.SENT.value, self._times.now()
        return Letter(ORDER.at(compound_of(session, order.gate), order.gate), sign(order, self._key).encode())

    def _standing_letters(self, session: Session, connection: int) -> list[Letter]:
        signed = self._standings.signed(session, connection, self._times.now())
        return [
            Letter(STANDING.at(compound_of(session, gate), gate), body.encode(), retain=True)
            for gate, body in signed
        ]


def compound_of(session: Session, gate: GateId) -> CompoundId:
    found = select(Compound.wire_id).join(Gate, Gate.compound_id == Compound.place_id).where(Gate.id == gate)
    return CompoundId(session.scalars(found).one())


def _open_jobs(session: Session) -> list[GateOrder]:
    waiting = (OrderState.ASKED, OrderState.SENT)
    jobs = select(GateOrder).where(GateOrder.operation.in_(JOB_KINDS), GateOrder.state.in_(waiting))
    return list(session.scalars(jobs.order_by(GateOrder.number)))


def _end(row: GateOrder, state: OrderState, why: Unsent, now: datetime) -> None:
    row.state, row.why, row.answered_at = state.value, why.value, now
