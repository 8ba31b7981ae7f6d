"""Pictures of gates go when their time is over, whoever comes first to see it (promise 12)."""

from datetime import datetime

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from admin.db.tables.pictures import GatePicture


def drop_ended(session: Session, now: datetime) -> int:
    """Deletes the bytes of every picture whose time is over; how many those were."""
    ended = (GatePicture.until <= now) & GatePicture.sealed.is_not(None)
    done = session.execute(update(GatePicture).where(ended).values(sealed=None))
    return done.rowcount if isinstance(done, CursorResult) else 0
