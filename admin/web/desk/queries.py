"""What the live board begins with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from admin.db.tables.gates import Gate
from admin.db.tables.passages import Alarm
from admin.security.scope import Scope
from admin.web.gates.queries import GateLine, gates
from admin.web.passages.queries import PassageLine, newest_at
from contracts.words import AlarmKind

CARDS: Final = 20
ALARMS: Final = 20
# Older ones belong to the shift before; the log keeps them.
ALARM_AGE: Final = timedelta(days=3)
# Routine marks of the chain: nobody has to act.
ROUTINE: Final = (
    AlarmKind.JOURNAL_OPENED.value,
    AlarmKind.CAMERA_BACK.value,
    AlarmKind.RELEASED.value,
    AlarmKind.FIRE_OVER.value,
)


@dataclass(frozen=True, slots=True)
class AlarmLine:
    id: UUID
    at: datetime
    kind: str
    gate: tuple[str, str]
    gate_id: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """One gate's column: how it is, and its last attempts, newest first."""

    gate: GateLine
    lines: list[PassageLine]


def board(session: Session, scope: Scope, now: datetime) -> list[Column]:
    return [Column(gate, newest_at(session, scope, gate.id, CARDS)) for gate in gates(session, scope, now)]


def alarms(session: Session, scope: Scope, now: datetime) -> list[AlarmLine]:
    """What nobody has seen yet, newest first."""
    question = _alarms(scope).where(
        Alarm.compound_id.in_(scope.compounds), Alarm.at > now - ALARM_AGE, Alarm.seen_at.is_(None)
    )
    return _read(session, question.limit(ALARMS))


def alarms_since(session: Session, scope: Scope, since: datetime, limit: int) -> list[AlarmLine]:
    """What was committed after a moment. The table is small: alarms are rare."""
    return _read(session, _alarms(scope).where(Alarm.recorded_at > since).limit(limit))


def find_alarm(session: Session, scope: Scope, alarm: UUID) -> Alarm | None:
    return session.scalars(select(Alarm).where(Alarm.id == alarm, _visible(scope))).one_or_none()


def _alarms(scope: Scope) -> Select[UUID, datetime, str, str, str, str, datetime]:
    return (
        select(Alarm.id, Alarm.at, Alarm.kind, Gate.name_zh, Gate.name_en, Alarm.gate_id, Alarm.recorded_at)
        .join(Gate, Gate.id == Alarm.gate_id)
        .where(_visible(scope), Alarm.kind.not_in(ROUTINE))
        .order_by(Alarm.at.desc(), Alarm.id.desc())
    )


def _read(
    session: Session, question: Select[UUID, datetime, str, str, str, str, datetime]
) -> list[AlarmLine]:
    return [
        AlarmLine(alarm, at, kind, (zh, en), gate, recorded_at)
        for alarm, at, kind, zh, en, gate, recorded_at in session.execute(question)
    ]


def _visible(scope: Scope) -> ColumnElement[bool]:
    return Alarm.gate_id.in_(scope.gates)
