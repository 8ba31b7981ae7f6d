"""Consent, then a photo, then forgetting again. Each is audited in the transaction that does it."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import update
from sqlalchemy.orm import Session

from admin.db.consent_texts import ConsentKind
from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.revision import raise_revision
from admin.db.tables.people import Consent, ConsentText, Person
from admin.security.audit import Act, record
from admin.security.principals import PrincipalKind
from admin.web.faces import queries
from admin.web.moments import ZONE
from admin.web.residents.service import Editor, OutsideScope, own_person
from contracts.sealing import seal

PHOTO_PURPOSE: Final = "photo"


class Missing(StrEnum):
    """Why nothing was queued or recorded: what the page asks for next."""

    CONSENT = "consent"
    GUARDIAN = "guardian"
    PHOTO = "photo"
    TEXT = "text"  # the wording shown is not the one in force any more


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said to one wording."""

    text_id: int
    agreed: bool
    guardian_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A file as uploaded; never written anywhere in clear. `adds` a look beside those enrolled, or replaces them."""

    content: bytes = field(repr=False)
    adds: bool = False


def today(editor: Editor) -> date:
    """The day in the compound, for ages."""
    return editor.now.astimezone(ZONE).date()


def answer(session: Session, editor: Editor, person_id: UUID, said: Answer) -> Missing | None:
    """Records an agreement or a refusal. Raises OutsideScope."""
    person = own_person(session, editor, person_id)
    text = session.get(ConsentText, said.text_id)
    shown = queries.text_for(session, person, ConsentKind(text.kind)) if text else None
    if text is None or shown is None or shown.id != text.id:
        return Missing.TEXT
    if said.agreed and not _guardian_fits(session, editor, person, said.guardian_id):
        return Missing.GUARDIAN
    row = Consent(
        person_id=person.id,
        kind=text.kind,
        text_id=text.id,
        agreed=said.agreed,
        at=editor.now,
        channel="desk",
        witness_id=_account_id(editor),
        guardian_id=said.guardian_id if said.agreed else None,
    )
    session.add(row)
    details = {"kind": text.kind, "version": text.text_version, "agreed": said.agreed}
    record(session, editor.by, Act("consent_answered", f"person:{person.id}", details), editor.now)
    if not said.agreed:
        _forget(session, editor, person)
    return None


def send_photo(
    session: Session, editor: Editor, person_id: UUID, photo: Photo, worker: X25519PublicKey
) -> Missing | int:
    """Seals the photo to the worker and queues it; the job's id. No consent, no photo. Raises OutsideScope."""
    found = queries.standing(session, editor.by.scope, person_id, today(editor))
    if found is None:
        raise OutsideScope("person")
    if found.asks is not None:
        return Missing.CONSENT
    if not photo.content:
        return Missing.PHOTO
    job = NewJob(
        Queue.WORKER,
        JobKind.ADD_LOOK if photo.adds else JobKind.ENROL_FACE,
        f"person:{person_id}",
        blob=seal(worker, PHOTO_PURPOSE, photo.content),
    )
    row = put(session, job, str(editor.by), editor.now)
    record(session, editor.by, Act("photo_sent", f"person:{person_id}", {"job": row.id}), editor.now)
    return row.id


def withdraw(session: Session, editor: Editor, person_id: UUID) -> None:
    """Ends every consent that stands, and has the worker forget the face. Raises OutsideScope."""
    person = own_person(session, editor, person_id)
    ended = session.scalars(
        update(Consent)
        .where(Consent.person_id == person.id, Consent.agreed, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=editor.now)
        .returning(Consent.id)
    )
    details = {"consents": len(ended.all())}
    record(session, editor.by, Act("consent_withdrawn", f"person:{person.id}", details), editor.now)
    _forget(session, editor, person)


def _forget(session: Session, editor: Editor, person: Person) -> None:
    """Gates learn of it by the next roster, which dispatch makes from the consents and not from the vault."""
    job = NewJob(Queue.WORKER, JobKind.FORGET_FACE, f"person:{person.id}")
    put(session, job, str(editor.by), editor.now)
    raise_revision(session)


def _guardian_fits(session: Session, editor: Editor, person: Person, guardian: UUID | None) -> bool:
    if guardian is None:
        return not queries.needs_guardian(person, today(editor))
    offered = queries.guardians(session, editor.by.scope, person, today(editor))
    return guardian in {one.id for one in offered}


def _account_id(editor: Editor) -> int | None:
    return int(editor.by.id) if editor.by.kind is PrincipalKind.ACCOUNT else None
