"""What the worker asks of itself: each compound is measured every night, and by day when many faces are new."""

from datetime import datetime, timedelta, timezone
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.db.calibration import subject_of
from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.session import reading, writing
from admin.db.tables import Compound, Face, Job, Person
from admin.jobs.task import WORKER, Ground

NIGHT: Final = range(2, 5)  # hours in China, when hardly anybody passes or is enrolled
CHINA: Final = timezone(timedelta(hours=8))
A_DAY: Final = timedelta(hours=20)
AT_MOST_EVERY: Final = timedelta(hours=1)
MANY_NEW: Final = 20
SHARE_NEW: Final = 0.1


class AuditRound:
    """Queues AUDIT_GALLERY where it is due and not queued yet."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def __call__(self) -> None:
        now = self._ground.now()
        with reading(self._ground.engine) as session:
            due = [one for one in session.scalars(select(Compound.place_id)) if audit_due(session, one, now)]
        if not due:
            return
        with writing(self._ground.engine) as session:
            for compound in due:
                job = NewJob(Queue.WORKER, JobKind.AUDIT_GALLERY, subject_of(compound))
                put(session, job, str(WORKER), now)


def audit_due(session: Session, compound: int, now: datetime) -> bool:
    """Whether the compound has faces, no audit waits for it, and the last try is old enough."""
    faces = _faces(session, compound)
    tries = select(Job).where(Job.subject == subject_of(compound), Job.kind == JobKind.AUDIT_GALLERY.value)
    tried = session.scalars(tries.order_by(Job.id.desc()).limit(1)).first()
    if not faces or tried is None:
        return faces > 0
    if tried.done_at is None or now - tried.done_at < AT_MOST_EVERY:
        return False
    new = _faces(session, compound, since=tried.done_at)
    by_night = now.astimezone(CHINA).hour in NIGHT and now - tried.done_at > A_DAY
    return by_night or new >= max(MANY_NEW, SHARE_NEW * faces)


def _faces(session: Session, compound: int, since: datetime | None = None) -> int:
    question = select(func.count()).select_from(Face).join(Person).where(Person.compound_id == compound)
    if since is not None:
        question = question.where(Face.enrolled_at > since)
    return session.scalar(question) or 0
