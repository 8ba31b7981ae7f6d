"""What people read of orders: what was ordered, why, and what became of it."""

from typing import Final

from admin.catalogue import say_later as _l
from admin.db.tables.orders import OrderState, Unsent
from admin.web.orders.queries import OrderLine
from admin.web.orders.service import OrderReason, OrderRefusal
from admin.words import UNKNOWN_CODE
from contracts.order import Mode, Operation, OrderFault

REASONS: Final[dict[OrderReason, str]] = {
    OrderReason.VISITOR: _l("Visitor, host agrees"),
    OrderReason.RESIDENT: _l("Resident without a credential"),
    OrderReason.DELIVERY: _l("Delivery"),
    OrderReason.REPAIR: _l("Work on site"),
    OrderReason.EMERGENCY: _l("Emergency"),
    OrderReason.CAMERA: _l("Checking the camera"),
    OrderReason.OTHER: _l("Other (say what)"),
}
WHAT: Final[dict[str, str]] = {
    Operation.OPEN: _l("Open"),
    Operation.CLOSE: _l("Shut now"),
    Operation.REBOOT: _l("Restart the gate's program"),
    Operation.TEST_PICTURE: _l("Take a test picture"),
    Mode.LOCK_DOWN: _l("Lock down"),
    Mode.HOLD_OPEN: _l("Hold open"),
    Mode.NORMAL: _l("Release"),
}
REFUSALS: Final[dict[OrderRefusal, str]] = {
    OrderRefusal.NO_GATE: _l("This gate is not there, or not at your post."),
    OrderRefusal.NO_NOTE: _l("Please write what the reason is."),
    OrderRefusal.TOO_MANY: _l("Too many orders within a minute. Wait a moment and try again."),
}
LASTS: Final[dict[int, str]] = {
    15: _l("15 minutes"),
    30: _l("30 minutes"),
    60: _l("1 hour"),
    120: _l("2 hours"),
    240: _l("4 hours"),
    480: _l("8 hours"),
}
CHOOSE: Final = _l("Please choose a reason; nothing was ordered.")
OBEYED: Final[dict[str, str]] = {
    Operation.OPEN: _l("Opened"),
    Operation.CLOSE: _l("Shut"),
    Operation.REBOOT: _l("Restarted"),
    Operation.TEST_PICTURE: _l("Picture taken and sent"),
    Mode.LOCK_DOWN: _l("Locked down"),
    Mode.HOLD_OPEN: _l("Held open"),
    Mode.NORMAL: _l("Released"),
}
STATES: Final[dict[OrderState, tuple[str, str]]] = {
    OrderState.ASKED: ("silent", _l("Being signed …")),
    OrderState.SENT: ("silent", _l("Sent, the gate has not answered yet")),
    OrderState.ACCEPTED: ("granted", _l("The gate has taken it")),
    OrderState.DONE: ("granted", _l("Done")),
    OrderState.REFUSED: ("denied", _l("Refused")),
    OrderState.EXPIRED: ("denied", _l("Expired, nothing was done")),
    OrderState.UNKNOWN: ("asked", _l("Not confirmed")),
}
WHY: Final[dict[str, str]] = {
    OrderFault.BAD_SIGNATURE: _l("The gate does not know the key it was signed with. Tell the operator."),
    OrderFault.MALFORMED: _l("The gate could not read the order. Tell the operator."),
    OrderFault.WRONG_GATE: _l("The order reached another gate. Tell the operator."),
    OrderFault.OTHER_BOOT: _l("The gate has just started again. Try once more."),
    OrderFault.RETAINED: _l("The order had been kept by the broker. Tell the operator."),
    OrderFault.REPEATED: _l("The gate had this order before. It was not carried out twice."),
    OrderFault.TOO_FAR: _l("The gate's clock and the server's did not agree. Try once more."),
    OrderFault.STALE: _l("The gate is already under a later order."),
    OrderFault.NO_CLOCK: _l("The gate does not know the time, so it takes nothing that ends at one."),
    OrderFault.NO_RECORD: _l("The gate could not record it, so the door stayed shut. Open by key."),
    OrderFault.DOOR_FAULT: _l("The door's relay did not answer. Look at the door."),
    OrderFault.HELD_OPEN: _l("The door is held open. Release that first."),
    OrderFault.CAMERA_LOST: _l("The gate's camera shows no picture. Look at its cable and power."),
    OrderFault.NOT_SENT: _l(
        "The picture did not reach the server. Try once more, or look at the gate's network."
    ),
    Unsent.GATE_AWAY: _l("The gate is not connected. Nothing waits for its return: go to the door."),
    Unsent.NO_BROKER: _l("The server had no connection to the gates. Go to the door, and tell the operator."),
    Unsent.TOO_LATE: _l("It could not be sent within seconds, so it was not sent at all. Try once more."),
    Unsent.NO_ANSWER: _l("The gate did not answer. Look at the door."),
    Unsent.RESTORED: _l(
        "The server was put back from a backup since, so it is not said again. Look at the door."
    ),
}


def fate(line: OrderLine) -> tuple[str, str]:
    """Shape and words of what became of an order."""
    if line.state not in set(OrderState):
        return "silent", UNKNOWN_CODE
    kind, word = STATES[OrderState(line.state)]
    return kind, OBEYED.get(line.operation, word) if kind == "granted" else word


def why(line: OrderLine) -> str:
    """The reason of a fate and what to do; empty where it says all."""
    if line.why is None:
        return _EXPIRED if line.state == OrderState.EXPIRED else ""
    return WHY.get(line.why, UNKNOWN_CODE)


_EXPIRED: Final = _l("The order reached the gate too late. Try once more.")
