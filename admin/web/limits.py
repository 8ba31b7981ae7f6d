"""Rate limits in the database: they hold over processes and restarts."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from admin.db.tables.accounts import Attempt

KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in so long a time, for one name of a thing."""

    name: str
    tries: int
    within: timedelta

    def bucket(self, key: str) -> str:
        """Log-ins and addresses are kept as hashes: enough to count by."""
        return f"{self.name}:{hashlib.sha256(key.encode()).hexdigest()}"


def try_once(session: Session, limit: Limit, key: str, now: datetime) -> bool:
    """Counts one more try before it is made; False where there were too many. To be committed at once."""
    session.execute(delete(Attempt).where(Attempt.at < now - KEPT))
    if is_spent(session, limit, key, now):
        return False
    session.add(Attempt(bucket=limit.bucket(key), at=now))
    return True


def is_spent(session: Session, limit: Limit, key: str, now: datetime) -> bool:
    """Whether there were too many tries already; counts none."""
    made = session.scalar(
        select(func.count()).where(Attempt.bucket == limit.bucket(key), Attempt.at > now - limit.within)
    )
    return (made or 0) >= limit.tries


def forgive(session: Session, limit: Limit, key: str) -> None:
    """After a success the tries before it count no more."""
    session.execute(delete(Attempt).where(Attempt.bucket == limit.bucket(key)))
