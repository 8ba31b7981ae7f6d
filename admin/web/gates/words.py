"""What people read of a gate's stages and policies, of new boxes, and of a gate's end."""

from typing import Final

from admin.catalogue import say_later as _l
from admin.db.tables.joins import JoinStep
from admin.web.gates.service import JoinRefusal, RevokeReason
from contracts.join import JoinFault

STAGES: Final[dict[str, str]] = {
    "read": _l("picture"),
    "detect": _l("find faces"),
    "describe": _l("describe"),
    "liveness": _l("liveness check"),
    "match": _l("compare"),
    "codes": _l("codes"),
    "journal": _l("record"),
}
RELAYS: Final[dict[str, str]] = {
    "simulated": _l("Simulated: no door moves"),
    "http": _l("Network relay"),
    "gpio": _l("Relay at the gate's box"),
    "modbus": _l("Modbus relay"),
}
WIRES: Final[dict[str, str]] = {
    "contact": _l("door contact"),
    "tamper": _l("tamper contact"),
    "fire": _l("fire panel"),
    "exit": _l("exit button"),
}
WITHOUT_POWER: Final[dict[str, str]] = {
    "safe": _l("Fail-safe: the lock lets go, anybody can walk in and out. Post a guard."),
    "secure": _l("Fail-secure: it stays locked from outside; people leave by the handle inside."),
    "shut": _l(
        "Fail-secure without a handle inside: it stays locked, and nobody passes either way. Post a guard with a key."
    ),
}

JOIN_STEPS: Final[dict[JoinStep, tuple[str, str]]] = {
    JoinStep.OPEN: ("silent", _l("Waiting for the box")),
    JoinStep.ASKED: ("silent", _l("A box has come, its proof is being checked")),
    JoinStep.CHECKED: ("asked", _l("A second person is needed")),
    JoinStep.CONFIRMED: ("silent", _l("Confirmed, the box is being let in")),
    JoinStep.DONE: ("granted", _l("The box is this gate now")),
    JoinStep.REFUSED: ("denied", _l("Turned away")),
    JoinStep.CANCELLED: ("silent", _l("Cancelled")),
    JoinStep.EXPIRED: ("silent", _l("Expired")),
}
JOIN_FAULTS: Final[dict[str, str]] = {
    JoinFault.WRONG_PROOF: _l(
        "The box could not prove that it has the code. Make a new code and copy it whole."
    ),
    JoinFault.BAD_REQUEST: _l("The box's keys could not be used. Start again there with an empty folder."),
    JoinFault.NOT_THE_BOX: _l("The box showed another fingerprint. Find out which device used the code."),
    JoinFault.NOT_SET_UP: _l(
        'This server cannot give gates access to its broker yet. The operator\'s page "Adding a gate" says how.'
    ),
}
REFUSALS: Final[dict[JoinRefusal, str]] = {
    JoinRefusal.NOT_HERE: _l("Choose a place at your post."),
    JoinRefusal.NOT_SET_UP: _l(
        "Gates come to this server by HTTPS or from the same machine alone, and neither is set up. Tell the operator."
    ),
    JoinRefusal.TOO_MANY: _l("Too many codes within an hour. Wait, then try again."),
    JoinRefusal.SAME_PERSON: _l(
        "Whoever made the code does not confirm. Ask a colleague to log in and compare."
    ),
    JoinRefusal.CHANGED: _l("This is not what the page showed before. Compare once more."),
}
COMPARE: Final = _l("Compare all eight groups first, and tick that they are the same.")
CHOOSE: Final = _l("Please choose a reason; nothing was changed.")
REVOKE_REASONS: Final[dict[RevokeReason, str]] = {
    RevokeReason.STOLEN: _l("Stolen or opened"),
    RevokeReason.BROKEN: _l("Broken"),
    RevokeReason.MOVED: _l("Moved elsewhere"),
    RevokeReason.UNUSED: _l("No longer used"),
    RevokeReason.WRONG_BOX: _l("The wrong box was let in"),
}
