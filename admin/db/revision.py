"""The number that rises whenever a roster may have changed, in the transaction that changed it."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.db.tables.server import Server

ONLY = 1


def raise_revision(session: Session) -> None:
    """Dispatch sees the new number and builds the rosters that differ."""
    session.execute(update(Server).where(Server.id == ONLY).values(revision=Server.revision + 1))


def revision(session: Session) -> int:
    return session.execute(select(Server.revision).where(Server.id == ONLY)).scalar_one_or_none() or 0


def looked(session: Session, at: datetime) -> None:
    """Every change committed before `at` is in the rosters that were made."""
    session.execute(update(Server).where(Server.id == ONLY).values(looked_at=at))


def generation(session: Session) -> int:
    return session.execute(select(Server.generation).where(Server.id == ONLY)).scalar_one_or_none() or 1


def raise_generation(session: Session, now: datetime) -> int:
    """After the register was put back from a backup: gates then send again what they keep, and take lower manifests
    for old ones. Returns the new number.

    Minutes since 1970 at least, so that the same backup put back twice raises it twice.
    """
    raised = max(generation(session) + 1, int(now.timestamp()) // 60)
    session.execute(
        update(Server).where(Server.id == ONLY).values(generation=raised, revision=Server.revision + 1)
    )
    return raised
