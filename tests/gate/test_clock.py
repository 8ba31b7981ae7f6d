"""A gate's clock never goes behind what the gate already knows to be past."""

from datetime import UTC, datetime, timedelta

import pytest

from gate.clock import BUILT_AT, SystemClock, utc_now

MORNING = datetime(2027, 3, 1, 7, 30, tzinfo=UTC)


class Hands:
    """A wall clock and a monotonic clock that a test moves."""

    def __init__(self, wall: datetime) -> None:
        self.wall, self.seconds = wall, 100.0

    def clock(self, floor: datetime | None = None) -> SystemClock:
        return SystemClock(floor, lambda: self.wall, lambda: self.seconds)


def test_a_good_wall_clock_is_simply_believed() -> None:
    clock = Hands(MORNING).clock(floor=MORNING - timedelta(hours=8))
    assert clock.now() == MORNING
    assert clock.trusted


@pytest.mark.promise(7)
def test_a_box_whose_battery_died_goes_on_from_the_journal_and_is_not_trusted() -> None:
    hands = Hands(datetime(1970, 1, 1, tzinfo=UTC))
    clock = hands.clock(floor=MORNING)
    hands.seconds += 30
    assert clock.now() == MORNING + timedelta(seconds=30)
    assert not clock.trusted


@pytest.mark.promise(7)
def test_without_a_journal_the_build_date_is_the_floor() -> None:
    assert Hands(datetime(1970, 1, 1, tzinfo=UTC)).clock().now() == BUILT_AT


def test_a_floor_before_the_build_date_changes_nothing() -> None:
    clock = Hands(datetime(1970, 1, 1, tzinfo=UTC)).clock(floor=BUILT_AT - timedelta(days=1))
    assert clock.now() == BUILT_AT


def test_trust_returns_once_the_wall_clock_has_been_set() -> None:
    hands = Hands(datetime(1970, 1, 1, tzinfo=UTC))
    clock = hands.clock(floor=MORNING)
    hands.wall = MORNING + timedelta(minutes=5)
    assert clock.trusted
    assert clock.now() == hands.wall


def test_a_small_step_back_is_borne() -> None:
    hands = Hands(MORNING - timedelta(seconds=119))
    clock = hands.clock(floor=MORNING)
    assert clock.trusted
    assert clock.now() == MORNING


def test_a_time_the_server_signed_raises_the_floor_and_never_lowers_it() -> None:
    clock = Hands(MORNING).clock()
    clock.not_before(MORNING + timedelta(hours=1))
    clock.not_before(MORNING)
    assert clock.now() == MORNING + timedelta(hours=1)
    assert not clock.trusted


def test_time_is_aware_and_monotonic_seconds_pass() -> None:
    clock = SystemClock()
    assert utc_now().tzinfo is UTC
    assert clock.now().tzinfo is not None
    assert clock.monotonic() <= clock.monotonic()
