"""What people read of a pass: how it stands, and why one could not be made."""

from typing import Final

from admin.catalogue import say_later as _l
from admin.web.visits.passes import VisitState
from admin.web.visits.service import VisitFault
from admin.web.visits.windows import Preset

STATES: Final[dict[VisitState, str]] = {
    VisitState.NOT_YET: _l("Not begun"),
    VisitState.VALID: _l("Valid"),
    VisitState.SPENT: _l("Used up"),
    VisitState.ENDED: _l("Ended"),
    VisitState.CANCELLED: _l("Cancelled"),
}
# The outcome whose colour and shape a state borrows.
LOOKS: Final[dict[VisitState, str]] = {
    VisitState.NOT_YET: "asked",
    VisitState.VALID: "granted",
    VisitState.SPENT: "silent",
    VisitState.ENDED: "silent",
    VisitState.CANCELLED: "silent",
}
NEXT: Final[dict[VisitState, str]] = {
    VisitState.NOT_YET: _l("The gate takes it from the time below."),
    VisitState.VALID: _l("Hold the code up to the gate's camera, or type the PIN."),
    VisitState.SPENT: _l("Every use was taken. Ask your host for a new pass."),
    VisitState.ENDED: _l("Its time is over. Ask your host for a new pass."),
    VisitState.CANCELLED: _l("It no longer opens a gate. Ask your host."),
}
WINDOWS: Final[dict[Preset, str]] = {
    Preset.TWO_HOURS: _l("The next 2 hours"),
    Preset.TODAY: _l("Today"),
    Preset.TOMORROW: _l("Tomorrow"),
    Preset.CUSTOM: _l("Another time"),
}
FAULTS: Final[dict[VisitFault, str]] = {
    VisitFault.BACKWARDS: _l("The pass would end before it begins. Choose a later end."),
    VisitFault.OVER: _l("This time is already over. Choose a later end."),
    VisitFault.TOO_LONG: _l("A pass lasts at most 31 days. Choose an earlier end."),
    VisitFault.TOO_FAR: _l("A pass begins within a year. Choose an earlier time."),
    VisitFault.USES: _l("Choose 1 to 255 uses."),
    VisitFault.NO_NAME: _l("Write the visitor's name."),
    VisitFault.OUT_OF_SCOPE: _l("This host or gate is outside your scope. Choose another."),
}
