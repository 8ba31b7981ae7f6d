"""Changes to the register of people. Each is audited in the transaction that makes it."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.likeness import forget_confusions
from admin.db.revision import raise_revision
from admin.db.tables.people import Face, Membership, Person, Pin
from admin.db.tables.places import Household
from admin.db.tables.visits import ResidentLink, Visit
from admin.security.audit import Act, record
from admin.security.principals import Principal, PrincipalKind
from admin.web.residents.queries import Unit, find_person, units
from contracts.ids import PersonId
from contracts.sealing import seal

PIN_DIGITS: Final = 6
PIN_PURPOSE: Final = "pin"
LINK_LASTS: Final = timedelta(days=365)
LINK_BYTES: Final = 24
# What people try first on somebody else's keypad.
TOO_EASY: Final = frozenset(
    {"123456", "654321", "012345", "543210"} | {digit * PIN_DIGITS for digit in "0123456789"}
)


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes something, and when."""

    by: Principal
    now: datetime


@dataclass(frozen=True, slots=True)
class Details:
    """A person as typed. `phone` and `born` may be unknown."""

    name: str = field(repr=False)
    phone: str | None = field(repr=False)
    born: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Room:
    """A home as chosen: the unit, and the number on the door."""

    unit_id: int
    door: str
    role: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A secret that is shown this once."""

    secret: str = field(repr=False)


class OutsideScope(Exception):
    """A unit, home or person that is not the editor's to change; pages answer as for something that is not there."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} lies outside the scope of who asks.")
        self.what = what


def add_person(session: Session, editor: Editor, details: Details, room: Room) -> Person:
    """A new person with their first home. Raises OutsideScope."""
    unit = _unit(session, editor, room.unit_id)
    person = Person(
        compound_id=unit.compound_id,
        wire_id=str(PersonId.random()),
        vault_id=secrets.token_hex(16),
        name=details.name,
        phone=details.phone,
        born=details.born,
        added_at=editor.now,
    )
    session.add(person)
    session.flush()
    _record(session, editor, "person_added", person.id)
    _move_in(session, editor, person, (unit, room))
    _ask_for_pinyin(session, editor, person)
    return person


def change_person(session: Session, editor: Editor, person_id: UUID, details: Details) -> Person:
    """A changed name is spelt anew by the worker. Raises OutsideScope."""
    person = own_person(session, editor, person_id)
    renamed = person.name != details.name
    person.name, person.phone, person.born = details.name, details.phone, details.born
    _record(session, editor, "person_changed", person.id, renamed=renamed)
    if renamed:
        _ask_for_pinyin(session, editor, person)
    return person


def add_home(session: Session, editor: Editor, person_id: UUID, room: Room) -> None:
    """Somebody who left and comes back lives here again. Raises OutsideScope."""
    person = own_person(session, editor, person_id)
    _move_in(session, editor, person, (_unit(session, editor, room.unit_id), room))


def end_home(session: Session, editor: Editor, person_id: UUID, membership_id: int) -> None:
    """Ends a membership and its passes. After the last one face, PIN and links end too. Raises OutsideScope."""
    person = own_person(session, editor, person_id)
    membership = session.scalars(
        select(Membership).where(
            Membership.id == membership_id,
            Membership.person_id == person.id,
            Membership.household_id.in_(editor.by.scope.households),
            Membership.until.is_(None),
        )
    ).one_or_none()
    if membership is None:
        raise OutsideScope("home")
    membership.until = editor.now
    session.flush()
    passes = _cancel_passes(session, editor, person.id, membership.household_id)
    _record(session, editor, "home_ended", person.id, household=membership.household_id, passes=passes)
    if not _has_home(session, person.id):
        _leave(session, editor, person)
    raise_revision(session)


def set_pin(session: Session, editor: Editor, person_id: UUID, dispatch: X25519PublicKey) -> Issued:
    """A new PIN, in clear this once; what is kept only dispatch can read. Raises OutsideScope."""
    person = own_person(session, editor, person_id)
    digits = _random_pin()
    pin = session.get(Pin, person.id) or Pin(person_id=person.id)
    pin.sealed, pin.set_at = seal(dispatch, PIN_PURPOSE, digits.encode()), editor.now
    session.add(pin)
    _record(session, editor, "pin_set", person.id)
    raise_revision(session)
    return Issued(digits)


def make_link(session: Session, editor: Editor, person_id: UUID) -> Issued:
    """A new personal link; earlier ones end. Raises OutsideScope."""
    person = own_person(session, editor, person_id)
    _end_links(session, editor, person.id)
    secret = secrets.token_urlsafe(LINK_BYTES)
    session.add(
        ResidentLink(
            person_id=person.id,
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
            made_at=editor.now,
            made_by=int(editor.by.id) if editor.by.kind is PrincipalKind.ACCOUNT else None,
            until=editor.now + LINK_LASTS,
        )
    )
    _record(session, editor, "link_made", person.id)
    return Issued(secret)


def own_person(session: Session, editor: Editor, person_id: UUID) -> Person:
    """The person, where the editor's scope reaches. Raises OutsideScope."""
    person = find_person(session, editor.by.scope, person_id)
    if person is None:
        raise OutsideScope("person")
    return person


def _move_in(session: Session, editor: Editor, person: Person, home: tuple[Unit, Room]) -> None:
    unit, room = home
    household = _household(session, unit, room.door)
    already = session.scalars(
        select(Membership).where(
            Membership.person_id == person.id,
            Membership.household_id == household.id,
            Membership.until.is_(None),
        )
    ).first()
    if already is not None:
        already.role = room.role
        return
    session.add(Membership(person_id=person.id, household_id=household.id, role=room.role, since=editor.now))
    person.left_at = None
    _record(session, editor, "home_added", person.id, household=household.id, role=room.role)
    raise_revision(session)


def _household(session: Session, unit: Unit, door: str) -> Household:
    room = f"{unit.number}-{door}".upper()
    household = session.scalars(
        select(Household).where(Household.unit_id == unit.id, Household.room == room)
    ).one_or_none()
    if household is None:
        household = Household(unit_id=unit.id, room=room)
        session.add(household)
        session.flush()
    return household


def _unit(session: Session, editor: Editor, unit_id: int) -> Unit:
    found = next((unit for unit in units(session, editor.by.scope) if unit.id == unit_id), None)
    if found is None:
        raise OutsideScope("unit")
    return found


def _leave(session: Session, editor: Editor, person: Person) -> None:
    person.left_at = editor.now
    pin = session.get(Pin, person.id)
    if pin is not None:
        session.delete(pin)
    _end_links(session, editor, person.id)
    forget_confusions(session, person.id)
    if session.get(Face, person.id) is not None:
        put(
            session,
            NewJob(Queue.WORKER, JobKind.FORGET_FACE, f"person:{person.id}"),
            str(editor.by),
            editor.now,
        )
    _record(session, editor, "person_left", person.id)


def _cancel_passes(session: Session, editor: Editor, person_id: UUID, household_id: int) -> int:
    done = session.scalars(
        update(Visit)
        .where(
            Visit.host_id == person_id,
            Visit.household_id == household_id,
            Visit.cancelled_at.is_(None),
            Visit.until > editor.now,
        )
        .values(cancelled_at=editor.now)
        .returning(Visit.id)
    )
    return len(done.all())


def _end_links(session: Session, editor: Editor, person_id: UUID) -> None:
    session.execute(
        update(ResidentLink)
        .where(ResidentLink.person_id == person_id, ResidentLink.ended_at.is_(None))
        .values(ended_at=editor.now)
    )


def _has_home(session: Session, person_id: UUID) -> bool:
    living = (
        select(Membership.id).where(Membership.person_id == person_id, Membership.until.is_(None)).limit(1)
    )
    return session.scalar(living) is not None


def _ask_for_pinyin(session: Session, editor: Editor, person: Person) -> None:
    job = NewJob(Queue.WORKER, JobKind.WRITE_PINYIN, f"person:{person.id}")
    put(session, job, str(editor.by), editor.now)


def _random_pin() -> str:
    while True:
        digits = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
        if digits not in TOO_EASY:
            return digits


def _record(session: Session, editor: Editor, act: str, person_id: UUID, **details: str | int | bool) -> None:
    record(session, editor.by, Act(act, f"person:{person_id}", details), editor.now)
