"""Who was taken for whom, as pages show it: names inside the scope alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from admin.db.tables.accounts import Account
from admin.db.tables.confusions import ConfusedBy, Confusion
from admin.db.tables.passages import Passage
from admin.db.tables.people import Face, Person, Pin
from admin.security.scope import Scope
from admin.web.residents.queries import in_scope
from contracts.words import Method


@dataclass(frozen=True, slots=True)
class Mark:
    """One line: `other` is None where nobody of the register is meant, or somebody outside the scope (`elsewhere`)."""

    id: int
    known_by: str
    at: datetime
    by: str | None
    passage_id: UUID | None
    other: Person | None
    elsewhere: bool

    @property
    def liftable(self) -> bool:
        """What was measured goes with the template it was measured on."""
        return self.known_by != ConfusedBy.LIKENESS


@dataclass(frozen=True, slots=True)
class Ways:
    """What somebody has to pass with: what a mark would mean for them depends on it."""

    face: bool
    pin: bool


def marked(session: Session, passages: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the passages that staff said are not the person's."""
    found = session.scalars(select(Confusion.passage_id).where(Confusion.passage_id.in_(passages)))
    return frozenset(one for one in found if one is not None)


def mark_of(session: Session, scope: Scope, passage: UUID) -> Mark | None:
    """The mark on a passage that the viewer may read."""
    row = session.scalars(select(Confusion).where(Confusion.passage_id == passage)).one_or_none()
    return None if row is None else _mark(session, scope, row, row.other_id)


def marks_about(session: Session, scope: Scope, person: UUID) -> list[Mark]:
    """Everybody this person was taken for, or is like; newest first."""
    rows = session.scalars(
        select(Confusion)
        .where(or_(Confusion.person_id == person, Confusion.other_id == person))
        .order_by(Confusion.at.desc(), Confusion.id.desc())
    )
    return [
        _mark(session, scope, row, row.other_id if row.person_id == person else row.person_id) for row in rows
    ]


def recognised(session: Session, scope: Scope, passage: UUID) -> tuple[Passage, Person] | None:
    """A passage in which a face was taken for somebody who still lives here; None for any other."""
    row = session.execute(
        select(Passage, Person)
        .join(Person, Person.id == Passage.person_id)
        .where(
            Passage.id == passage,
            Passage.gate_id.in_(scope.gates),
            Passage.method == Method.FACE,
            Person.left_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def other_person(session: Session, scope: Scope, than: Person, person: UUID) -> Person | None:
    """Somebody else of the same compound who lives here, where the scope reaches."""
    return session.scalars(
        select(Person).where(
            Person.id == person,
            Person.id != than.id,
            Person.compound_id == than.compound_id,
            Person.left_at.is_(None),
            in_scope(scope),
        )
    ).one_or_none()


def ways(session: Session, person: UUID) -> Ways:
    return Ways(session.get(Face, person) is not None, session.get(Pin, person) is not None)


def _mark(session: Session, scope: Scope, row: Confusion, partner: UUID | None) -> Mark:
    seen = session.scalars(select(Person).where(Person.id == partner, in_scope(scope))).one_or_none()
    by = session.get(Account, row.by_id) if row.by_id is not None else None
    return Mark(
        id=row.id,
        known_by=row.known_by,
        at=row.at,
        by=by.name if by is not None else None,
        passage_id=row.passage_id,
        other=seen,
        elsewhere=partner is not None and seen is None,
    )
