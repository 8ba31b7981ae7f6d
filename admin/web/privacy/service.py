"""Changing how long the log is kept, holding it for an authority, and asking for a person's erasure."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.pictures import drop_ended
from admin.db.tables import Compound, Gate, GatePicture, Person
from admin.security.audit import Act, record
from admin.security.principals import Principal
from contracts.picture import PictureKind


class HoldReason(StrEnum):
    """Why nothing may be removed for now."""

    AUTHORITY = "authority"
    INCIDENT = "incident"


def keep_for(session: Session, by: Principal, compound: Compound, days: int, now: datetime) -> None:
    """From the worker's next round on, within ten minutes, what is older goes."""
    details = {"days": days, "before": compound.log_days}
    compound.log_days = days
    record(session, by, Act("log_kept_for", f"compound:{compound.place_id}", details), now)


def keep_pictures(session: Session, by: Principal, compound: Compound, days: int, now: datetime) -> None:
    """Of refusals, from now on; those that are here go as soon as the new time says. None: 0 days."""
    record(
        session,
        by,
        Act(
            "pictures_kept_for",
            f"compound:{compound.place_id}",
            {"days": days, "before": compound.picture_days},
        ),
        now,
    )
    compound.picture_days = days
    mine = select(Gate.id).where(Gate.compound_id == compound.place_id)
    pictures = select(GatePicture).where(
        GatePicture.gate_id.in_(mine),
        GatePicture.kind == PictureKind.REFUSAL,
        GatePicture.sealed.is_not(None),
    )
    for picture in session.scalars(pictures):
        picture.until = min(picture.until, picture.received_at + timedelta(days=days))
    session.flush()
    drop_ended(session, now)


def hold(session: Session, by: Principal, compound: Compound, why: HoldReason, now: datetime) -> None:
    """Nothing of the log is removed until it is lifted, neither by age nor by right."""
    if compound.log_held_at is None:
        compound.log_held_at = now
        record(session, by, Act("log_held", f"compound:{compound.place_id}", purpose=why.value), now)


def lift(session: Session, by: Principal, compound: Compound, now: datetime) -> None:
    if compound.log_held_at is not None:
        compound.log_held_at = None
        record(session, by, Act("log_released", f"compound:{compound.place_id}"), now)


def ask_to_erase(session: Session, by: Principal, person: Person, now: datetime) -> None:
    """Queues the erasure; the worker refuses it while the log is held."""
    subject = f"person:{person.id}"
    job = put(session, NewJob(Queue.WORKER, JobKind.ERASE_PASSAGES, subject), str(by), now)
    record(session, by, Act("erasure_asked", subject, {"job": job.id}), now)
