"""What people read of retention."""

from typing import Final

from admin.catalogue import say_later as _l
from admin.db.tables import PartReason
from admin.web.privacy.service import HoldReason

DAYS: Final[dict[int, str]] = {
    7: _l("7 days"),
    14: _l("14 days"),
    30: _l("30 days"),
    60: _l("60 days"),
    90: _l("90 days"),
    180: _l("180 days"),
}
PICTURE_DAYS: Final[dict[int, str]] = {
    0: _l("None is kept"),
    1: _l("1 day"),
    3: _l("3 days"),
    7: _l("7 days"),
}
HOLDS: Final[dict[HoldReason, str]] = {
    HoldReason.AUTHORITY: _l("An authority asked in writing"),
    HoldReason.INCIDENT: _l("An incident is looked into"),
}
REMOVED: Final[dict[str, str]] = {
    PartReason.ERASED: _l("A person's passages were erased"),
    PartReason.EXPIRED: _l("Older than they are kept"),
}
