"""What ingest set aside is kept for thirty days and no longer (promise 12)."""

from datetime import timedelta
from typing import Final

from sqlalchemy import or_, select

from admin.db.chain import discard, held_gates
from admin.db.session import reading, writing
from admin.db.tables import Quarantine
from admin.jobs.task import WORKER, Ground
from admin.security.audit import Act, record

KEPT: Final = timedelta(days=30)
AT_A_TIME: Final = 500


class DiscardRound:
    """Deletes the oldest first, some at a time, with an entry in the audit trail. A legal hold stops it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def __call__(self) -> None:
        now = self._ground.now()
        old = (
            select(Quarantine)
            .where(
                Quarantine.at < now - KEPT,
                or_(Quarantine.gate_id.is_(None), Quarantine.gate_id.not_in(held_gates())),
            )
            .order_by(Quarantine.at)
            .limit(AT_A_TIME)
        )
        with reading(self._ground.engine) as session:
            if session.scalars(old).first() is None:
                return
        with writing(self._ground.engine) as session:
            messages = session.scalars(old).all()
            discard(session, messages, now)
            record(session, WORKER, Act("quarantine_expired", "quarantine", {"messages": len(messages)}), now)
