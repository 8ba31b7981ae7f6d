"""Pictures of gates are swept away: those of a test within a quarter of an hour, of refusals after their days."""

from sqlalchemy import select

from admin.db.pictures import drop_ended
from admin.db.session import reading, writing
from admin.db.tables.pictures import GatePicture
from admin.jobs.task import WORKER, Ground
from admin.security.audit import Act, record


class PictureRound:
    """Goes every ten minutes; a test's picture is shown for four, so none is older than fifteen."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def __call__(self) -> None:
        now = self._ground.now()
        ended = select(GatePicture.id).where(GatePicture.until <= now, GatePicture.sealed.is_not(None))
        with reading(self._ground.engine) as session:
            if session.scalars(ended.limit(1)).first() is None:
                return
        with writing(self._ground.engine) as session:
            pictures = drop_ended(session, now)
            record(session, WORKER, Act("pictures_expired", "pictures", {"pictures": pictures}), now)
