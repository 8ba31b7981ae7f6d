"""Why somebody reads about people: asked once a day of each browser's user."""

from typing import Final

from flask import session

from admin.web.guard import now
from admin.web.moments import local_day
from admin.web.passages.service import PURPOSES

KEY: Final = "log_purpose"


def say(code: str) -> None:
    """For today. Raises KeyError for what is no purpose."""
    _ = PURPOSES[code]
    session[KEY] = f"{local_day(now())} {code}"


def said_today() -> str | None:
    day, _, code = str(session.get(KEY, "")).partition(" ")
    return code if day == local_day(now()) and code in PURPOSES else None
