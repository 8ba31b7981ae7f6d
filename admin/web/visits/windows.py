"""From when until when a pass is good: the three windows people mean, and one of their own. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from admin.web.moments import ZONE, day_bounds

LONGEST: Final = timedelta(days=31)
FURTHEST: Final = timedelta(days=366)  # ahead; a code and a roster have no room for any time at all
MINUTE: Final = timedelta(minutes=1)  # a day's pass ends at 23:59, which nobody takes for the day after


class Preset(StrEnum):
    """A window by name."""

    TWO_HOURS = "2h"
    TODAY = "today"
    TOMORROW = "tomorrow"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Window:
    """`until` is outside."""

    since: datetime
    until: datetime


def window(preset: Preset, now: datetime, custom: tuple[datetime | None, datetime | None]) -> Window | None:
    """The window meant; `custom` is as typed, without zone, in the compound's. None where its ends are missing."""
    _, end = day_bounds(now)
    if preset is Preset.TWO_HOURS:
        return Window(now, now + timedelta(hours=2))
    if preset is Preset.TODAY:
        return Window(now, max(end - MINUTE, now + MINUTE))
    if preset is Preset.TOMORROW:
        return Window(end, day_bounds(end)[1] - MINUTE)
    since, until = custom
    if since is None or until is None:
        return None
    return Window(since.replace(tzinfo=ZONE), until.replace(tzinfo=ZONE))
