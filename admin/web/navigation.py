"""The places of the bar: by right, at most six, in the order of each post's day."""

from dataclasses import dataclass
from typing import Final

from flask import current_app

from admin.catalogue import say_later as _l
from admin.security.permissions import Permission, Role
from admin.web import guard


@dataclass(frozen=True, slots=True)
class Place:
    """One entry. `icon` is a name in Bootstrap's icon font."""

    endpoint: str
    word: str
    icon: str
    permission: Permission


LIVE: Final = Place("desk.index", _l("Live"), "broadcast", Permission.SEE_LIVE)
ENROL: Final = Place("faces.index", _l("Enrol"), "person-bounding-box", Permission.ENROL_FACE)
RESIDENTS: Final = Place("residents.index", _l("Residents"), "people", Permission.SEE_RESIDENTS)
VISITORS: Final = Place("visits.index", _l("Visitors"), "qr-code", Permission.SEE_VISITS)
LOG: Final = Place("passages.index", _l("Log"), "clock-history", Permission.SEE_LOG)
OPEN: Final = Place("orders.index", _l("Open by hand"), "unlock", Permission.OPEN_GATE)
GATES: Final = Place("gates.index", _l("Gates"), "door-open", Permission.SEE_GATES)

ORDERS: Final = {
    Role.GUARD.value: (LIVE, VISITORS, OPEN, GATES),
    Role.STAFF.value: (ENROL, RESIDENTS, VISITORS, LIVE, OPEN, GATES),
    Role.MANAGER.value: (LIVE, LOG, RESIDENTS, ENROL, VISITORS, GATES),
}


def places() -> list[Place]:
    """What the caller's bar shows."""
    account = guard.signed_in()
    if account is None:
        return []
    return [
        place
        for place in ORDERS.get(account.role, ())
        if guard.current().may(place.permission) and place.endpoint in current_app.view_functions
    ]
