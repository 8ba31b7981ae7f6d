"""Finding people and homes, always inside a scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from admin.db.tables.people import Consent, Face, Membership, Person, Pin
from admin.db.tables.places import Household, Place
from admin.db.tables.visits import ResidentLink
from admin.security.scope import Scope

PAGE: Final = 50
SHORTEST_TAIL: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the list. `rooms` are those of the homes lived in now."""

    id: UUID
    name: str
    phone: str | None
    rooms: tuple[str, ...]
    face: bool
    left: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """The line before or after which a page begins: in the order of pinyin, newcomers without it first."""

    pinyin: str
    id: UUID
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    lines: list[Line]
    earlier: Line | None  # where the page before ends; none on the first
    further: Line | None  # where the page after begins


@dataclass(frozen=True, slots=True)
class Search:
    """What the list shows: words as typed, and whether those who left are wanted."""

    words: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """A membership as the page shows it."""

    id: int
    household_id: int
    room: str
    place: tuple[str, str]  # building and unit, in Chinese and in English
    role: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A consent or a refusal."""

    kind: str
    agreed: bool
    at: datetime
    withdrawn_at: datetime | None
    by_guardian: bool


@dataclass(frozen=True, slots=True)
class Story:
    """One person's page."""

    person: Person
    homes: list[Home]
    agreements: list[Agreement]
    face: Face | None
    pin_set_at: datetime | None
    link_until: datetime | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit to choose: "3-2", with the names of building and compound."""

    id: int
    number: str
    compound_id: int
    names: tuple[str, str]


def in_scope(scope: Scope) -> ColumnElement[bool]:
    """People the viewer may see: of a compound inside the scope, or with a home in it."""
    if scope.person_id is not None:
        return Person.id == scope.person_id
    if scope.visit_id is not None or scope.gate_id is not None:
        return false()
    living = select(Membership.person_id).where(
        Membership.household_id.in_(scope.households), Membership.until.is_(None)
    )
    return or_(Person.compound_id.in_(scope.places), Person.id.in_(living))


def find_person(session: Session, scope: Scope, person_id: UUID) -> Person | None:
    """The person, where the scope reaches."""
    return session.scalars(select(Person).where(Person.id == person_id, in_scope(scope))).one_or_none()


def list_people(
    session: Session, scope: Scope, search: Search, cursor: Cursor | None, size: int = PAGE
) -> Page:
    """One page in the order of pinyin; keyset, so a deep page costs what the first does."""
    backwards = cursor is not None and cursor.backwards
    question = _people(scope, search)
    if cursor is not None:
        here = tuple_(Person.pinyin, Person.id)
        there = tuple_(cursor.pinyin, cursor.id)
        question = question.where(here < there if backwards else here > there)
    order = (Person.pinyin.desc(), Person.id.desc()) if backwards else (Person.pinyin, Person.id)
    rows = list(session.execute(question.order_by(*order).limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    lines = _with_rooms(session, scope, rows)
    return Page(
        lines=lines,
        earlier=lines[0] if lines and (more if backwards else cursor is not None) else None,
        further=lines[-1] if lines and (backwards or more) else None,
    )


def tell(session: Session, scope: Scope, person_id: UUID) -> Story | None:
    """Everything one person's page shows; None outside the scope."""
    person = find_person(session, scope, person_id)
    if person is None:
        return None
    pin = session.get(Pin, person_id)
    link_until = session.scalar(
        select(func.max(ResidentLink.until)).where(
            ResidentLink.person_id == person_id, ResidentLink.ended_at.is_(None)
        )
    )
    return Story(
        person=person,
        homes=homes_of(session, scope, person_id),
        agreements=_agreements(session, person_id),
        face=session.get(Face, person_id),
        pin_set_at=pin.set_at if pin else None,
        link_until=link_until,
    )


def homes_of(session: Session, scope: Scope, person_id: UUID) -> list[Home]:
    """Present homes first, then earlier ones."""
    building = aliased(Place)
    rows = session.execute(
        select(Membership, Household, Place, building)
        .join(Household, Household.id == Membership.household_id)
        .join(Place, Place.id == Household.unit_id)
        .join(building, building.id == Place.parent_id)
        .where(Membership.person_id == person_id, Membership.household_id.in_(scope.households))
        .order_by(Membership.until.is_not(None), Membership.since.desc(), Membership.id)
    )
    return [
        Home(
            id=membership.id,
            household_id=household.id,
            room=household.room,
            place=(house.name_zh + unit.name_zh, f"{house.name_en}, {unit.name_en}"),
            role=membership.role,
            since=membership.since,
            until=membership.until,
        )
        for membership, household, unit, house in rows
    ]


def units(session: Session, scope: Scope) -> list[Unit]:
    """Every unit inside the scope, in the order of buildings."""
    building, compound = aliased(Place), aliased(Place)
    rows = session.execute(
        select(Place, building, compound)
        .join(building, building.id == Place.parent_id)
        .join(compound, compound.id == building.parent_id)
        .where(Place.kind == "unit", Place.id.in_(scope.places))
        .order_by(compound.id, building.id, Place.id)
    )
    return [
        Unit(
            id=unit.id,
            number=f"{_digits(house.name_zh)}-{_digits(unit.name_zh)}",
            compound_id=compound.id,
            names=(
                f"{compound.name_zh} {house.name_zh}{unit.name_zh}",
                f"{compound.name_en}, {house.name_en}, {unit.name_en}",
            ),
        )
        for unit, house, compound in rows
    ]


def _people(scope: Scope, search: Search) -> Select[UUID, str, str | None, datetime | None, bool]:
    question = (
        select(Person.id, Person.name, Person.phone, Person.left_at, Face.person_id.is_not(None))
        .outerjoin(Face, Face.person_id == Person.id)
        .where(in_scope(scope), Person.left_at.is_not(None) if search.gone else Person.left_at.is_(None))
    )
    return question.where(_matches(search.words, scope)) if search.words.strip() else question


def _matches(words: str, scope: Scope) -> ColumnElement[bool]:
    """Every word must fit: name, pinyin, initials, room, or the end of the phone number."""
    return and_(*(_fits(word, scope) for word in words.split()[:6]))


def _fits(word: str, scope: Scope) -> ColumnElement[bool]:
    small = word.lower()
    ways = [
        Person.name.contains(word, autoescape=True),
        Person.initials.startswith(small, autoescape=True),
        # "wangxiao" and "wang xiao" both find wang xiaoming.
        func.replace(Person.pinyin, " ", "").startswith(small.replace("'", ""), autoescape=True),
        Person.pinyin.contains(f" {small}", autoescape=True),
        Person.id.in_(_living_in(word, scope)),
    ]
    if word.isdigit() and len(word) >= SHORTEST_TAIL:
        ways.append(Person.phone.endswith(word, autoescape=True))
    return or_(*ways)


def _living_in(word: str, scope: Scope) -> Select[UUID]:
    room = word.upper().replace("－", "-")
    return (
        select(Membership.person_id)
        .join(Household, Household.id == Membership.household_id)
        .where(
            Membership.until.is_(None),
            Membership.household_id.in_(scope.households),
            or_(
                Household.room.startswith(room, autoescape=True),
                Household.room.endswith(f"-{room}", autoescape=True),
            ),
        )
    )


def _with_rooms(
    session: Session, scope: Scope, rows: Sequence[tuple[UUID, str, str | None, datetime | None, bool]]
) -> list[Line]:
    found = session.execute(
        select(Membership.person_id, Household.room)
        .join(Household, Household.id == Membership.household_id)
        .where(
            Membership.person_id.in_([row[0] for row in rows]),
            Membership.until.is_(None),
            Membership.household_id.in_(scope.households),
        )
        .order_by(Household.room)
    )
    rooms: dict[UUID, list[str]] = {}
    for person_id, room in found:
        rooms.setdefault(person_id, []).append(room)
    return [
        Line(person_id, name, phone, tuple(rooms.get(person_id, ())), face, left is not None)
        for person_id, name, phone, left, face in rows
    ]


def _agreements(session: Session, person_id: UUID) -> list[Agreement]:
    rows = session.scalars(
        select(Consent).where(Consent.person_id == person_id).order_by(Consent.at.desc(), Consent.id.desc())
    )
    return [
        Agreement(row.kind, row.agreed, row.at, row.withdrawn_at, row.guardian_id is not None) for row in rows
    ]


def _digits(name: str) -> str:
    """The number in "3号楼"; a building without one is called by its whole name."""
    number = "".join(character for character in name if character.isascii() and character.isalnum())
    return number or name


def age_on(born: date, day: date) -> int:
    """Whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
