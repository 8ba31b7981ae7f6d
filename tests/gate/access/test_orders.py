"""No order is obeyed for another gate, another boot, too late, or out of a keeping."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import BootId, GateId, StaffId, uuid7
from contracts.order import LONGEST_LIFE_MS, Mode, Operation, Order, OrderFault, Standing
from gate.access.orders import EXPIRED, Moment, objection, refused
from gate.access.standing import Stood, mode_now, rank
from tests.gate.at_the_gate import EAST, HOUR, NOON

HERE = Moment(EAST, BootId("b1"), 1_000_000, NOON, clock_trusted=True)


def an_order(**fields: Any) -> Order:
    plain: dict[str, Any] = {
        "id": uuid7(),
        "gate": EAST,
        "operation": Operation.OPEN,
        "by": StaffId("account-1"),
        "boot": BootId("b1"),
        "deadline_ms": 1_003_000,
    }
    return Order(**{**plain, **fields})


def a_job(until: datetime) -> Order:
    return an_order(operation=Operation.REBOOT, boot=None, deadline_ms=None, until=until)


def test_a_fresh_order_for_this_boot_stands() -> None:
    assert objection(an_order(), HERE, retained=False) is None


@pytest.mark.promise(3)
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"gate": GateId("west")}, OrderFault.WRONG_GATE),
        ({"boot": BootId("b0")}, OrderFault.OTHER_BOOT),
        ({"deadline_ms": 1_000_001 + LONGEST_LIFE_MS}, OrderFault.TOO_FAR),
    ],
)
def test_an_order_that_means_something_else_is_refused(fields: dict[str, Any], why: OrderFault) -> None:
    assert objection(an_order(**fields), HERE, retained=False) == refused(why)


@pytest.mark.promise(3)
def test_an_order_that_was_kept_is_refused_however_fresh() -> None:
    assert objection(an_order(), HERE, retained=True) == refused(OrderFault.RETAINED)
    assert objection(a_job(NOON + HOUR), HERE, retained=True) == refused(OrderFault.RETAINED)


@pytest.mark.promise(3)
def test_at_its_deadline_an_order_is_dead() -> None:
    assert objection(an_order(deadline_ms=1_000_000), HERE, retained=False) == EXPIRED
    assert objection(an_order(deadline_ms=1_000_001), HERE, retained=False) is None


@pytest.mark.promise(3)
def test_a_job_waits_for_hours_by_a_trusted_clock_alone() -> None:
    assert objection(a_job(NOON + HOUR), HERE, retained=False) is None
    assert objection(a_job(NOON), HERE, retained=False) == EXPIRED
    doubtful = Moment(EAST, BootId("b1"), 1_000_000, NOON, clock_trusted=False)
    assert objection(a_job(NOON + HOUR), doubtful, retained=False) == refused(OrderFault.NO_CLOCK)


@pytest.mark.promise(3)
@given(deadline=st.integers(0, 2_000_000), now=st.integers(0, 2_000_000), wall=st.datetimes())
def test_no_deadline_and_no_wall_clock_open_a_door_outside_ten_seconds(
    deadline: int, now: int, wall: datetime
) -> None:
    moment = Moment(EAST, BootId("b1"), now, wall.replace(tzinfo=NOON.tzinfo), clock_trusted=True)
    obeyed = objection(an_order(deadline_ms=deadline), moment, retained=False) is None
    assert obeyed == (0 < deadline - now <= LONGEST_LIFE_MS)


def a_standing(mode: Mode = Mode.HOLD_OPEN, number: int = 1, generation: int = 1) -> Standing:
    return Standing(
        id=uuid7(),
        gate=EAST,
        generation=generation,
        number=number,
        mode=mode,
        by=StaffId("account-1"),
        at=NOON,
        until=NOON + HOUR,
    )


def test_a_restored_server_outranks_and_then_the_later_order() -> None:
    assert rank(a_standing(number=1, generation=2)) > rank(a_standing(number=9)) > rank(a_standing(number=8))


def test_nothing_stands_at_a_gate_that_was_told_nothing() -> None:
    assert mode_now(None, NOON, 0.0, clock_trusted=True) is Mode.NORMAL


@pytest.mark.promise(3)
@pytest.mark.parametrize("mode", [Mode.HOLD_OPEN, Mode.LOCK_DOWN])
def test_what_stands_ends_by_itself_at_its_time(mode: Mode) -> None:
    stood = Stood(a_standing(mode), taken_s=100.0)
    just_before = NOON + HOUR - timedelta(seconds=1)
    assert mode_now(stood, just_before, 3699.0, clock_trusted=True) is mode
    assert mode_now(stood, NOON + HOUR, 200.0, clock_trusted=True) is Mode.NORMAL


@pytest.mark.promise(6)
def test_without_a_trusted_clock_nothing_is_held_open_and_a_lock_down_goes_on() -> None:
    assert mode_now(Stood(a_standing(), 100.0), NOON, 101.0, clock_trusted=False) is Mode.NORMAL
    locked = Stood(a_standing(Mode.LOCK_DOWN), 100.0)
    assert mode_now(locked, NOON, 3699.0, clock_trusted=False) is Mode.LOCK_DOWN
    assert mode_now(locked, NOON, 3700.0, clock_trusted=False) is Mode.NORMAL


@pytest.mark.promise(3)
@given(
    wall=st.timedeltas(-timedelta(days=30), timedelta(days=30)),
    passed=st.floats(3600, 10**6),
    trusted=st.booleans(),
)
def test_no_clock_that_jumps_holds_a_door_longer_than_it_was_ordered(
    wall: timedelta, passed: float, trusted: bool
) -> None:
    stood = Stood(a_standing(), taken_s=0.0)
    assert mode_now(stood, NOON + wall, passed, trusted) is Mode.NORMAL
