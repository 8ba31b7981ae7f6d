"""What one gate should know, as the register says it now. Nothing is unsealed and no template read here."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from admin.db.tables import (
    Compound,
    Consent,
    Face,
    Gate,
    GateState,
    Household,
    Membership,
    PassClaim,
    Person,
    Pin,
    Place,
    Visit,
    VisitGate,
)
from admin.dispatch.confusions import Taken, taken
from admin.dispatch.rules import (
    AHEAD,
    PASS_KEPT,
    Agreement,
    Good,
    Window,
    may_know_face,
    next_edge,
    window_of,
)
from contracts.ids import CompoundId, GateId, ModelId, PassId, PersonId
from contracts.roster import Name


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A face that may be sent: where it lies in the vault, and since when it is this one."""

    vault_id: str = field(repr=False)
    enrolled_at: datetime
    templates: int
    look_alike: bool


@dataclass(frozen=True, slots=True)
class KnownPin:
    """A sealed PIN and the rooms it is typed with."""

    sealed: bytes = field(repr=False)
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entitled:
    """Somebody who may pass, with or without a face or a PIN that the gate may know."""

    id: PersonId
    window: Window
    face: KnownFace | None = None
    pin: KnownPin | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """A visitor's pass as one gate needs it."""

    id: PassId
    since: datetime
    until: datetime
    uses: int
    used: int
    cancelled: bool
    home: bool
    pin_sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """The gate itself: whose place, whose words, whose key."""

    id: GateId
    compound: CompoundId
    compound_id: int
    path: str
    whole_compound: bool
    compound_name: Name
    name: Name
    model: ModelId
    seal_key: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A gate's roster before anything is unsealed. `edge` is when it will differ of itself."""

    entry: Entry
    people: tuple[Entitled, ...]
    passes: tuple[Invited, ...]
    taken: tuple[Taken, ...]
    edge: datetime | None

    def content_key(self, generation: int, pass_key: str) -> str:
        """A digest of all that the gate would learn: the same means that no new version is due."""
        digest = hashlib.sha256(f"{generation} {pass_key} {self.entry!r} ".encode() + self.entry.seal_key)
        for one in self.people:
            digest.update(f"{one!r}{one.face and one.face.vault_id}".encode())
            digest.update(one.pin.sealed if one.pin is not None else b"")
        for one in self.passes:
            digest.update(f"{one!r}".encode() + one.pin_sealed)
        digest.update(f"{self.taken!r}".encode() if self.taken else b"")
        return digest.hexdigest()


def draft(session: Session, gate: GateId, now: datetime) -> Draft | None:
    """None for a gate that is unknown, revoked, or has never said which model it runs."""
    entry = _entry(session, gate)
    if entry is None:
        return None
    people, people_edge = _people(session, entry, now)
    passes, passes_edge = _passes(session, entry, now)
    faces = {one.id for one in people if one.face is not None}
    marks = tuple(mark for mark in taken(session, entry.compound_id) if not faces.isdisjoint(mark))
    return Draft(entry, people, passes, marks, next_edge((people_edge, passes_edge), now))


def active_gates(session: Session) -> list[GateId]:
    return [
        GateId(gate)
        for gate in session.scalars(select(Gate.id).where(Gate.revoked_at.is_(None)).order_by(Gate.id))
    ]


def _entry(session: Session, gate: GateId) -> Entry | None:
    row = session.execute(
        select(Gate, Place, Compound.wire_id, GateState.model)
        .join(Place, Place.id == Gate.place_id)
        .join(Compound, Compound.place_id == Gate.compound_id)
        .join(GateState, GateState.gate_id == Gate.id)
        .where(Gate.id == gate, Gate.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    found, place, wire_id, model = row
    if model is None:
        return None
    compound = session.get_one(Place, found.compound_id)
    return Entry(
        id=gate,
        compound=CompoundId(wire_id),
        compound_id=found.compound_id,
        path=place.path,
        whole_compound=place.id == found.compound_id,
        compound_name=Name(zh=compound.name_zh, en=compound.name_en),
        name=Name(zh=found.name_zh, en=found.name_en),
        model=ModelId(model),
        seal_key=found.seal_key,
    )


@dataclass(frozen=True, slots=True)
class _Home:
    window: Window
    room: str
    here: bool  # below this gate's place


def _people(session: Session, entry: Entry, now: datetime) -> tuple[tuple[Entitled, ...], datetime | None]:
    present = or_(Person.left_at.is_(None), Person.left_at > now)
    mine = Person.compound_id == entry.compound_id
    homes = _homes(session, entry, mine)
    faces = _faces(session, entry, mine)
    pins = {
        row.person_id: row.sealed
        for row in session.scalars(select(Pin).join(Person, Person.id == Pin.person_id).where(mine))
    }
    people: list[Entitled] = []
    edges: list[datetime | None] = []
    rows = session.execute(select(Person.id, Person.wire_id, Person.left_at).where(mine, present))
    for person in rows.all():
        own = homes.get(person.id, [])
        window = _window(own, entry, now)
        edges += _edges(own, person.left_at)
        if window is None:
            continue
        until = min((end for end in (window.until, person.left_at) if end is not None), default=None)
        people.append(
            Entitled(
                id=PersonId(person.wire_id),
                window=Window(window.since, until),
                face=faces.get(person.id),
                pin=_pin(pins.get(person.id), own, now),
            )
        )
    return tuple(sorted(people, key=lambda one: one.id)), next_edge(edges, now)


def _window(homes: Sequence[_Home], entry: Entry, now: datetime) -> Window | None:
    """Staff and carers have no household, ever: they pass the compound's own gates."""
    if not homes:
        return Window() if entry.whole_compound else None
    return window_of([home.window for home in homes if home.here], now)


def _edges(homes: Sequence[_Home], left_at: datetime | None) -> list[datetime | None]:
    edges: list[datetime | None] = [left_at]
    for home in homes:
        edges += [home.window.since, home.window.until]
        if home.window.since is not None:
            edges.append(home.window.since - AHEAD)
    return edges


def _pin(sealed: bytes | None, homes: Sequence[_Home], now: datetime) -> KnownPin | None:
    rooms = sorted({home.room for home in homes if home.here and window_of([home.window], now)})
    return KnownPin(sealed, tuple(rooms)) if sealed is not None and rooms else None


def _homes(session: Session, entry: Entry, mine: ColumnElement[bool]) -> dict[UUID, list[_Home]]:
    homes: dict[UUID, list[_Home]] = defaultdict(list)
    rows = session.execute(
        select(Membership.person_id, Membership.since, Membership.until, Household.room, Place.path)
        .join(Person, Person.id == Membership.person_id)
        .join(Household, Household.id == Membership.household_id)
        .join(Place, Place.id == Household.unit_id)
        .where(mine)
    )
    for row in rows:
        here = row.path.startswith(entry.path)
        homes[row.person_id].append(_Home(Window(row.since, row.until), row.room, here))
    return homes


def _faces(session: Session, entry: Entry, mine: ColumnElement[bool]) -> dict[UUID, KnownFace]:
    """Faces of this gate's model whose people's consent stands."""
    answers: dict[UUID, list[Agreement]] = defaultdict(list)
    columns = (Consent.person_id, Consent.kind, Consent.agreed, Consent.at, Consent.withdrawn_at)
    for row in session.execute(
        select(*columns, Consent.guardian_id)
        .join(Person, Person.id == Consent.person_id)
        .where(mine)
        .order_by(Consent.id)
    ):
        answers[row.person_id].append(
            Agreement(row.kind, row.agreed, row.at, row.withdrawn_at is not None, row.guardian_id is not None)
        )
    rows = session.execute(
        select(Face, Person.vault_id, Person.born)
        .join(Person, Person.id == Face.person_id)
        .where(mine, Face.model == entry.model)
    )
    return {
        face.person_id: KnownFace(vault_id, face.enrolled_at, face.templates, face.look_alike)
        for face, vault_id, born in rows
        if may_know_face(answers[face.person_id], born)
    }


def _passes(session: Session, entry: Entry, now: datetime) -> tuple[tuple[Invited, ...], datetime | None]:
    wanted = Visit.compound_id == entry.compound_id, Visit.until > now - PASS_KEPT
    claims = session.execute(
        select(PassClaim.visit_id, func.count().label("uses"))
        .join(Visit, Visit.id == PassClaim.visit_id)
        .where(*wanted)
        .group_by(PassClaim.visit_id)
    )
    used = {row.visit_id: row.uses for row in claims}
    gates: dict[UUID, list[str]] = defaultdict(list)
    for row in session.scalars(
        select(VisitGate)
        .join(Visit, Visit.id == VisitGate.visit_id)
        .where(*wanted)
        .order_by(VisitGate.position)
    ):
        gates[row.visit_id].append(row.gate_id)
    passes: list[Invited] = []
    edges: list[datetime | None] = []
    for visit in session.scalars(select(Visit).where(*wanted).order_by(Visit.pass_id)):
        good = Good(tuple(gates[visit.id]))
        if good.at(entry.id):
            passes.append(_invited(visit, used.get(visit.id, 0), good.home(entry.id)))
            # No one row may stop everybody's roster: a time far off is looked at again before it comes.
            edges.append(min(visit.until, now + AHEAD) + PASS_KEPT)
    return tuple(passes), next_edge(edges, now)


def _invited(visit: Visit, used: int, home: bool) -> Invited:
    return Invited(
        id=PassId(visit.pass_id),
        since=visit.since,
        until=visit.until,
        uses=visit.uses,
        used=used,
        cancelled=visit.cancelled_at is not None,
        home=home,
        pin_sealed=visit.pin_sealed,
    )
