"""Asking for a report, and putting on record who read one (DESIGN.md, promise 10)."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from admin.db.calibration import subject_of
from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.session import writing
from admin.security.audit import Act, record
from admin.security.principals import Principal
from admin.web.calibration.queries import attempt


def ask(session: Session, by: Principal, compound: int, now: datetime) -> None:
    """Queues a measurement, unless one waits already."""
    waiting = attempt(session, compound)
    if waiting is not None and waiting.waits:
        return
    put(session, NewJob(Queue.WORKER, JobKind.AUDIT_GALLERY, subject_of(compound)), str(by), now)
    record(session, by, Act("calibration_asked", subject_of(compound)), now)


def note_read(engine: Engine, by: Principal, compound: int, now: datetime) -> None:
    """Its own transaction, committed before the page with its names is made."""
    with writing(engine) as session:
        record(session, by, Act("calibration_read", subject_of(compound)), now)
