"""Likeness that enrolment measured: kept as pairs, so that a mark ends for both when it ends for one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from admin.db.tables.confusions import ConfusedBy, Confusion
from admin.db.tables.people import Face


def keep_likeness(session: Session, person: UUID, alike: Sequence[UUID], now: datetime) -> None:
    """From now on this person's template is near those people's and nobody else's. Who has no face is left out."""
    before = _forget_pairs(session, person)
    for other in session.scalars(select(Face.person_id).where(Face.person_id.in_(alike))).all():
        session.add(Confusion(person_id=person, other_id=other, known_by=ConfusedBy.LIKENESS, at=now))
    session.flush()
    _flag(session, {person, *alike, *before})


def forget_likeness(session: Session, person: UUID) -> None:
    """What was measured on a template goes with it; whoever was like it alone is unmarked."""
    _flag(session, {person, *_forget_pairs(session, person)})


def forget_confusions(session: Session, person: UUID) -> None:
    """Somebody moves away: nothing is kept of whom they were taken for, or who for them."""
    forget_likeness(session, person)
    session.execute(delete(Confusion).where(_about(person)))


def _forget_pairs(session: Session, person: UUID) -> set[UUID]:
    """Deletes the pairs measured with this person; gives back the others."""
    gone = session.execute(
        delete(Confusion)
        .where(_about(person), Confusion.known_by == ConfusedBy.LIKENESS)
        .returning(Confusion.person_id, Confusion.other_id)
    ).all()
    return {one for pair in gone for one in pair if one is not None and one != person}


def _flag(session: Session, people: set[UUID]) -> None:
    measured = Confusion.known_by == ConfusedBy.LIKENESS
    ones = select(Confusion.person_id).where(measured, Confusion.person_id.in_(people))
    others = select(Confusion.other_id).where(measured, Confusion.other_id.in_(people))
    marked = {*session.scalars(ones), *session.scalars(others)}
    for alike in (True, False):
        those = marked if alike else people - marked
        session.execute(update(Face).where(Face.person_id.in_(those)).values(look_alike=alike))


def _about(person: UUID) -> ColumnElement[bool]:
    return or_(Confusion.person_id == person, Confusion.other_id == person)
