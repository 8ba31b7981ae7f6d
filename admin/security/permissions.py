"""Named permissions, and which role has which. A role is a post, not a person."""

from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One thing a principal may do within its scope."""

    SEE_LIVE = "see_live"
    SEE_LOG = "see_log"
    SEE_NAMES = "see_names"  # else masked: 王**
    SEE_RESIDENTS = "see_residents"
    EDIT_RESIDENTS = "edit_residents"
    ENROL_FACE = "enrol_face"
    TELL_APART = "tell_apart"  # not this person; people easily taken for each other
    SEE_VISITS = "see_visits"
    MAKE_VISIT = "make_visit"
    CANCEL_VISIT = "cancel_visit"
    SEE_GATES = "see_gates"
    OPEN_GATE = "open_gate"  # by hand, with a reason
    HOLD_GATE = "hold_gate"  # lock down, hold open, release, restart
    SEE_PICTURES = "see_pictures"  # order a test picture of a gate; look at it and at those of refusals
    EDIT_GATES = "edit_gates"  # add, replace and end gates
    CONFIRM_GATE = "confirm_gate"  # compare the fingerprint of a box that somebody else's code let come
    KEEP_QUARANTINE = "keep_quarantine"  # messages that ingest could not take: look, try again, delete
    KEEP_PRIVACY = "keep_privacy"  # how long the log is kept, legal hold, erasing a person's passages
    SEE_CALIBRATION = "see_calibration"
    SEE_AUDIT = "see_audit"
    EDIT_STAFF = "edit_staff"
    OWN_ACCOUNT = "own_account"  # staff: one's own password and sessions
    OWN_PASSES = "own_passes"  # a resident: invite, list and cancel one's own
    SHOW_PASS = "show_pass"  # noqa: S105 - a visitor: see and cancel one pass
    FETCH_ROSTER = "fetch_roster"  # a gate
    CLAIM_USE = "claim_use"  # a gate
    SEND_PICTURE = "send_picture"  # a gate
    JOIN_GATE = "join_gate"  # a box with a one-time code
    PUBLIC = "public"  # log-in, static files, health: anybody


class Role(StrEnum):
    """Posts of staff (职务)."""

    MANAGER = "manager"
    STAFF = "staff"
    GUARD = "guard"


_GUARD: Final = frozenset(
    {
        Permission.SEE_LIVE,
        Permission.SEE_NAMES,
        Permission.SEE_VISITS,
        Permission.MAKE_VISIT,
        Permission.CANCEL_VISIT,
        Permission.SEE_GATES,
        Permission.OPEN_GATE,
        Permission.OWN_ACCOUNT,
    }
)
_STAFF: Final = _GUARD | {
    Permission.SEE_RESIDENTS,
    Permission.EDIT_RESIDENTS,
    Permission.ENROL_FACE,
    Permission.TELL_APART,
    Permission.CONFIRM_GATE,
}
_MANAGER: Final = _STAFF | {
    Permission.SEE_LOG,
    Permission.HOLD_GATE,
    Permission.SEE_PICTURES,
    Permission.EDIT_GATES,
    Permission.KEEP_QUARANTINE,
    Permission.KEEP_PRIVACY,
    Permission.SEE_CALIBRATION,
    Permission.SEE_AUDIT,
    Permission.EDIT_STAFF,
}
PERMISSIONS: Final = {Role.MANAGER: _MANAGER, Role.STAFF: _STAFF, Role.GUARD: _GUARD}
RESIDENT: Final = frozenset({Permission.OWN_PASSES})
VISITOR: Final = frozenset({Permission.SHOW_PASS})
GATE: Final = frozenset({Permission.FETCH_ROSTER, Permission.CLAIM_USE, Permission.SEND_PICTURE})
JOINING: Final = frozenset({Permission.JOIN_GATE})
MACHINES: Final = GATE | JOINING
"""They come with a proof of their own in each request: no form's token is asked of them, no log-in page shown."""
