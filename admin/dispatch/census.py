"""Who lives and works in a compound, read once for all of its gates: columns alone, joined by the ids gates know.

With ten thousand people this is most of what a change costs, so nothing is read twice and no row becomes an object
of the mapper.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from admin.db.tables import Consent, Face, Household, Membership, Person, Pin, Place
from admin.dispatch.confusions import Taken, taken
from admin.dispatch.rules import AHEAD, Agreement, Window, may_know_face, next_edge
from contracts.ids import PersonId


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A face that may be sent: where it lies in the vault, and since when it is this one."""

    vault_id: str = field(repr=False)
    enrolled_at: datetime
    templates: int
    look_alike: bool


@dataclass(frozen=True, slots=True)
class Home:
    """A membership: when it counts, which room, and where in the tree."""

    window: Window
    room: str
    path: str


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who has not left. Without a home they are staff or a carer. `face` only where consent stands."""

    id: PersonId
    left_at: datetime | None
    homes: tuple[Home, ...] = ()
    model: str | None = None
    face: KnownFace | None = None
    pin: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Census:
    """A compound's people in the order of their ids. `edge` is when their rights will differ of themselves."""

    residents: tuple[Resident, ...]
    taken: tuple[Taken, ...]
    edge: datetime | None


class Censuses:
    """Of one look at the register: each compound is read at most once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._read: dict[int, Census] = {}

    def of(self, session: Session, compound: int) -> Census:
        if compound not in self._read:
            self._read[compound] = census(session, compound, self._now)
        return self._read[compound]


def census(session: Session, compound: int, now: datetime) -> Census:
    mine = Person.compound_id == compound
    homes, faces = _homes(session, mine), _faces(session, mine)
    sealed = select(Person.wire_id, Pin.sealed).join(Person, Person.id == Pin.person_id).where(mine)
    pins = {row.wire_id: row.sealed for row in session.execute(sealed)}
    present = or_(Person.left_at.is_(None), Person.left_at > now)
    rows = session.execute(select(Person.wire_id, Person.left_at).where(mine, present)).all()
    residents = [
        Resident(
            PersonId(wire_id),
            left_at,
            tuple(homes.get(wire_id, ())),
            *faces.get(wire_id, (None, None)),
            pins.get(wire_id),
        )
        for wire_id, left_at in rows
    ]
    residents.sort(key=lambda one: one.id)
    return Census(tuple(residents), taken(session, compound), _edge(residents, now))


def _homes(session: Session, mine: ColumnElement[bool]) -> dict[str, list[Home]]:
    homes: dict[str, list[Home]] = defaultdict(list)
    for wire_id, since, until, room, path in session.execute(
        select(Person.wire_id, Membership.since, Membership.until, Household.room, Place.path)
        .join(Person, Person.id == Membership.person_id)
        .join(Household, Household.id == Membership.household_id)
        .join(Place, Place.id == Household.unit_id)
        .where(mine)
    ):
        homes[wire_id].append(Home(Window(since, until), room, path))
    return homes


def _faces(session: Session, mine: ColumnElement[bool]) -> dict[str, tuple[str, KnownFace]]:
    """By wire id: the model, and the face of whoever's consent stands."""
    answers = _answers(session, mine)
    rows = session.execute(
        select(
            Person.wire_id,
            Person.vault_id,
            Person.born,
            Face.model,
            Face.enrolled_at,
            Face.templates,
            Face.look_alike,
        )
        .join(Person, Person.id == Face.person_id)
        .where(mine)
    )
    return {
        wire_id: (model, KnownFace(vault_id, enrolled_at, templates, look_alike))
        for wire_id, vault_id, born, model, enrolled_at, templates, look_alike in rows
        if may_know_face(answers[wire_id], born)
    }


def _answers(session: Session, mine: ColumnElement[bool]) -> dict[str, list[Agreement]]:
    answers: dict[str, list[Agreement]] = defaultdict(list)
    for wire_id, kind, agreed, at, withdrawn, guarded in session.execute(
        select(
            Person.wire_id,
            Consent.kind,
            Consent.agreed,
            Consent.at,
            Consent.withdrawn_at.is_not(None),
            Consent.guardian_id.is_not(None),
        )
        .join(Person, Person.id == Consent.person_id)
        .where(mine)
        .order_by(Consent.id)
    ):
        answers[wire_id].append(Agreement(kind, agreed, at, withdrawn, guarded))
    return answers


def _edge(residents: Sequence[Resident], now: datetime) -> datetime | None:
    moments: list[datetime | None] = []
    for one in residents:
        moments.append(one.left_at)
        for home in one.homes:
            moments += (home.window.since, home.window.until)
            if home.window.since is not None:
                moments.append(home.window.since - AHEAD)
    return next_edge(moments, now)
