"""Marks set and lifted by staff. A mark makes gates ask for more; it never lets anybody in."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from admin.db.revision import raise_revision
from admin.db.tables.confusions import ConfusedBy, Confusion
from admin.db.tables.people import Person
from admin.security.audit import Act, Detail, record
from admin.security.principals import PrincipalKind
from admin.web.confusions.queries import other_person, recognised
from admin.web.residents.queries import find_person
from admin.web.residents.service import Editor, OutsideScope, own_person

BY_HAND: Final = (ConfusedBy.TWINS, ConfusedBy.FAMILY, ConfusedBy.ALIKE)
"""What staff may say of two people."""


def mark_passage(
    session: Session, editor: Editor, passage_id: UUID, other_id: UUID | None, purpose: str
) -> Confusion:
    """Not this person: it was the other, or nobody of the register. Said again, the later holds.

    Raises OutsideScope, also where the one taken for or the other has left.
    """
    found = recognised(session, editor.by.scope, passage_id)
    if found is None:
        raise OutsideScope("passage")
    _, person = found
    if other_id is not None:
        _other(session, editor, person, other_id)
    before = session.scalars(select(Confusion).where(Confusion.passage_id == passage_id)).one_or_none()
    if before is not None and before.other_id == other_id:
        return before
    mark = before or Confusion(person_id=person.id, passage_id=passage_id, known_by=ConfusedBy.PASSAGE)
    mark.other_id, mark.at, mark.by_id = other_id, editor.now, _account(editor)
    _keep(session, editor, mark, "not_this_person", purpose)
    return mark


def set_pair(
    session: Session, editor: Editor, person_id: UUID, other_id: UUID, known_by: ConfusedBy
) -> Confusion:
    """Two people whom gates must not tell apart by face alone. A pair that is there gets the new reason.

    Raises OutsideScope; ValueError for a reason that staff cannot give.
    """
    if known_by not in BY_HAND:
        raise ValueError(f"Staff cannot say {known_by.value}")
    person = own_person(session, editor, person_id)
    if person.left_at is not None:
        raise OutsideScope("person")
    _other(session, editor, person, other_id)
    both = (person.id, other_id)
    before = session.scalars(
        select(Confusion).where(
            Confusion.person_id.in_(both), Confusion.other_id.in_(both), Confusion.known_by.in_(BY_HAND)
        )
    ).one_or_none()
    if before is not None and before.known_by == known_by:
        return before
    mark = before or Confusion(person_id=person.id, other_id=other_id)
    mark.known_by, mark.at, mark.by_id = known_by, editor.now, _account(editor)
    _keep(session, editor, mark, "pair_set")
    return mark


def lift(session: Session, editor: Editor, mark_id: int) -> None:
    """Takes a mark away; the audit trail keeps that it was. Raises OutsideScope, also for one that was measured."""
    mark = session.get(Confusion, mark_id)
    if mark is None or mark.known_by == ConfusedBy.LIKENESS or not _within(session, editor, mark):
        raise OutsideScope("mark")
    _record(session, editor, mark, "mark_lifted")
    session.execute(delete(Confusion).where(Confusion.id == mark.id))
    raise_revision(session)


def _other(session: Session, editor: Editor, person: Person, other_id: UUID) -> None:
    if other_person(session, editor.by.scope, person, other_id) is None:
        raise OutsideScope("person")


def _within(session: Session, editor: Editor, mark: Confusion) -> bool:
    """One of the two is the editor's to look after, or the passage is."""
    scope = editor.by.scope
    people = (one for one in (mark.person_id, mark.other_id) if one is not None)
    if any(find_person(session, scope, one) is not None for one in people):
        return True
    return mark.passage_id is not None and recognised(session, scope, mark.passage_id) is not None


def _keep(session: Session, editor: Editor, mark: Confusion, act: str, purpose: str | None = None) -> None:
    session.add(mark)
    session.flush()
    _record(session, editor, mark, act, purpose)
    raise_revision(session)


def _record(session: Session, editor: Editor, mark: Confusion, act: str, purpose: str | None = None) -> None:
    details: dict[str, Detail] = {
        "known_by": mark.known_by,
        "other": str(mark.other_id) if mark.other_id else None,
        "passage": str(mark.passage_id) if mark.passage_id else None,
    }
    record(session, editor.by, Act(act, f"person:{mark.person_id}", details, purpose), editor.now)


def _account(editor: Editor) -> int | None:
    return int(editor.by.id) if editor.by.kind is PrincipalKind.ACCOUNT else None
