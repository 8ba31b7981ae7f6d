"""Codes and the boxes that came with them, gates that were ended, and where a new gate may stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from admin.db.joins import UNDER_WAY, step_at
from admin.db.tables.accounts import Account
from admin.db.tables.gates import Gate
from admin.db.tables.joins import GateJoin, GateRevocation, JoinStep
from admin.db.tables.places import Place
from admin.security.permissions import PERMISSIONS, Permission
from admin.security.scope import Scope
from admin.web.gates.service import STANDS_AT

SHOWN: Final = timedelta(days=1)
"""How long the gates page goes on telling of a code that came to nothing, or was used twice."""

ENDED_SHOWN: Final = timedelta(days=30)
Maker, Decider = aliased(Account), aliased(Account)


@dataclass(frozen=True, slots=True)
class Who:
    """An account as a page names it."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class JoinLine:
    """One code. `ends_at` is of the code while it is open, then of the wait for the second person."""

    id: int
    gate_id: str
    name: tuple[str, str]
    place: tuple[str, str]
    direction: str
    replaces: bool
    step: JoinStep
    why: str | None
    made_by: Who
    made_at: datetime
    ends_at: datetime
    asked_at: datetime | None
    asked_from: str | None
    fingerprint: str | None
    reused_at: datetime | None
    decided_by: Who | None
    decided_at: datetime | None
    code_sealed: bytes | None

    @property
    def is_under_way(self) -> bool:
        return self.step in UNDER_WAY


@dataclass(frozen=True, slots=True)
class EndedLine:
    """A gate that was ended. Without `cut_off_at` dispatch has not ended its session at the broker yet."""

    id: str
    name: tuple[str, str]
    place: tuple[str, str]
    why: str
    who: str
    at: datetime
    cut_off_at: datetime | None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a gate may stand: the names from the compound down."""

    id: int
    names: tuple[tuple[str, str], ...]


def current(session: Session, scope: Scope, now: datetime) -> list[JoinLine]:
    """What somebody has to look at: codes under way, and those of the last day that came to nothing or to too much."""
    told = GateJoin.made_at > now - SHOWN
    recent = told & (
        GateJoin.step.in_((JoinStep.REFUSED, JoinStep.EXPIRED)) | GateJoin.reused_at.is_not(None)
    )
    rows = session.execute(_lines(scope, or_(GateJoin.step.in_(UNDER_WAY), recent)))
    return [_line(row, now) for row in rows]


def one(session: Session, scope: Scope, join: int, now: datetime) -> JoinLine | None:
    """None outside the scope."""
    row = session.execute(_lines(scope, GateJoin.id == join)).one_or_none()
    return None if row is None else _line(row, now)


def second_people(session: Session, line: JoinLine) -> int:
    """How many accounts other than the maker's may confirm this box."""
    place = session.scalars(
        select(Place).join(GateJoin, GateJoin.place_id == Place.id).where(GateJoin.id == line.id)
    ).one()
    roles = [role.value for role, may in PERMISSIONS.items() if Permission.CONFIRM_GATE in may]
    others = (
        select(func.count())
        .select_from(Account)
        .where(
            Account.id != line.made_by.id,
            Account.disabled_at.is_(None),
            Account.role.in_(roles),
            or_(Account.place_id.is_(None), Account.place_id.in_(place.steps)),
        )
    )
    return session.scalar(others) or 0


def ended(session: Session, scope: Scope, now: datetime) -> list[EndedLine]:
    """Gates ended within thirty days, and any whose session was not ended yet."""
    rows = session.execute(
        select(Gate, Place, GateRevocation, Account.name)
        .join(GateRevocation, GateRevocation.gate_id == Gate.id)
        .join(Place, Place.id == Gate.place_id)
        .join(Account, Account.id == GateRevocation.account_id)
        .where(
            Gate.id.in_(scope.gates),
            or_(GateRevocation.at > now - ENDED_SHOWN, GateRevocation.cut_off_at.is_(None)),
        )
        .order_by(GateRevocation.at.desc())
    )
    return [
        EndedLine(
            id=gate.id,
            name=(gate.name_zh, gate.name_en),
            place=(place.name_zh, place.name_en),
            why=end.why,
            who=name,
            at=end.at,
            cut_off_at=end.cut_off_at,
        )
        for gate, place, end, name in rows
    ]


def spots(session: Session, scope: Scope) -> list[Spot]:
    """Compounds, buildings and units in the scope, in the order of the tree."""
    places = {place.id: place for place in session.scalars(select(Place).where(Place.kind.in_(STANDS_AT)))}
    mine = session.scalars(select(Place).where(Place.id.in_(scope.places), Place.kind.in_(STANDS_AT))).all()
    return [
        Spot(
            place.id,
            tuple((places[step].name_zh, places[step].name_en) for step in place.steps if step in places),
        )
        for place in sorted(mine, key=lambda place: place.steps)
    ]


def _lines(scope: Scope, which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(GateJoin, Place, Maker, Decider)
        .join(Place, Place.id == GateJoin.place_id)
        .join(Maker, Maker.id == GateJoin.made_by)
        .outerjoin(Decider, Decider.id == GateJoin.decided_by)
        .where(GateJoin.place_id.in_(scope.places), which)
        .order_by(GateJoin.made_at.desc(), GateJoin.id.desc())
    )


def _line(row: Row[*tuple[Any, ...]], now: datetime) -> JoinLine:
    join, place, maker, decider = row
    return JoinLine(
        id=join.id,
        gate_id=join.gate_id,
        name=(join.name_zh, join.name_en),
        place=(place.name_zh, place.name_en),
        direction=join.direction,
        replaces=join.replaces,
        step=step_at(join, now),
        why=join.why,
        made_by=Who(maker.id, maker.name),
        made_at=join.made_at,
        ends_at=join.ends_at,
        asked_at=join.asked_at,
        asked_from=join.asked_from,
        fingerprint=join.fingerprint,
        reused_at=join.reused_at,
        decided_by=Who(decider.id, decider.name) if decider else None,
        decided_at=join.decided_at,
        code_sealed=join.code_sealed,
    )
