"""A face is enrolled: a sealed photo in, a template in the vault and a line in the register out.

Beside `audit` the only file of the server that imports `enrollment`. The photo lives in this process' memory alone,
and its sealed copy is cleared with the job, whatever came of it.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind, Result, finish
from admin.db.likeness import keep_likeness
from admin.db.revision import raise_revision
from admin.db.session import reading, writing
from admin.db.tables.people import Consent, Face, Person
from admin.jobs.stored import readable
from admin.jobs.task import WORKER, Ground, Task, still_ours
from admin.security.audit import Act, Detail, record
from admin.vault import Vault
from contracts.sealing import NotForUs, unseal
from enrollment.consent import Agreement, NotAllowed, may_enrol
from enrollment.enrol import Enrolled, NoEye, Studio, enrol, open_studio
from enrollment.looks import is_same_person, with_look
from enrollment.quality import numbers, remarks_on
from enrollment.refusal import Refused
from enrollment.twins import look_alikes, near_for

PHOTO_PURPOSE: Final = "photo"
CHINA: Final = timezone(timedelta(hours=8))  # whose calendar birthdays follow
log = structlog.get_logger()


class EyeAtHand:
    """The eye, loaded once and when wanted."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._studio: Studio | None = None

    def __call__(self) -> Studio:
        """The eye and, where it is installed, the face mesh. Raises NoEye where model files are missing or wrong."""
        if self._studio is None:
            self._studio = open_studio(self._weights)
        return self._studio

    def warm(self) -> None:
        """Loads now; a failure is logged and met again by the first face."""
        try:
            self()
        except NoEye as trouble:
            log.warning("eye not loaded", trouble=str(trouble))


@dataclass(frozen=True, slots=True)
class Template:
    """What is about to be kept. `alike` are the people a gate might take for this one."""

    made: Enrolled
    alike: tuple[UUID, ...]
    ms: int


class Enrol:
    """ENROL_FACE and ADD_LOOK. Consent is asked of the register before the photo is opened and again when all is
    kept."""

    def __init__(
        self, ground: Ground, vault: Vault, key: X25519PrivateKey, studio: Callable[[], Studio]
    ) -> None:
        self._ground, self._vault, self._key, self._studio = ground, vault, key, studio

    def __call__(self, task: Task) -> None:
        answer = self._answer(task)
        try:
            with writing(self._ground.engine) as session:
                self._finish(session, task, answer)
        except BaseException:
            self._undo(task, answer)
            raise

    def _finish(self, session: Session, task: Task, answer: Template | tuple[str, ...]) -> None:
        row = still_ours(session, task)
        if row is None:
            return
        now, person = self._ground.now(), session.get(Person, task.person)
        fault = forbidden(session, person)
        if isinstance(answer, Template) and person is not None and fault is None:
            # The vault before the register commits: a face that the register shows is one the vault has.
            self._vault.keep(person.vault_id, answer.made.model, answer.made.rows)
            _write_face(session, person, answer, now)
            record(session, WORKER, _enrolled(task, answer), now)
            finish(row, "done", _told(answer), now)
            return
        faults = (fault,) if fault else answer if isinstance(answer, tuple) else ()
        record(session, WORKER, _refused(task, faults), now)
        finish(row, "refused", {"faults": faults}, now)

    def _undo(self, task: Task, answer: Template | tuple[str, ...]) -> None:
        """What the vault was given and the register did not commit is forgotten, unless a face was there before."""
        if not isinstance(answer, Template):
            return
        with suppress(SQLAlchemyError), reading(self._ground.engine) as session:
            person = session.get(Person, task.person)
            if person is not None and session.get(Face, task.person) is None:
                self._vault.forget(person.vault_id)

    def _answer(self, task: Task) -> Template | tuple[str, ...]:
        """A template, or codes of what is wrong. Outside every writing transaction: it takes its time."""
        with reading(self._ground.engine) as session:
            fault = forbidden(session, session.get(Person, task.person))
        if fault:
            return (fault,)
        try:
            photo = unseal(self._key, PHOTO_PURPOSE, task.blob or b"")
        except NotForUs:
            return ("unreadable",)
        begun = time.monotonic()
        studio = self._studio()
        made = enrol(photo, studio.eye, studio.mesh)
        if isinstance(made, Refused):
            return tuple(fault.value for fault in made.faults)
        if task.kind == JobKind.ADD_LOOK.value:
            earlier = self._earlier_looks(task.person, made)
            if earlier and not is_same_person(made.rows[0], earlier, made.model):
                return ("other_person",)
            made = replace(made, rows=with_look(earlier, made.rows[0]))
        alike = self._alike(task.person, made)
        return Template(made, alike, round((time.monotonic() - begun) * 1000))

    def _earlier_looks(self, person: UUID, made: Enrolled) -> tuple[bytes, ...]:
        """What the vault keeps of the person by the same model; none where that is not whole any more."""
        with reading(self._ground.engine) as session:
            vault_id = session.get_one(Person, person).vault_id
        stored = readable(self._vault, [vault_id]).get(vault_id)
        return stored.rows if stored is not None and stored.model == made.model else ()

    def _alike(self, person: UUID, made: Enrolled) -> tuple[UUID, ...]:
        """Others of the same compound whom a gate might take for this one."""
        with reading(self._ground.engine) as session:
            theirs = _others(session, person, str(made.model))
        stored = readable(self._vault, list(theirs))
        others = {vault_id: face.rows for vault_id, face in stored.items()}
        found = look_alikes(made.rows, others, near_for(others, made.model))
        return tuple(theirs[vault_id] for vault_id in found)


def forbidden(session: Session, person: Person | None) -> str | None:
    """Why no template of this person may be made or kept; None where it may."""
    if person is None:
        return "no_person"
    if person.left_at is not None:
        return "person_left"
    answer = may_enrol(_agreements(session, person), person.born)
    return answer.code.value if isinstance(answer, NotAllowed) else None


def _agreements(session: Session, person: Person) -> list[Agreement]:
    given = select(Consent).where(Consent.person_id == person.id).order_by(Consent.at, Consent.id)
    return [
        Agreement(
            kind=each.kind,
            agreed=each.agreed,
            given=each.at.astimezone(CHINA).date(),
            withdrawn=each.withdrawn_at is not None,
            by_guardian=each.guardian_id is not None and each.guardian_id != person.id,
        )
        for each in session.scalars(given)
    ]


def _others(session: Session, person: UUID, model: str) -> dict[str, UUID]:
    """Vault ids of the enrolled people of the same compound, the one in question left out."""
    compound = select(Person.compound_id).where(Person.id == person).scalar_subquery()
    found = session.execute(
        select(Person.vault_id, Person.id)
        .join(Face, Face.person_id == Person.id)
        .where(Person.compound_id == compound, Person.id != person, Face.model == model)
    )
    return {row.vault_id: row.id for row in found}


def _write_face(session: Session, person: Person, what: Template, now: datetime) -> None:
    """The line in the register; whoever looks like the newcomer is asked for a second credential as well."""
    session.merge(
        Face(
            person_id=person.id,
            model=str(what.made.model),
            templates=len(what.made.rows),
            enrolled_at=now,
        )
    )
    keep_likeness(session, person.id, what.alike, now)
    raise_revision(session)


def _enrolled(task: Task, what: Template) -> Act:
    details: dict[str, Detail] = {
        "job": task.id,
        "asked_by": task.asked_by,
        "model": str(what.made.model),
        "looks": len(what.made.rows),
        "look_alikes": len(what.alike),
    }
    return Act("face_enrolled", task.subject, details)


def _refused(task: Task, faults: Sequence[str]) -> Act:
    details: dict[str, Detail] = {"job": task.id, "asked_by": task.asked_by, "faults": ",".join(faults)}
    return Act("face_refused", task.subject, details)


def _told(what: Template) -> dict[str, Result]:
    """For the page: no numbers of the template, and not whom the person looks like."""
    return {
        "faults": [],
        "quality": numbers(what.made.quality, what.made.features),
        "remarks": [remark.value for remark in remarks_on(what.made.features)],
        "look_alike": bool(what.alike),
        "ms": what.ms,
    }
