"""Requests of boxes with a one-time code: taken once, answered as often as the same box asks.

Web can neither check the proof nor admit anybody: dispatch holds the code's key, the authority and the broker's users.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.joins import CONFIRM_WITHIN, step_at
from admin.db.tables.joins import GateJoin, JoinStep
from admin.security.audit import Act, record
from admin.security.permissions import JOINING
from admin.security.principals import Principal, PrincipalKind
from admin.security.scope import Scope
from admin.web.limits import Limit, is_spent, try_once
from contracts.join import JoinAnswerV1, JoinFault, JoinState, Newcomer

GUESSES: Final = Limit("join", tries=10, within=timedelta(minutes=15))
REUSES: Final = Limit("join-again", tries=20, within=timedelta(minutes=15))
_STATES: Final = {
    JoinStep.ASKED: JoinState.WAITING,
    JoinStep.CHECKED: JoinState.CONFIRM,
    JoinStep.CONFIRMED: JoinState.CONFIRM,
    JoinStep.DONE: JoinState.ADMITTED,
}
_FAULTS: Final = {JoinStep.CANCELLED: JoinFault.CANCELLED, JoinStep.EXPIRED: JoinFault.EXPIRED}


@dataclass(frozen=True, slots=True)
class Asked:
    """A JoinRequestV1 as it came, and from where."""

    text: str
    address: str


def box_behind(session: Session, newcomer: Newcomer) -> Principal | None:
    """Who comes with this code; None where there is no such code."""
    found = session.scalars(select(GateJoin.id).where(GateJoin.lookup == newcomer.code)).one_or_none()
    return None if found is None else Principal(PrincipalKind.JOIN, str(found), Scope("-"), JOINING)


def guessed_too_often(session: Session, address: str, now: datetime) -> bool:
    return is_spent(session, GUESSES, address, now)


def note_guess(session: Session, address: str, now: datetime) -> None:
    """One more code that there is not."""
    try_once(session, GUESSES, address, now)


def take(session: Session, by: Principal, asked: Asked, now: datetime) -> JoinAnswerV1:
    """Keeps the first request with a code; the same again learns how far it has come, another is refused."""
    row = session.scalars(select(GateJoin).where(GateJoin.id == int(by.id)).with_for_update()).one()
    step = step_at(row, now)
    if row.request is None and step is JoinStep.OPEN:
        _keep(session, row, by, asked, now)
        return JoinAnswerV1(state=JoinState.WAITING)
    if row.request is not None and row.request != asked.text:
        _alarm(session, row, by, now)
        return _refused(JoinFault.USED)
    return _answer(row, step)


def _keep(session: Session, row: GateJoin, by: Principal, asked: Asked, now: datetime) -> None:
    row.request, row.asked_from, row.asked_at = asked.text, asked.address, now
    row.step, row.ends_at, row.code_sealed = JoinStep.ASKED.value, now + CONFIRM_WITHIN, None
    record(session, by, Act("gate_join_asked", f"gate:{row.gate_id}"), now)


def _alarm(session: Session, row: GateJoin, by: Principal, now: datetime) -> None:
    """A second box with the same code: the page says so until the code is forgotten."""
    row.reused_at = now
    if try_once(session, REUSES, row.lookup, now):
        record(session, by, Act("gate_join_reused", f"gate:{row.gate_id}"), now)


def _answer(row: GateJoin, step: JoinStep) -> JoinAnswerV1:
    if step is JoinStep.DONE and row.answer_sealed is None:
        return _refused(JoinFault.USED)
    if step not in _STATES:
        return _refused(_FAULTS.get(step) or JoinFault(row.why or JoinFault.BAD_REQUEST))
    sealed = b64encode(row.answer_sealed).decode() if step is JoinStep.DONE and row.answer_sealed else None
    return JoinAnswerV1(state=_STATES[step], sealed=sealed)


def _refused(why: JoinFault) -> JoinAnswerV1:
    return JoinAnswerV1(state=JoinState.REFUSED, why=why)
