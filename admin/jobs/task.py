"""One job in hand, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from admin.db.tables.jobs import Job
from admin.security.principals import process

WORKER = process("worker")
_PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Ground:
    """What every job stands on."""

    engine: Engine
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Task:
    """A leased job. `attempt` tells this taking from a later one, should the lease end meanwhile."""

    id: int
    kind: str
    subject: str
    attempt: int
    asked_by: str
    blob: bytes | None = field(repr=False)

    @property
    def person(self) -> UUID:
        """The person it is about. Raises ValueError for a job about something else."""
        if not self.subject.startswith(_PERSON):
            raise ValueError("This job is not about a person")
        return UUID(self.subject.removeprefix(_PERSON))


class Doer(Protocol):
    """Does one kind of job and finishes its row in the transaction of what it did. May be run twice."""

    def __call__(self, task: Task) -> None: ...


def task_of(row: Job) -> Task:
    return Task(row.id, row.kind, row.subject, row.attempts, row.made_by, row.blob)


def still_ours(session: Session, task: Task) -> Job | None:
    """The job's row, locked; None where another taker has it by now, and nothing is left to do."""
    row = session.scalars(select(Job).where(Job.id == task.id).with_for_update()).one_or_none()
    ours = row is not None and row.state == "running" and row.attempts == task.attempt
    return row if ours else None
