"""What people order of a gate: once and now, as a job, or standing until an end; and what became of it.

All of it is signed with dispatch's order key, which signs nothing else: the keys of rosters and receipts open no door.
"""

from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from contracts.ids import BootId, GateId, StaffId
from contracts.wire import Message, Wire

LONGEST_LIFE_MS: Final = 10_000
"""An order to be obeyed now is dead after this long, whoever signed it."""

LONGEST_JOB_S: Final = 24 * 3600
LONGEST_STANDING_S: Final = 24 * 3600

Milliseconds = Annotated[int, Field(ge=0, lt=2**53)]


class Operation(StrEnum):
    """What a gate can be ordered to do once."""

    OPEN = "open"  # one pulse, recorded as a passage under the order's id
    CLOSE = "close"  # ends a pulse that is still running
    REBOOT = "reboot"  # starts the gate's process again
    TEST_PICTURE = "test_picture"  # since 1.2: one picture of its camera, sent to the server over HTTPS


JOBS: Final = frozenset({Operation.REBOOT})
"""Operations that may wait for a gate that is away; all others are for now or never."""


class Order(Wire):
    """One order for one gate, obeyed at most once.

    One for now names the boot it is meant for and a deadline on that boot's monotonic clock; a job names the
    time by which it must have begun. Neither is ever retained.
    """

    id: UUID  # version 7; the passage of an opening carries the same
    gate: GateId
    operation: Operation
    by: StaffId
    boot: BootId | None = None
    deadline_ms: Milliseconds | None = None
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        now = self.boot is not None and self.deadline_ms is not None and self.until is None
        job = self.boot is None and self.deadline_ms is None and self.until is not None
        if not (job if self.operation in JOBS else now):
            raise ValueError("an order names boot and deadline, a job its last moment")
        return self


class Mode(StrEnum):
    """What a gate stands under."""

    NORMAL = "normal"
    LOCK_DOWN = "lock_down"  # nobody is let in; the way out stays open
    HOLD_OPEN = "hold_open"  # the door stays unlocked


class Standing(Wire):
    """Not an order but a state with an end: retained, so that a gate that was away learns it too.

    The one with the higher (generation, number) holds. `normal` releases the gate at once and needs no end.
    """

    id: UUID  # version 7
    gate: GateId
    generation: Annotated[int, Field(ge=1)]
    number: Annotated[int, Field(ge=1)]
    mode: Mode
    by: StaffId
    at: AwareDatetime  # of the signature
    until: AwareDatetime

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if (self.until - self.at).total_seconds() > LONGEST_STANDING_S:
            raise ValueError("a standing order ends within a day of its signature")
        return self


class OrderOutcome(StrEnum):
    """What became of an order."""

    ACCEPTED = "accepted"  # a job that has begun, or a standing order that is in force
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # it was begun, and whether the door moved is not known


class OrderFault(StrEnum):
    """Why an order was not obeyed."""

    BAD_SIGNATURE = "bad_signature"
    MALFORMED = "malformed"
    WRONG_GATE = "wrong_gate"
    OTHER_BOOT = "other_boot"  # the gate has started again since
    RETAINED = "retained"
    REPEATED = "repeated"
    TOO_FAR = "too_far"  # a deadline later than an order may live
    STALE = "stale"  # a standing order older than the one the gate is under
    NO_CLOCK = "no_clock"  # the gate does not know the time by which this ends
    NO_RECORD = "no_record"
    DOOR_FAULT = "door_fault"
    HELD_OPEN = "held_open"  # the door is held open: release that first
    CAMERA_LOST = "camera_lost"  # since 1.2: no picture came from the camera lately
    NOT_SENT = "not_sent"  # since 1.2: the server did not take the picture in time


class ResultV1(Message):
    """What became of an order or a standing order; the server keeps the first answer, a `done` above all."""

    gate: GateId
    order: UUID
    boot: BootId
    at: AwareDatetime
    monotonic_ms: Milliseconds
    outcome: OrderOutcome
    why: OrderFault | None = None
