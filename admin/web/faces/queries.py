"""How far somebody's enrolment has come, always inside a scope."""

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.consent_texts import ConsentKind, current_text, filled
from admin.db.jobs import JobKind
from admin.db.tables.jobs import Job
from admin.db.tables.people import Consent, Face, Membership, Person
from admin.db.tables.places import Compound
from admin.security.scope import Scope
from admin.web.residents.queries import age_on, find_person

NEEDED: Final = (ConsentKind.FACE, ConsentKind.CENTRAL)
GUARDED_UNTIL: Final = 14  # years; 个人信息保护法 article 31
ADULT: Final = 18
PHOTO_JOBS: Final = (JobKind.ENROL_FACE.value, JobKind.ADD_LOOK.value)
MOST_LOOKS: Final = 5
"""As many as the worker keeps; then a new look takes the place of the one most like another."""


@dataclass(frozen=True, slots=True)
class Text:
    """The words to agree to, and the version they are."""

    id: int
    kind: str
    zh: str
    en: str


class Step(StrEnum):
    """What comes next for this person."""

    CONSENT = "consent"
    FACE = "face"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an enrolment stands. `asks` is the consent to ask for; none where all stand."""

    person: Person
    asks: ConsentKind | None
    guarded: bool
    declined: bool
    looks: int = 0  # pictures the face is enrolled with; none where it is not

    @property
    def step(self) -> Step:
        return Step.FACE if self.asks is None else Step.CONSENT


@dataclass(frozen=True, slots=True)
class Progress:
    """The last photo's way through the worker."""

    job: int
    state: str
    faults: tuple[str, ...]
    look_alike: bool
    looks: int  # pictures the face is enrolled with, whatever became of this one
    adds: bool  # it was to be a further look
    remarks: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        return self.state not in ("queued", "running")


def standing(session: Session, scope: Scope, person_id: UUID, today: date) -> Standing | None:
    """None outside the scope."""
    person = find_person(session, scope, person_id)
    if person is None:
        return None
    last = last_answers(session, person_id)
    guarded = needs_guardian(person, today)
    missing = [kind for kind in NEEDED if not _stands(last.get(kind), guarded)]
    declined = any(kind in last and not last[kind].agreed for kind in NEEDED)
    return Standing(
        person, missing[0] if missing else None, guarded, declined, looks=_looks(session, person_id)
    )


def _looks(session: Session, person_id: UUID) -> int:
    return session.scalar(select(Face.templates).where(Face.person_id == person_id)) or 0


def needs_guardian(person: Person, today: date) -> bool:
    return person.born is not None and age_on(person.born, today) < GUARDED_UNTIL


def last_answers(session: Session, person_id: UUID) -> dict[str, Consent]:
    """Of each kind the last answer counts."""
    rows = session.scalars(
        select(Consent).where(Consent.person_id == person_id).order_by(Consent.at, Consent.id)
    )
    return {row.kind: row for row in rows}


def text_for(session: Session, person: Person, kind: ConsentKind) -> Text | None:
    """The newest wording, with the compound's operator put in."""
    text, compound = current_text(session, kind), session.get(Compound, person.compound_id)
    if text is None or compound is None:
        return None
    return Text(
        text.id,
        text.kind,
        filled(text.zh, compound.operator_zh, compound.phone),
        filled(text.en, compound.operator_en, compound.phone),
    )


def guardians(session: Session, scope: Scope, person: Person, today: date) -> list[Person]:
    """Adults who live with the person."""
    homes = select(Membership.household_id).where(
        Membership.person_id == person.id,
        Membership.until.is_(None),
        Membership.household_id.in_(scope.households),
    )
    people = session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.household_id.in_(homes),
            Membership.until.is_(None),
            Membership.role != "carer",
            Person.id != person.id,
            Person.left_at.is_(None),
        )
        .distinct()
        .order_by(Person.name)
    )
    return [one for one in people if one.born is None or age_on(one.born, today) >= ADULT]


def progress(session: Session, person_id: UUID) -> Progress | None:
    """Of the newest photo; nothing of the photo itself is read."""
    row = session.execute(
        select(Job.id, Job.state, Job.result, Job.kind)
        .where(Job.subject == f"person:{person_id}", Job.kind.in_(PHOTO_JOBS))
        .order_by(Job.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    told = cast(dict[str, object], json.loads(row.result or "{}"))
    return Progress(
        row.id,
        row.state,
        _codes(told.get("faults")),
        told.get("look_alike") is True,
        looks=_looks(session, person_id),
        adds=row.kind == JobKind.ADD_LOOK.value,
        remarks=_codes(told.get("remarks")),
    )


def _stands(answer: Consent | None, guarded: bool) -> bool:
    if answer is None or not answer.agreed or answer.withdrawn_at is not None:
        return False
    return answer.guardian_id is not None or not guarded


def _codes(told: object) -> tuple[str, ...]:
    return tuple(str(code) for code in cast(list[object], told)) if isinstance(told, list) else ()
