"""The signed token of a visitor's pass: made here, sealed to web, which shows it to the visitor."""

from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind, Queue, finish, postpone, take
from admin.db.session import reading, writing
from admin.db.tables import Compound, Job, Visit, VisitGate
from contracts.ids import CompoundId, GateId, PassId
from contracts.pass_token import PassToken, write_token
from contracts.sealing import seal
from contracts.signing import SigningKey

log = structlog.get_logger()

TOKEN_PURPOSE: Final = "pass token"  # noqa: S105 - what the seal is for
UNKNOWN_JOB: Final = "unknown_job"
NO_SUCH_VISIT: Final = "no_such_visit"
CANNOT_SIGN: Final = "cannot_sign"


def token_of(session: Session, visit: Visit, key: SigningKey) -> str:
    """The text of the QR code. Raises ValueError for a pass that the token cannot say."""
    compound = session.scalars(select(Compound.wire_id).where(Compound.place_id == visit.compound_id)).one()
    gates = session.scalars(
        select(VisitGate.gate_id).where(VisitGate.visit_id == visit.id).order_by(VisitGate.position)
    )
    token = PassToken(
        pass_id=PassId(visit.pass_id),
        compound=CompoundId(compound),
        since=visit.since,
        until=visit.until,
        uses=visit.uses,
        gates=tuple(GateId(gate) for gate in gates),
    )
    return write_token(token, key)


def sign_due(engine: Engine, key: SigningKey, web: X25519PublicKey, now: datetime) -> bool:
    """Does one due job of dispatch's queue; whether there was one. What cannot be done now is tried again later."""
    if not _is_due(engine, now):
        return False
    with writing(engine) as session:
        job = take(session, Queue.DISPATCH, now)
        number = None if job is None else job.id
    if number is None:
        return False
    try:
        with writing(engine) as session:
            _do(session, session.get_one(Job, number), (key, web), now)
    except Exception as trouble:
        log.exception("job failed", job=number)
        with writing(engine) as session:
            postpone(session.get_one(Job, number), type(trouble).__name__, now)
    return True


def _is_due(engine: Engine, now: datetime) -> bool:
    """Asked without the writers' lock, which is asked for only when there is work."""
    with reading(engine) as session:
        due = select(Job.id).where(
            Job.queue == Queue.DISPATCH.value,
            Job.due_at <= now,
            or_(Job.state == "queued", (Job.state == "running") & (Job.leased_until < now)),
        )
        return session.execute(due.limit(1)).first() is not None


def _do(session: Session, job: Job, keys: tuple[SigningKey, X25519PublicKey], now: datetime) -> None:
    key, web = keys
    if job.kind != JobKind.SIGN_PASS:
        finish(job, "refused", {"reason": UNKNOWN_JOB}, now)
        return
    visit = session.get(Visit, UUID(job.subject.removeprefix("visit:")))
    if visit is None:
        finish(job, "refused", {"reason": NO_SUCH_VISIT}, now)
        return
    try:
        token = token_of(session, visit, key)
    except ValueError:
        finish(job, "refused", {"reason": CANNOT_SIGN}, now)
        return
    visit.token_sealed = seal(web, TOKEN_PURPOSE, token.encode())
    finish(job, "done", {}, now)
