"""What is kept for how long, what was removed, and how many passages a person has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from admin.db.erasing import about
from admin.db.jobs import JobKind, result_of
from admin.db.tables import Compound, Gate, Job, PartPurge, PartReason, Passage, Person, Place
from admin.security.scope import Scope

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Removal:
    """Passages that were emptied at one moment."""

    at: datetime
    why: str  # admin.db.tables.PartReason
    passages: int


@dataclass(frozen=True, slots=True)
class Trail:
    """A person's passages: how many there are, whether they are being erased or held, and the last erasure."""

    passages: int
    waits: bool
    held: bool
    erased_at: datetime | None
    erased: int


def compounds(session: Session, scope: Scope) -> list[Place]:
    """Those that lie wholly inside the scope: a part of one does not decide for the rest."""
    inside = select(Place).where(Place.kind == "compound", Place.id.in_(scope.places))
    return list(session.scalars(inside.order_by(Place.id)))


def kept(session: Session, scope: Scope, compound: int) -> Compound | None:
    """How long the compound's log is kept; None outside the scope."""
    return session.scalars(
        select(Compound).where(Compound.place_id == compound, Compound.place_id.in_(scope.places))
    ).one_or_none()


def removals(session: Session, scope: Scope, compound: int) -> list[Removal]:
    """The newest first. An expired passage has an entry for each part and counts once."""
    once = or_(PartPurge.why == PartReason.ERASED.value, PartPurge.part == "what")
    rows = session.execute(
        select(PartPurge.at, PartPurge.why, func.sum(PartPurge.last - PartPurge.first + 1))
        .join(Gate, Gate.id == PartPurge.gate_id)
        .where(Gate.compound_id == compound, Gate.id.in_(scope.gates), once)
        .group_by(PartPurge.at, PartPurge.why)
        .order_by(PartPurge.at.desc())
        .limit(SHOWN)
    )
    return [Removal(*row) for row in rows]


def trail(session: Session, person: Person) -> Trail:
    job = _last_job(session, person.id)
    waits = job is not None and job.done_at is None
    done = job is not None and job.state == "done"
    return Trail(
        passages=session.scalar(select(func.count()).select_from(Passage).where(about(person.id))) or 0,
        waits=waits,
        held=session.get_one(Compound, person.compound_id).log_held_at is not None,
        erased_at=job.done_at if job and done else None,
        erased=cast(int, result_of(job).get("passages", 0)) if job and done else 0,
    )


def _last_job(session: Session, person: UUID) -> Job | None:
    jobs = select(Job).where(Job.subject == f"person:{person}", Job.kind == JobKind.ERASE_PASSAGES.value)
    return session.scalars(jobs.order_by(Job.id.desc()).limit(1)).first()
