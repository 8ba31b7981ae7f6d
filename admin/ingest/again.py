"""A quarantined message that somebody asked to have read once more."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables import Quarantine
from admin.ingest.arrival import Arrival, Poison, read
from admin.ingest.gates import known_gates
from admin.ingest.record import Recorded, owned, record


def is_asked(session: Session) -> bool:
    """Whether there is any to read."""
    return _next(session) is not None


def read_again(session: Session, now: datetime) -> Recorded:
    """The next one into the log, or left with its reason of today."""
    row = _next(session)
    if row is None:
        return Recorded()
    arrival = Arrival(row.topic, row.content, qos=0)
    reading = read(arrival)
    gates = known_gates(session, [reading.address.gate] if reading.address else [])
    reading = owned(reading, gates)
    if isinstance(reading, Poison):
        row.fault, row.detail, row.again = reading.fault, reading.detail, False
        return Recorded()
    session.delete(row)
    session.flush()
    return record(session, [reading], now)


def leave(session: Session, fault: str) -> None:
    """The database refuses what is asked for next: it stays, with that as its reason."""
    row = _next(session)
    if row is not None:
        row.fault, row.again = fault, False


def _next(session: Session) -> Quarantine | None:
    return session.scalars(
        select(Quarantine).where(Quarantine.again).order_by(Quarantine.id).limit(1)
    ).first()
