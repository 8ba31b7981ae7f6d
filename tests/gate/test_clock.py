"""A gate's clock never goes behind what the gate already knows to be past."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clock import BUILT_AT, TOLERANCE, SystemClock, utc_now

MORNING = datetime(2027, 3, 1, 7, 30, tzinfo=UTC)


class Hands:
    """A wall clock and a monotonic clock that a test moves."""

    def __init__(self, wall: datetime) -> None:
        self.wall, self.seconds = wall, 100.0

    def pass_by(self, seconds: float, jump: timedelta = timedelta()) -> None:
        """Both clocks go on; the wall clock is set to another time as well."""
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds) + jump

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


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    "jump", [timedelta(hours=-5), timedelta(minutes=-3), timedelta(minutes=3), timedelta(days=400)]
)
def test_a_clock_that_was_set_to_another_time_is_not_believed_and_time_goes_on(jump: timedelta) -> None:
    hands = Hands(MORNING)
    clock = hands.clock()
    assert clock.trusted
    hands.pass_by(60, jump)
    assert not clock.trusted
    assert clock.now() == MORNING + timedelta(seconds=60)
    hands.wall -= jump
    assert clock.trusted


@pytest.mark.promise(7)
def test_the_server_confirms_a_clock_that_was_set_right() -> None:
    hands = Hands(MORNING)
    clock = hands.clock()
    assert clock.trusted
    hands.pass_by(10, timedelta(hours=2))
    assert not clock.trusted
    clock.hear(hands.wall - timedelta(seconds=1))
    assert clock.trusted
    assert clock.now() == hands.wall
    assert clock.offset == timedelta(seconds=-1)


@pytest.mark.promise(7)
def test_a_clock_far_ahead_of_the_server_is_not_believed_from_the_start() -> None:
    hands = Hands(MORNING + timedelta(days=1))
    clock = hands.clock()
    assert (clock.trusted, clock.offset) == (True, None)
    clock.hear(MORNING)
    assert not clock.trusted
    assert clock.now() == MORNING
    assert clock.offset == timedelta(days=-1)
    hands.pass_by(30, timedelta(days=-1))
    assert clock.trusted


@pytest.mark.promise(7)
def test_an_old_signed_time_that_comes_again_says_nothing() -> None:
    hands = Hands(MORNING)
    clock = hands.clock(floor=MORNING - timedelta(minutes=1))
    clock.hear(MORNING - timedelta(hours=3))
    assert clock.trusted
    assert clock.offset is None


@pytest.mark.promise(7)
@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(["pass", "jump", "hear", "replay"]),
            st.floats(0, 100_000),
            st.floats(-1e7, 1e7),
        ),
        max_size=20,
    )
)
def test_no_jump_and_no_replay_makes_a_trusted_clock_wrong(moves: list[tuple[str, float, float]]) -> None:
    """Once the server was heard, whatever is done to the wall clock: trusted means right, and never back."""
    hands, true = Hands(MORNING), MORNING
    clock = hands.clock()
    clock.hear(MORNING)
    assert clock.trusted
    last, heard = clock.now(), [MORNING]
    for what, seconds, jump in moves:
        if what == "pass":
            hands.pass_by(seconds)
            true += timedelta(seconds=seconds)
        elif what == "jump":
            hands.wall += timedelta(seconds=jump)
        elif what == "hear":
            heard.append(true)
            clock.hear(true)
        else:
            clock.hear(heard[int(seconds) % len(heard)])
        now, slack = clock.now(), timedelta(seconds=1)
        assert now >= last - slack - TOLERANCE
        last = now
        if clock.trusted:
            assert abs(now - true) <= 2 * TOLERANCE + slack


def test_time_is_aware_and_monotonic_seconds_pass() -> None:
    clock = SystemClock()
    assert utc_now().tzinfo is UTC
    assert clock.now().tzinfo is not None
    assert clock.monotonic() <= clock.monotonic()
