"""An order is for now or a job, never both; what stands has an end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from contracts.ids import BootId, GateId, StaffId
from contracts.order import LONGEST_STANDING_S, Mode, Operation, Order, ResultV1, Standing
from contracts.signing import SignedV1, open_signed
from contracts.topics import ORDER, STANDING, TOPICS
from tests.contracts.samples import keys, sample

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW: dict[str, Any] = {"boot": BootId("b1"), "deadline_ms": 5000}
LATER: dict[str, Any] = {"until": NOON}


def an_order(operation: Operation, **fields: Any) -> Order:
    return Order(id=uuid4(), gate=GateId("east"), operation=operation, by=StaffId("account-1"), **fields)


def a_standing(lasts: timedelta) -> Standing:
    return Standing(
        id=uuid4(),
        gate=GateId("east"),
        generation=1,
        number=1,
        mode=Mode.HOLD_OPEN,
        by=StaffId("account-1"),
        at=NOON,
        until=NOON + lasts,
    )


@pytest.mark.promise(3)
def test_an_opening_names_its_boot_and_deadline_and_a_job_its_last_moment() -> None:
    assert an_order(Operation.OPEN, **NOW).deadline_ms == 5000
    assert an_order(Operation.REBOOT, **LATER).until == NOON


@pytest.mark.promise(3)
@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        (Operation.OPEN, LATER),
        (Operation.OPEN, {}),
        (Operation.OPEN, NOW | LATER),
        (Operation.OPEN, {"boot": BootId("b1")}),
        (Operation.CLOSE, {"deadline_ms": 5000}),
        (Operation.REBOOT, NOW),
        (Operation.REBOOT, {}),
    ],
)
def test_nothing_in_between_is_an_order(operation: Operation, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="an order names boot and deadline"):
        an_order(operation, **fields)


@pytest.mark.promise(3)
def test_what_stands_ends_within_a_day() -> None:
    assert a_standing(timedelta(seconds=LONGEST_STANDING_S))
    with pytest.raises(ValidationError, match="ends within a day"):
        a_standing(timedelta(seconds=LONGEST_STANDING_S + 1))


@pytest.mark.promise(3)
def test_orders_are_never_retained_and_what_stands_is() -> None:
    assert (ORDER.retain, STANDING.retain) == (False, True)
    assert [topic.name for topic in TOPICS if topic.retain and topic.signed == "Order"] == []


def test_the_samples_say_who_ordered_what() -> None:
    order = open_signed(SignedV1.decode(sample("order.v1")), Order, keys("order"))
    standing = open_signed(SignedV1.decode(sample("standing.v1")), Standing, keys("order"))
    assert (order.operation, order.by) == (Operation.OPEN, StaffId("account-3"))
    assert (standing.mode, standing.number) == (Mode.LOCK_DOWN, 4)
    assert ResultV1.decode(sample("result.v1")).order == order.id
