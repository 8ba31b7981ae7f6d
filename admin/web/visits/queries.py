"""Passes as lists and pages show them. Every question takes a scope."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from admin.db.tables.gates import Gate
from admin.db.tables.people import Membership, Person
from admin.db.tables.places import Household, Place
from admin.db.tables.visits import PassClaim, Visit, VisitGate
from admin.security.scope import Scope
from admin.web.visits.passes import Terms, VisitState

PAGE = 50


@dataclass(frozen=True, slots=True)
class GateName:
    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One pass in a list; `gates` are filled for a single one only, the home gate first."""

    id: UUID
    pass_id: str
    compound_id: int
    visitor: str
    host: str | None
    room: str | None
    terms: Terms
    made_at: datetime
    link_sealed: bytes
    token_sealed: bytes | None
    gates: tuple[GateName, ...] = ()

    def state(self, now: datetime) -> VisitState:
        return self.terms.state(now)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list that is ordered by end, latest first."""

    until: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class VisitPage:
    lines: list[VisitLine]
    earlier: Cursor | None


def visible(scope: Scope) -> ColumnElement[bool]:
    """The passes a principal may see: one's own pass, one's household's, or those below one's place."""
    if scope.visit_id is not None:
        return Visit.id == scope.visit_id
    if scope.gate_id is not None:
        return literal(value=False)
    if scope.person_id is not None:
        homes = select(Membership.household_id).where(
            Membership.person_id == scope.person_id, Membership.until.is_(None)
        )
        return or_(Visit.host_id == scope.person_id, Visit.household_id.in_(homes))
    return or_(Visit.compound_id.in_(scope.places), Visit.household_id.in_(scope.households))


def current(session: Session, scope: Scope, now: datetime, before: Cursor | None = None) -> VisitPage:
    """Passes that have not ended, those that end last first."""
    return _page(session, _lines(scope).where(Visit.until > now), before)


def past(session: Session, scope: Scope, now: datetime, before: Cursor | None = None) -> VisitPage:
    """Passes that have ended, newest first."""
    return _page(session, _lines(scope).where(Visit.until <= now), before)


def one(session: Session, scope: Scope, visit_id: UUID) -> VisitLine | None:
    row = session.execute(_lines(scope).where(Visit.id == visit_id)).one_or_none()
    if row is None:
        return None
    gates = session.execute(
        select(Gate.id, Gate.name_zh, Gate.name_en)
        .join(VisitGate, VisitGate.gate_id == Gate.id)
        .where(VisitGate.visit_id == visit_id)
        .order_by(VisitGate.position)
    )
    return replace(_line(row), gates=tuple(GateName(*gate) for gate in gates))


def gates_of(session: Session, scope: Scope, compound_id: int) -> list[GateName]:
    """The gates a pass of this compound can name, entrances first."""
    rows = session.execute(
        select(Gate.id, Gate.name_zh, Gate.name_en)
        .join(Place, Place.id == Gate.place_id)
        .where(
            Gate.compound_id == compound_id, Gate.compound_id.in_(scope.compounds), Gate.revoked_at.is_(None)
        )
        .order_by(func.length(Place.path), Gate.name_zh, Gate.id)
    )
    return [GateName(*row) for row in rows]


def compounds(session: Session, scope: Scope) -> list[Place]:
    """The compounds a principal may make passes for."""
    return list(session.scalars(select(Place).where(Place.id.in_(scope.compounds)).order_by(Place.id)))


def _lines(scope: Scope) -> Select[Visit, str, str, int]:
    used = select(func.count()).where(PassClaim.visit_id == Visit.id).correlate(Visit).scalar_subquery()
    return (
        select(Visit, Person.name, Household.room, used)
        .outerjoin(Person, Person.id == Visit.host_id)
        .outerjoin(Household, Household.id == Visit.household_id)
        .where(visible(scope))
    )


def _page(session: Session, question: Select[Visit, str, str, int], before: Cursor | None) -> VisitPage:
    if before is not None:
        question = question.where(tuple_(Visit.until, Visit.id) < tuple_(before.until, before.id))
    ordered = question.order_by(Visit.until.desc(), Visit.id.desc()).limit(PAGE + 1)
    lines = [_line(row) for row in session.execute(ordered)]
    shown = lines[:PAGE]
    more = len(lines) > PAGE
    return VisitPage(shown, Cursor(shown[-1].terms.until, shown[-1].id) if more else None)


def _line(row: Row[Visit, str, str, int]) -> VisitLine:
    visit, host, room, used = row
    return VisitLine(
        id=visit.id,
        pass_id=visit.pass_id,
        compound_id=visit.compound_id,
        visitor=visit.visitor,
        host=host,
        room=room,
        terms=Terms(visit.since, visit.until, visit.uses, used, visit.cancelled_at is not None),
        made_at=visit.made_at,
        link_sealed=visit.link_sealed,
        token_sealed=visit.token_sealed,
    )
