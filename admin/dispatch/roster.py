"""What one gate should know, as the register says it now. Nothing is unsealed and no template read here."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.db.tables import Compound, Gate, GateState, PassClaim, Place, Visit, VisitGate
from admin.dispatch.census import Census, Censuses, Home, KnownFace
from admin.dispatch.confusions import Taken
from admin.dispatch.rules import AHEAD, PASS_KEPT, Good, Window, next_edge, window_of
from contracts.ids import CompoundId, GateId, ModelId, PassId, PersonId
from contracts.roster import Name


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

    @property
    def faces(self) -> list[KnownFace]:
        return [one.face for one in self.people if one.face is not None]

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


def draft(session: Session, gate: GateId, now: datetime, censuses: Censuses | None = None) -> Draft | None:
    """None for a gate that is unknown, revoked, or has never said which model it runs."""
    entry = _entry(session, gate)
    if entry is None:
        return None
    census = (censuses or Censuses(now)).of(session, entry.compound_id)
    people = _people(census, entry, now)
    passes, passes_edge = _passes(session, entry, now)
    faces = {one.id for one in people if one.face is not None}
    marks = tuple(mark for mark in census.taken if not faces.isdisjoint(mark))
    return Draft(entry, people, passes, marks, next_edge((census.edge, passes_edge), now))


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


def _people(census: Census, entry: Entry, now: datetime) -> tuple[Entitled, ...]:
    people: list[Entitled] = []
    for one in census.residents:
        here = [home for home in one.homes if home.path.startswith(entry.path)]
        window = window_of([home.window for home in here], now) if one.homes else _of_staff(entry)
        if window is None:
            continue
        until = min((end for end in (window.until, one.left_at) if end is not None), default=None)
        face = one.face if one.model == entry.model else None
        people.append(Entitled(one.id, Window(window.since, until), face, _pin(one.pin, here, now)))
    return tuple(people)


def _of_staff(entry: Entry) -> Window | None:
    """Staff and carers have no household, ever: they pass the compound's own gates."""
    return Window() if entry.whole_compound else None


def _pin(sealed: bytes | None, here: Sequence[Home], now: datetime) -> KnownPin | None:
    if sealed is None:
        return None
    rooms = sorted({home.room for home in here if window_of([home.window], now)})
    return KnownPin(sealed, tuple(rooms)) if rooms else None


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
