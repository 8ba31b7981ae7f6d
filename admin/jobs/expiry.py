"""Passages are kept as long as their compound says, thirty days unless told, and no longer (promise 12)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.erasing import expire
from admin.db.session import reading, writing
from admin.db.tables import Compound, Passage
from admin.jobs.task import WORKER, Ground
from admin.security.audit import Act, record

AT_A_TIME: Final = 500
BATCHES: Final = 100
"""A round ends after so many and the next goes on: enrolments wait no longer than that."""
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ExpiryRound:
    """Empties what is older, some at a time, each with an audit entry. A legal hold stops it.

    Age is counted from when the server recorded a passage: a gate's wrong clock neither shortens nor lengthens it.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def __call__(self) -> None:
        with reading(self._ground.engine) as session:
            compounds = session.scalars(select(Compound.place_id).where(Compound.log_held_at.is_(None))).all()
        for compound in compounds:
            for _ in range(BATCHES):
                if not self._batch(compound):
                    break

    def _batch(self, compound: int) -> bool:
        """Whether there may be more."""
        now = self._ground.now()
        with reading(self._ground.engine) as session:
            row = session.get_one(Compound, compound)
            found = _old(session, row, now)
        if not found:
            return False
        with writing(self._ground.engine) as session:
            row = session.get_one(Compound, compound, with_for_update=True)
            if row.log_held_at is not None:
                return False
            expire(session, [one.id for one in found], now)
            row.log_expired_until = found[-1].recorded_at
            details = {"passages": len(found), "days": row.log_days}
            record(session, WORKER, Act("passages_expired", f"compound:{compound}", details), now)
        return len(found) == AT_A_TIME


def _old(session: Session, compound: Compound, now: datetime) -> Sequence[Passage]:
    """The oldest that still have anything to remove, from where the last batch ended."""
    question = (
        select(Passage)
        .where(
            Passage.recorded_at >= (compound.log_expired_until or BEGINNING),
            Passage.recorded_at < now - timedelta(days=compound.log_days),
            Passage.compound_id == compound.place_id,
            Passage.what_text.is_not(None),
        )
        .order_by(Passage.recorded_at)
        .limit(AT_A_TIME)
    )
    return session.scalars(question).all()
