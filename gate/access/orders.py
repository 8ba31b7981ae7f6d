"""Whether an order is for this gate, this boot and this moment. Pure: clocks are handed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.ids import BootId, GateId
from contracts.order import LONGEST_LIFE_MS, Order, OrderFault, OrderOutcome


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an order: the two codes of its result."""

    outcome: OrderOutcome
    why: OrderFault | None = None


DONE: Final = Fate(OrderOutcome.DONE)
ACCEPTED: Final = Fate(OrderOutcome.ACCEPTED)
EXPIRED: Final = Fate(OrderOutcome.EXPIRED)


def refused(why: OrderFault) -> Fate:
    return Fate(OrderOutcome.REFUSED, why)


@dataclass(frozen=True, slots=True)
class Moment:
    """The gate's boot and both of its clocks, read once."""

    gate: GateId
    boot: BootId
    monotonic_ms: int
    at: datetime
    clock_trusted: bool


def objection(order: Order, moment: Moment, retained: bool) -> Fate | None:
    """Why a signed order is not obeyed now; None where it may be, if it is not spent."""
    if order.gate != moment.gate:
        return refused(OrderFault.WRONG_GATE)
    if retained:
        return refused(OrderFault.RETAINED)
    if order.until is not None:
        return _against_job(order.until, moment)
    if order.boot != moment.boot:
        return refused(OrderFault.OTHER_BOOT)
    if order.deadline_ms is None or order.deadline_ms > moment.monotonic_ms + LONGEST_LIFE_MS:
        return refused(OrderFault.TOO_FAR)
    return EXPIRED if order.deadline_ms <= moment.monotonic_ms else None


def _against_job(until: datetime, moment: Moment) -> Fate | None:
    if not moment.clock_trusted:
        return refused(OrderFault.NO_CLOCK)
    return EXPIRED if until <= moment.at else None
