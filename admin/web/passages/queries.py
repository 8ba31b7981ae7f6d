"""The access log. Every question takes a scope and a stretch of time, walks an index, and counts nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from admin.db.tables.accounts import Account
from admin.db.tables.gates import Gate
from admin.db.tables.orders import GateOrder
from admin.db.tables.passages import Alarm, Passage
from admin.db.tables.people import Person
from admin.db.tables.places import Place
from admin.db.tables.visits import Visit
from admin.security.scope import Scope
from admin.web.passages.filters import Wanted
from contracts.passage import PassageWho
from contracts.wire import WireError
from contracts.words import Method, Outcome

PAGE = 50
SECOND_WITHIN: Final = timedelta(minutes=1)
"""Between a face that was asked for more and the PIN or code shown then: whoever takes longer comes anew."""
Host = aliased(Person)


@dataclass(frozen=True, slots=True)
class PassageLine:
    """One attempt as a list shows it. `host` is set for a visitor's."""

    id: UUID
    at: datetime
    gate: tuple[str, str]  # Chinese, English
    gate_id: str
    outcome: str
    reason: str | None
    method: str
    name: str | None
    host: str | None
    late: bool
    times: int  # refusals alike that share this row, the last of them at `until`
    until: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """The line that a page goes on from: earlier than it, or newer."""

    at: datetime
    id: UUID
    newer: bool = False


@dataclass(frozen=True, slots=True)
class LogPage:
    """Newest first. The ends are lines to go on from, where there is more."""

    lines: list[PassageLine]
    newer: PassageLine | None
    earlier: PassageLine | None


@dataclass(frozen=True, slots=True)
class Story:
    """One attempt, the whole row, and whether the link before it is here and fits (None: not here).

    `coming` is the attempt with the one it belongs to, in the order they happened; empty where it stands alone.
    `staff` is the name of whoever ordered a manual opening, `ordered` whether its order is in the history.
    """

    line: PassageLine
    row: Passage
    person_id: UUID | None
    follows: bool | None
    coming: tuple[PassageLine, ...] = ()
    staff: str | None = None
    ordered: bool = False


def compounds(session: Session, scope: Scope) -> list[Place]:
    """The compounds whose log the caller may read; the log shows one at a time, along its index."""
    return list(session.scalars(select(Place).where(Place.id.in_(scope.compounds)).order_by(Place.id)))


def gates(session: Session, scope: Scope, compound: int) -> list[Gate]:
    question = select(Gate).where(Gate.compound_id == compound, Gate.id.in_(scope.gates))
    return list(session.scalars(question.order_by(Gate.name_zh, Gate.id)))


def log(
    session: Session, scope: Scope, compound: int, wanted: Wanted, cursor: Cursor | None = None
) -> LogPage:
    """One page of one compound's log."""
    newer = cursor is not None and cursor.newer
    question = _filtered(_lines(), wanted).where(
        Passage.compound_id == compound, Passage.gate_id.in_(_gate_ids(session, scope, compound))
    )
    if cursor is not None:
        here, there = tuple_(Passage.at, Passage.id), tuple_(cursor.at, cursor.id)
        question = question.where(here > there if newer else here < there)
    order = (Passage.at, Passage.id) if newer else (Passage.at.desc(), Passage.id.desc())
    lines = [_line(row) for row in session.execute(question.order_by(*order).limit(PAGE + 1))]
    more, lines = len(lines) > PAGE, lines[:PAGE]
    if newer:
        lines.reverse()
    return LogPage(
        lines,
        newer=lines[0] if lines and (more if newer else cursor is not None) else None,
        earlier=lines[-1] if lines and (newer or more) else None,
    )


def newest_at(session: Session, scope: Scope, gate: str, limit: int) -> list[PassageLine]:
    """The last attempts at one gate."""
    question = _lines().where(Passage.gate_id == gate, Passage.gate_id.in_(scope.gates))
    rows = session.execute(question.order_by(Passage.at.desc(), Passage.id.desc()).limit(limit))
    return [_line(row) for row in rows]


def recorded_since(session: Session, scope: Scope, since: datetime, limit: int) -> list[PassageLine]:
    """What was committed after a moment, oldest first, whatever the gates' own times."""
    question = _lines().where(Passage.recorded_at > since, Passage.gate_id.in_(scope.gates))
    rows = session.execute(question.order_by(Passage.recorded_at).limit(limit))
    return [_line(row) for row in rows]


def story(session: Session, scope: Scope, passage: UUID) -> Story | None:
    """One attempt; None outside the scope."""
    question = _lines().add_columns(Passage)
    found = session.execute(
        question.where(Passage.id == passage, Passage.gate_id.in_(scope.gates))
    ).one_or_none()
    if found is None:
        return None
    row: Passage = found[-1]
    line, second = _line(found), _second(session, row)
    coming = tuple(sorted((line, second), key=lambda one: one.at)) if second else ()
    ordered = session.scalar(select(GateOrder.id).where(GateOrder.id == row.id)) is not None
    return Story(line, row, row.person_id, _follows(session, row), coming, _staff(session, row), ordered)


def _staff(session: Session, row: Passage) -> str | None:
    """As the gate recorded it in the chain: an account by its number, never by name."""
    try:
        by = PassageWho.decode(row.who_text).staff if row.who_text else None
    except WireError:
        return None
    number = by.removeprefix("account-") if by else ""
    return (
        session.scalar(select(Account.name).where(Account.id == int(number))) if number.isdecimal() else None
    )


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Passage.id,
            Passage.at,
            Gate.name_zh,
            Gate.name_en,
            Passage.gate_id,
            Passage.outcome,
            Passage.reason,
            Passage.method,
            Person.name,
            Visit.visitor,
            Host.name.label("host"),
            Passage.late,
            Passage.times,
            Passage.until,
            Passage.recorded_at,
        )
        .join(Gate, Gate.id == Passage.gate_id)
        .outerjoin(Person, Person.id == Passage.person_id)
        .outerjoin(Visit, Visit.id == Passage.visit_id)
        .outerjoin(Host, Host.id == Visit.host_id)
    )


def _line(row: Row[*tuple[Any, ...]]) -> PassageLine:
    return PassageLine(
        id=row.id,
        at=row.at,
        gate=(row.name_zh, row.name_en),
        gate_id=row.gate_id,
        outcome=row.outcome,
        reason=row.reason,
        method=row.method,
        name=row.visitor or row.name,
        host=row.host,
        late=row.late,
        times=row.times,
        until=row.until,
        recorded_at=row.recorded_at,
    )


def _filtered(question: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    question = question.where(Passage.at >= wanted.time.since, Passage.at < wanted.time.until)
    for column, value in (
        (Passage.gate_id, wanted.gate),
        (Passage.outcome, wanted.outcome),
        (Passage.reason, wanted.reason),
        (Passage.method, wanted.method),
    ):
        if value is not None:
            question = question.where(column == value)
    if wanted.person is not None:
        mine = select(Visit.id).where(Visit.host_id == wanted.person)
        question = question.where(or_(Passage.person_id == wanted.person, Passage.visit_id.in_(mine)))
    return question


def _gate_ids(session: Session, scope: Scope, compound: int) -> list[str]:
    # Asked first: as a sub-query it tempts SQLite to walk the gates' index and sort, instead of the compound's.
    return [gate.id for gate in gates(session, scope, compound)]


def _follows(session: Session, row: Passage) -> bool | None:
    before = and_(Passage.gate_id == row.gate_id, Passage.epoch == row.epoch, Passage.seq == row.seq - 1)
    alarm = and_(Alarm.gate_id == row.gate_id, Alarm.epoch == row.epoch, Alarm.seq == row.seq - 1)
    found = session.scalar(select(Passage.hash).where(before)) or session.scalar(
        select(Alarm.hash).where(alarm)
    )
    return None if found is None else found == row.previous


def _second(session: Session, row: Passage) -> PassageLine | None:
    """What a face that was asked for more came to, or which face came before a PIN or code; at the same gate.

    A face that was asked may have been named; then what opened must be that person's.
    """
    asked, opened = row.outcome == Outcome.ASKED, row.outcome == Outcome.GRANTED
    if not (asked if row.method == Method.FACE else opened):
        return None
    by_face = Passage.method == Method.FACE
    wanted = (
        (~by_face, Passage.outcome == Outcome.GRANTED, Passage.at.between(row.at, row.at + SECOND_WITHIN))
        if asked
        else (by_face, Passage.outcome == Outcome.ASKED, Passage.at.between(row.at - SECOND_WITHIN, row.at))
    )
    nearest = Passage.at if asked else Passage.at.desc()
    found = session.execute(
        _lines()
        .where(Passage.gate_id == row.gate_id, *wanted, _not_somebody_elses(row))
        .order_by(nearest, Passage.id)
        .limit(1)
    ).one_or_none()
    return None if found is None else _line(found)


def _not_somebody_elses(row: Passage) -> ColumnElement[bool]:
    if row.person_id is None:
        return true()
    return or_(Passage.person_id == row.person_id, Passage.person_id.is_(None))
