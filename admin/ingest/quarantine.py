"""What could not be taken, kept whole with its reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables import Quarantine
from admin.ingest.arrival import Poison
from contracts.chain import Link

AGAIN: Final = timedelta(days=1)  # the same bytes within this time are a redelivery
REPORTS_EACH: Final = timedelta(minutes=1)  # of a gate's reports outside the chain one a minute is enough


def quarantine(session: Session, poisons: Sequence[Poison], now: datetime) -> None:
    """Keeps each once. A flood of broken reports that are no links of a chain is thinned."""
    for poison in poisons:
        if not _is_here(session, poison, now):
            session.add(_row(poison, now))
            session.flush()


def _is_here(session: Session, poison: Poison, now: datetime) -> bool:
    address = poison.address
    query = select(Quarantine.id).where(Quarantine.topic == poison.arrival.topic[:256]).limit(1)
    if address is not None and not issubclass(address.topic.payload, Link):
        query = query.where(Quarantine.at > now - REPORTS_EACH)
    else:
        query = query.where(Quarantine.at > now - AGAIN, Quarantine.content == poison.arrival.payload)
    return session.execute(query).first() is not None


def _row(poison: Poison, now: datetime) -> Quarantine:
    row = Quarantine(
        at=now,
        topic=poison.arrival.topic[:256],
        gate_id=poison.address.gate if poison.address else None,
        fault=poison.fault,
        detail=poison.detail,
        content=poison.arrival.payload,
    )
    if poison.claimed is not None:
        row.epoch, row.seq, row.hash = poison.claimed.epoch, poison.claimed.seq, poison.claimed.hash
    return row
