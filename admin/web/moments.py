"""How times, names and rooms are written for people. Pure: now and the language are handed in."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from admin.catalogue import say as _
from admin.catalogue import say_later as _l

ZONE: Final = ZoneInfo("Asia/Shanghai")
MOBILE_DIGITS: Final = 11
_NEAR: Final[dict[int, str]] = {
    -1: _l("Yesterday %(time)s"),
    0: _l("Today %(time)s"),
    1: _l("Tomorrow %(time)s"),
}


def spoken(moment: datetime, now: datetime) -> str:
    """今天 14:05, 昨天 14:05, 11月20日 14:05, 2025年11月20日 14:05; needs a request for its language."""
    here, today = moment.astimezone(ZONE), now.astimezone(ZONE)
    days = (here.date() - today.date()).days
    if days in _NEAR:
        return str(_NEAR[days]) % {"time": f"{here:%H:%M}"}
    # Babel's date patterns: a translation orders them as its language does.
    pattern = _("d MMM HH:mm") if here.year == today.year else _("d MMM y HH:mm")
    return format_datetime(here, pattern, tzinfo=ZONE, locale=_("en"))


def day(moment: datetime) -> str:
    """2026年11月20日; needs a request for its language."""
    return format_date(moment.astimezone(ZONE).date(), _("d MMM y"), locale=_("en"))


def exact(moment: datetime) -> str:
    """2026-11-20 14:05:09, for hovering and exports."""
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


def local_day(moment: datetime) -> str:
    """2026-11-20 in the compound's zone."""
    return f"{moment.astimezone(ZONE):%Y-%m-%d}"


def day_bounds(moment: datetime) -> tuple[datetime, datetime]:
    """The beginning and the end of the compound's day that `moment` lies in."""
    begin = moment.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(days=1)


def masked(name: str) -> str:
    """王**: the first character alone, the same length for everybody."""
    return f"{name[:1]}**"


def spaced(phone: str) -> str:
    """138 0000 0000 for a number of the mainland, else as it is kept: +44…"""
    domestic = phone.removeprefix("+86")
    if domestic == phone or len(domestic) != MOBILE_DIGITS:
        return phone
    return f"{domestic[:3]} {domestic[3:7]} {domestic[7:]}"


def masked_phone(phone: str) -> str:
    """The last four digits."""
    return _("ends in %(digits)s", digits=phone[-4:])
