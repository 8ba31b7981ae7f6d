"""The number that rises whenever a roster may have changed, in the transaction that changed it."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.db.tables.server import Server

ONLY = 1


def raise_revision(session: Session) -> None:
    """Dispatch sees the new number and builds the rosters that differ."""
    session.execute(update(Server).where(Server.id == ONLY).values(revision=Server.revision + 1))


def revision(session: Session) -> int:
    return session.execute(select(Server.revision).where(Server.id == ONLY)).scalar_one_or_none() or 0


def generation(session: Session) -> int:
    return session.execute(select(Server.generation).where(Server.id == ONLY)).scalar_one_or_none() or 1
