"""The durable job table as a queue: put, take under a lease, finish. What a job does is its taker's matter."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from admin.db.tables.jobs import Job

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 5
Argument = str | int | float | bool | None
Result = Argument | Sequence[str] | Mapping[str, float]


class Queue(StrEnum):
    WORKER = "worker"
    DISPATCH = "dispatch"


class JobKind(StrEnum):
    ENROL_FACE = "enrol_face"  # worker; blob: photo sealed to the worker; subject person:ID
    ADD_LOOK = "add_look"  # worker; as ENROL_FACE, beside the looks enrolled before
    FORGET_FACE = "forget_face"  # worker; subject person:ID
    WRITE_PINYIN = "write_pinyin"  # worker; subject person:ID
    ERASE_PASSAGES = "erase_passages"  # worker; subject person:ID
    AUDIT_GALLERY = "audit_gallery"  # worker; subject compound:ID
    SIGN_PASS = "sign_pass"  # dispatch; subject visit:ID  # noqa: S105 - a kind of job


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work to be done. `blob` is sealed to the taker before it comes here."""

    queue: Queue
    kind: JobKind
    subject: str
    arguments: Mapping[str, Argument] | None = None
    blob: bytes | None = field(default=None, repr=False)


def put(session: Session, job: NewJob, by: str, now: datetime) -> Job:
    """Queues the job with the transaction that asks for it."""
    row = Job(
        queue=job.queue.value,
        kind=job.kind.value,
        subject=job.subject,
        arguments=json.dumps(dict(job.arguments or {})),
        blob=job.blob,
        state="queued",
        attempts=0,
        due_at=now,
        made_at=now,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row


def due(session: Session, queue: Queue, now: datetime) -> bool:
    """Whether `take` would find something; only reads, so that waiting for work keeps nobody from writing."""
    return session.scalar(select(Job.id).where(_due(queue, now)).limit(1)) is not None


def take(session: Session, queue: Queue, now: datetime) -> Job | None:
    """The next due job, leased; one whose taker died is due again when its lease ends."""
    row = session.scalars(
        select(Job)
        .where(_due(queue, now))
        .order_by(Job.due_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is not None:
        row.state, row.leased_until, row.attempts = "running", now + LEASE, row.attempts + 1
    return row


def finish(row: Job, state: str, result: Mapping[str, Result], now: datetime) -> None:
    """`state` is done or refused; the blob is gone with it."""
    row.state, row.result, row.done_at, row.blob = state, json.dumps(dict(result)), now, None
    row.leased_until = None


def postpone(row: Job, code: str, now: datetime) -> None:
    """After an unexpected error: later again, and given up with its code after five tries."""
    row.leased_until, row.result = None, json.dumps({"trouble": code})
    if row.attempts >= MOST_ATTEMPTS:
        row.state, row.done_at, row.blob = "failed", now, None
    else:
        row.state, row.due_at = "queued", now + timedelta(seconds=2**row.attempts)


def give_up(session: Session, kinds: Iterable[JobKind], code: str, now: datetime) -> None:
    """Ends every job of these kinds that waits or runs, as failed with this code; the blobs are gone with them."""
    ended = {"state": "failed", "result": json.dumps({"trouble": code}), "done_at": now}
    session.execute(
        update(Job)
        .where(Job.kind.in_([kind.value for kind in kinds]), Job.state.in_(("queued", "running")))
        .values(blob=None, leased_until=None, **ended)
    )


def arguments_of(row: Job) -> dict[str, Argument]:
    return cast(dict[str, Argument], json.loads(row.arguments))


def result_of(row: Job) -> dict[str, Argument | list[str] | dict[str, float]]:
    """What `finish` or `postpone` wrote; empty while the job waits."""
    return cast(dict[str, Argument | list[str] | dict[str, float]], json.loads(row.result or "{}"))


def _due(queue: Queue, now: datetime) -> ColumnElement[bool]:
    waits = (Job.queue == queue.value) & (Job.due_at <= now)
    return waits & or_(Job.state == "queued", (Job.state == "running") & (Job.leased_until < now))
