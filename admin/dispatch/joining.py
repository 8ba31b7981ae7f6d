"""Boxes that become gates, and gates that are ended: what web has put down, done with the keys that web does not hold.

Nothing exists for a box before a second person has confirmed it: no row, no certificate, no credential, no broker user.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import ColumnElement, Engine, delete, or_, select, update
from sqlalchemy.orm import Session

from admin.db.joins import UNDER_WAY, step_at
from admin.db.session import AWAY, reading, writing
from admin.db.tables import GateJoin, GateRevocation, JoinStep, SealedRoster
from admin.dispatch.admission import Desk, Entrant, Proven, admit, proven
from admin.dispatch.provision import new_secrets
from admin.security.audit import Act, record
from admin.security.client_id import gate_user_name
from admin.security.principals import process
from contracts.ids import GateId
from contracts.join import JoinFault

log = structlog.get_logger()

POLL_S: Final = 0.2
AGAIN: Final = timedelta(seconds=10)  # after a trouble that may pass, such as a broker that is away
ANSWER_KEPT: Final = timedelta(days=1)
DISPATCH: Final = process("dispatch")


class RequestChanged(Exception):
    """A request that was confirmed and whose proof does not hold any more: somebody wrote in the register."""

    def __init__(self, join: int) -> None:
        super().__init__(
            f"Join {join} was changed after it had been confirmed. Cancel it and make a new code."
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """The clock, and a wait of so many seconds that says whether to stop."""

    now: Callable[[], datetime]
    pause: Callable[[float], bool]


class Joining:
    """Checks what boxes ask, admits those that were confirmed, and ends the sessions of revoked gates.

    Without a desk (a server that does not keep its broker's users) boxes are turned away as not set up.
    """

    def __init__(self, engine: Engine, own: X25519PrivateKey, desk: Desk | None, hours: Hours) -> None:
        self._engine, self._own, self._desk, self._hours = engine, own, desk, hours
        self._rest_until: dict[str, datetime] = {}

    def run(self) -> None:
        """Until `pause` says stop."""
        while not self._hours.pause(POLL_S):
            try:
                self.turn()
            except AWAY as trouble:
                log.warning("database away", kind=type(trouble.orig).__name__)
            except Exception:
                # The broad catch of this thread: without it gates would not be cut off any more, and nobody would know.
                log.exception("joining goes on")

    def turn(self) -> None:
        """Everything that is due now; one box's or gate's trouble does not stop the others."""
        now = self._hours.now()
        with reading(self._engine) as session:
            asked, confirmed = _at(session, JoinStep.ASKED), _at(session, JoinStep.CONFIRMED)
            revoked, over = _to_cut_off(session), _is_over(session, now)
        for number in asked:
            self._try(f"join {number}", lambda number=number: self._check(number, now), now)
        if self._desk is not None:
            desk = self._desk
            for number in confirmed:
                self._try(f"join {number}", lambda number=number: self._admit(number, desk, now), now)
            for gate in revoked:
                self._try(f"gate {gate}", lambda gate=gate: self._cut_off(gate, desk, now), now)
        if over:
            with writing(self._engine) as session:
                _end(session, now)

    def _try(self, what: str, work: Callable[[], None], now: datetime) -> None:
        if self._rest_until.get(what, now) > now:
            return
        try:
            work()
            self._rest_until.pop(what, None)
        except AWAY:
            raise
        except Exception:
            log.exception("not done, will be tried again", what=what)
            self._rest_until[what] = now + AGAIN

    def _check(self, number: int, now: datetime) -> None:
        """A request whose proof and keys hold waits for the second person; any other is turned away and recorded."""
        with writing(self._engine) as session:
            row = session.get_one(GateJoin, number, with_for_update=True)
            if row.step != JoinStep.ASKED:
                return
            found = JoinFault.NOT_SET_UP if self._desk is None else proven(row, self._own)
            if isinstance(found, Proven):
                row.step, row.fingerprint = JoinStep.CHECKED.value, found.fingerprint
                return
            row.step, row.why = JoinStep.REFUSED.value, found.value
            details = {"join": row.id, "why": found.value}
            record(session, DISPATCH, Act("gate_join_turned_away", f"gate:{row.gate_id}", details), now)
        log.warning("box turned away", join=number, why=found.value)

    def _admit(self, number: int, desk: Desk, now: datetime) -> None:
        """The broker first, and no lock is held meanwhile: what is granted twice is granted once."""
        with reading(self._engine) as session:
            row = session.get_one(GateJoin, number)
            if step_at(row, now) is not JoinStep.CONFIRMED:
                return
            gate, found = GateId(row.gate_id), proven(row, self._own)
            secrets = new_secrets(session, gate, row.place_id)
        if not isinstance(found, Proven):
            raise RequestChanged(number)
        if row.replaces:
            desk.access.revoke(secrets.broker.name)  # the old box's session ends
        desk.access.grant(secrets.broker)
        with writing(self._engine) as session:
            row = session.get_one(GateJoin, number, with_for_update=True)
            still = step_at(row, now) is JoinStep.CONFIRMED and row.fingerprint == found.fingerprint
            if still:
                admit(session, row, Entrant(found, secrets), desk, now)
        if not still:
            desk.access.revoke(secrets.broker.name)
            return
        log.info("gate admitted", gate=gate, replaces=row.replaces)

    def _cut_off(self, gate: GateId, desk: Desk, now: datetime) -> None:
        desk.access.revoke(gate_user_name(gate))
        with writing(self._engine) as session:
            session.get_one(GateRevocation, gate).cut_off_at = now
            # One may have been made while the gate was being ended.
            session.execute(delete(SealedRoster).where(SealedRoster.gate_id == gate))
            record(session, DISPATCH, Act("gate_cut_off", f"gate:{gate}"), now)
        log.info("gate cut off", gate=gate)


def _at(session: Session, step: JoinStep) -> Sequence[int]:
    return session.scalars(select(GateJoin.id).where(GateJoin.step == step.value).order_by(GateJoin.id)).all()


def _to_cut_off(session: Session) -> list[GateId]:
    waiting = select(GateRevocation.gate_id).where(GateRevocation.cut_off_at.is_(None))
    return [GateId(gate) for gate in session.scalars(waiting)]


def _past(now: datetime) -> ColumnElement[bool]:
    return GateJoin.step.in_(UNDER_WAY) & (GateJoin.ends_at <= now)


def _kept_too_long(now: datetime) -> ColumnElement[bool]:
    return GateJoin.answer_sealed.is_not(None) & (GateJoin.done_at <= now - ANSWER_KEPT)


def _is_over(session: Session, now: datetime) -> bool:
    over = select(GateJoin.id).where(or_(_past(now), _kept_too_long(now)))
    return session.execute(over.limit(1)).first() is not None


def _end(session: Session, now: datetime) -> None:
    """Codes whose time is over are no more, and answers that were fetched long ago are not kept."""
    session.execute(update(GateJoin).where(_kept_too_long(now)).values(answer_sealed=None))
    for row in session.scalars(select(GateJoin).where(_past(now)).with_for_update()):
        row.step, row.code_sealed = JoinStep.EXPIRED.value, None
        record(session, DISPATCH, Act("gate_join_expired", f"gate:{row.gate_id}", {"join": row.id}), now)
