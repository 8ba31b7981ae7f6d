"""Messages set aside, of the gates in scope; those of no gate that is known only to whoever sees everything."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from admin.db.tables.gates import Gate
from admin.db.tables.passages import Quarantine
from admin.security.scope import Scope

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One message as a list shows it. `gate` is its name in Chinese and English, none where it is not registered."""

    id: int
    at: datetime
    kind: str  # the last word of its topic
    gate: tuple[str, str] | None
    fault: str
    again: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first; `earlier` is the id to go on below, where there is more."""

    lines: list[Line]
    earlier: int | None


def messages(session: Session, scope: Scope, below: int | None = None) -> Page:
    question = (
        select(Quarantine, Gate.name_zh, Gate.name_en)
        .outerjoin(Gate, Gate.id == Quarantine.gate_id)
        .where(_visible(scope))
        .order_by(Quarantine.id.desc())
        .limit(PAGE + 1)
    )
    if below is not None:
        question = question.where(Quarantine.id < below)
    lines = [_line(row, (zh, en) if zh else None) for row, zh, en in session.execute(question)]
    return Page(lines[:PAGE], lines[PAGE - 1].id if len(lines) > PAGE else None)


def find(session: Session, scope: Scope, message: int) -> tuple[Quarantine, Line] | None:
    """One message; None outside the scope."""
    found = session.execute(
        select(Quarantine, Gate.name_zh, Gate.name_en)
        .outerjoin(Gate, Gate.id == Quarantine.gate_id)
        .where(Quarantine.id == message, _visible(scope))
    ).one_or_none()
    if found is None:
        return None
    row, zh, en = found
    return row, _line(row, (zh, en) if zh else None)


def waiting(session: Session, scope: Scope) -> int:
    """How many there are, counted up to a hundred."""
    some = select(Quarantine.id).where(_visible(scope)).limit(100).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one()


def _visible(scope: Scope) -> ColumnElement[bool]:
    return true() if scope == Scope.everywhere() else Quarantine.gate_id.in_(scope.gates)


def _line(row: Quarantine, gate: tuple[str, str] | None) -> Line:
    return Line(row.id, row.at, row.topic.rsplit("/", 1)[-1], gate, row.fault, row.again)
