"""Which gates know the last change of one person, and since when the others should, always inside a scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, false, func, literal, or_, select
from sqlalchemy.orm import Session

from admin.db.tables.gates import Gate, GateState, SealedRoster
from admin.db.tables.people import Consent, Face, Membership, Person, Pin
from admin.db.tables.places import Household, Place
from admin.db.tables.server import Server
from admin.security.scope import Scope
from admin.web.gates.standing import standing


class Change(StrEnum):
    """What happened last that gates have to learn."""

    FACE = "face"  # enrolled, or enrolled with a further look
    WITHDRAWN = "withdrawn"
    LEFT = "left"
    RIGHTS = "rights"  # a home, a PIN, or the person themselves


@dataclass(frozen=True, slots=True)
class LastChange:
    kind: Change
    at: datetime


@dataclass(frozen=True, slots=True)
class GateTold:
    """One gate. `since` is when a roster that says it was made; None where it knows, or none was made yet."""

    gate: str
    names: tuple[str, str]  # Chinese, English
    knows: bool
    since: datetime | None
    online: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A change, and every gate of the scope that has to know it."""

    change: LastChange
    gates: tuple[GateTold, ...]

    @property
    def known(self) -> int:
        return sum(gate.knows for gate in self.gates)

    @property
    def waits(self) -> bool:
        return self.known < len(self.gates)

    @property
    def mark(self) -> str:
        """Changes when there is something new to show."""
        places = ",".join(f"{gate.gate}.{gate.knows}.{gate.online}.{gate.since}" for gate in self.gates)
        return f"{self.change.kind}:{self.change.at.isoformat()}:{places}"


def told(session: Session, scope: Scope, person: Person, change: LastChange, now: datetime) -> Told:
    """The gates on the person's way, each by the first roster made since the change.

    Where none was made since, though dispatch has looked, the newest says all there is to know.
    """
    at = change.at
    looked_at = session.scalar(select(Server.looked_at))
    versions = select(SealedRoster.gate_id, func.min(SealedRoster.version).label("version"))
    first = versions.where(SealedRoster.made_at >= at).group_by(SealedRoster.gate_id).subquery()
    last = select(SealedRoster.gate_id, func.max(SealedRoster.version).label("version"))
    newest = last.group_by(SealedRoster.gate_id).subquery()
    rows = session.execute(
        select(Gate, GateState, first.c.version, SealedRoster.made_at, newest.c.version.label("newest"))
        .join(Place, Place.id == Gate.place_id)
        .outerjoin(GateState, GateState.gate_id == Gate.id)
        .outerjoin(first, first.c.gate_id == Gate.id)
        .outerjoin(newest, newest.c.gate_id == Gate.id)
        .outerjoin(
            SealedRoster,
            (SealedRoster.gate_id == Gate.id) & (SealedRoster.version == first.c.version),
        )
        .where(Gate.revoked_at.is_(None), Gate.id.in_(scope.gates), _on_the_way(session, person, at))
        .order_by(Place.path, Gate.id)
    )
    everything_made = looked_at is not None and looked_at >= at
    gates: list[GateTold] = []
    for gate, state, version, made_at, latest in rows:
        wanted = version if version is not None or not everything_made else latest
        knows = wanted is not None and (state.held_version if state else 0) >= wanted
        names, online = (gate.name_zh, gate.name_en), standing(state, now).online
        gates.append(GateTold(gate.id, names, knows, None if knows else made_at, online))
    return Told(change, tuple(gates))


def enrolment(session: Session, person: Person) -> LastChange | None:
    """None where no face is enrolled."""
    at = session.scalar(select(Face.enrolled_at).where(Face.person_id == person.id))
    return LastChange(Change.FACE, at) if at is not None else None


def last_change(session: Session, person: Person, now: datetime) -> LastChange:
    """The newest of what rosters say of somebody. What was never on one, a declined consent, is none."""
    withdrawn = session.scalar(select(func.max(Consent.withdrawn_at)).where(Consent.person_id == person.id))
    pin = session.scalar(select(Pin.set_at).where(Pin.person_id == person.id))
    homes = session.execute(
        select(Membership.since, Membership.until).where(Membership.person_id == person.id)
    )
    face = enrolment(session, person)
    moments = [
        (person.left_at, Change.LEFT),
        (withdrawn, Change.WITHDRAWN),
        (face.at if face else None, Change.FACE),
        (pin, Change.RIGHTS),
        *((edge, Change.RIGHTS) for home in homes for edge in home),
    ]
    newest = LastChange(Change.RIGHTS, person.added_at)
    for at, kind in moments:
        if at is not None and newest.at < at <= now:
            newest = LastChange(kind, at)
    return newest


def _on_the_way(session: Session, person: Person, at: datetime) -> ColumnElement[bool]:
    """Gates whose place the person's homes lie in, those that ended with this change too, as dispatch has it."""
    homes: Sequence[tuple[str, datetime | None]] = [
        (path, until)
        for path, until in session.execute(
            select(Place.path, Membership.until)
            .join(Household, Household.unit_id == Place.id)
            .join(Membership, Membership.household_id == Household.id)
            .where(Membership.person_id == person.id)
        )
    ]
    if not homes:  # staff and carers pass the compound's own gates
        return Gate.place_id == person.compound_id
    paths = [path for path, until in homes if until is None or until >= at]
    return or_(false(), *(literal(path).startswith(Place.path) for path in paths))
