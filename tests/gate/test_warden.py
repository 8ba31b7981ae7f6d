"""Lock-down, hold-open, fire and the exit button: what a gate stands under, and how people get out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.ids import StaffId, uuid7
from contracts.order import Mode, OrderFault, Standing
from contracts.passage import PassageWho
from contracts.words import AlarmKind, Direction, Method, Outcome, Reason
from gate.access.claim import Claim
from gate.access.orders import ACCEPTED, DONE, EXPIRED, refused
from gate.access.rights import Rights
from gate.door.contact import Event
from gate.screen.words import Condition
from gate.store.orders import OrderBook
from gate.warden import HOLD_EVERY_S, HOLD_PULSE_S, Charge, Warden
from tests.gate.at_the_gate import EAST, HOUR, NOON, WANG, AtTheGate, a_roster

MANAGER = StaffId("account-1")
RESIDENT = Claim(Method.PIN, person=WANG)


@dataclass
class Watch:
    """A gate under a warden; its book is on disk."""

    folder: Path
    gate: AtTheGate = field(default_factory=AtTheGate)
    reports: int = 0

    def __post_init__(self) -> None:
        self.gate.known.rights = Rights.of(a_roster())
        self.book = OrderBook(self.folder / "orders.sqlite3")
        self.start()

    def start(self) -> None:
        """A new start of the process on the same disk."""
        gate = self.gate
        gate.iron.stance.mode = Mode.NORMAL
        charge = Charge(gate.door, gate.iron.stance, gate.stage, gate.health, gate.clock, self._report)
        self.warden = Warden(self.book, charge, gate.attendant)

    def _report(self) -> None:
        self.reports += 1

    def order(self, mode: Mode, number: int = 1, lasts: timedelta = HOUR) -> Standing:
        now = self.gate.clock.now()
        return Standing(
            id=uuid7(),
            gate=EAST,
            generation=1,
            number=number,
            mode=mode,
            by=MANAGER,
            at=now,
            until=now + lasts,
        )

    def look(self, after: float = 0.1, times: int = 1) -> None:
        for _ in range(times):
            self.gate.clock.forward(after)
            self.warden.look()

    def say(self, *events: Event) -> None:
        self.gate.door.events = list(events)
        self.look()


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path)
    yield watch
    watch.book.close()


def answered(watch: Watch, claim: Claim = RESIDENT) -> tuple[Outcome, Reason | None]:
    answer = watch.gate.attendant.attend(claim)
    return answer.outcome, answer.reason


def test_a_lock_down_lets_nobody_in_until_it_ends_by_itself(watch: Watch) -> None:
    assert watch.warden.take(watch.order(Mode.LOCK_DOWN)) == ACCEPTED
    watch.look()
    assert answered(watch) == (Outcome.DENIED, Reason.LOCK_DOWN)
    assert Condition.LOCK_DOWN in watch.gate.stage.board().conditions
    watch.look(after=3600)
    assert answered(watch) == (Outcome.GRANTED, None)
    assert watch.gate.records.alarms == [AlarmKind.LOCK_DOWN, AlarmKind.RELEASED]
    assert watch.reports == 2


@pytest.mark.promise(13)
@pytest.mark.parametrize(
    ("direction", "free_exit", "outcome"),
    [
        (Direction.OUT, False, Outcome.GRANTED),
        (Direction.BOTH, False, Outcome.GRANTED),
        (Direction.BOTH, True, Outcome.DENIED),
        (Direction.IN, False, Outcome.DENIED),
    ],
)
def test_a_lock_down_never_refuses_the_way_out(
    tmp_path: Path, direction: Direction, free_exit: bool, outcome: Outcome
) -> None:
    watch = Watch(tmp_path, AtTheGate(direction=direction, free_exit=free_exit))
    watch.warden.take(watch.order(Mode.LOCK_DOWN))
    watch.look()
    assert answered(watch)[0] is outcome
    watch.book.close()


@pytest.mark.promise(13)
def test_the_exit_button_opens_in_a_lock_down_and_is_recorded_first(watch: Watch) -> None:
    watch.warden.take(watch.order(Mode.LOCK_DOWN))
    watch.look()
    watch.gate.diary.clear()
    watch.say(Event.EXIT)
    assert watch.gate.diary == ["passage granted", "pulse", "pulse noted True"]
    (who, what) = watch.gate.records.passages[-1]
    assert (who, what.method, what.direction) == (PassageWho(), Method.EXIT, Direction.OUT)


@pytest.mark.promise(13)
def test_the_exit_button_opens_in_a_lock_down_although_nothing_can_be_recorded(watch: Watch) -> None:
    watch.warden.take(watch.order(Mode.LOCK_DOWN))
    watch.look()
    watch.gate.records.full = True
    watch.say(Event.EXIT)
    assert watch.gate.door.pulses == [3.0]
    assert Condition.NO_RECORD in watch.gate.stage.board().conditions
    assert answered(watch) == (Outcome.DENIED, Reason.NO_RECORD)


@pytest.mark.promise(13)
def test_in_a_fire_the_screen_says_the_door_is_open_and_everybody_passes(watch: Watch) -> None:
    watch.warden.take(watch.order(Mode.LOCK_DOWN))
    watch.look()
    watch.say(Event.FIRE)
    assert Condition.FIRE in watch.gate.stage.board().conditions
    stranger = Claim(Method.FACE, doubt=Reason.UNKNOWN)
    assert answered(watch, stranger) == (Outcome.GRANTED, Reason.FIRE)
    watch.say(Event.FIRE_OVER)
    assert answered(watch, stranger) == (Outcome.DENIED, Reason.LOCK_DOWN)
    assert watch.gate.records.alarms == [AlarmKind.LOCK_DOWN, AlarmKind.FIRE, AlarmKind.FIRE_OVER]


@pytest.mark.promise(13)
def test_a_fire_is_known_even_where_nothing_can_be_recorded(watch: Watch) -> None:
    watch.gate.records.full = True
    watch.say(Event.FIRE)
    assert watch.gate.iron.stance.fire


@pytest.mark.promise(13)
def test_in_a_fire_nobody_is_told_that_the_door_is_shut_because_nothing_can_be_recorded(watch: Watch) -> None:
    watch.gate.records.full = True
    watch.say(Event.FIRE)
    assert answered(watch, Claim(Method.FACE, doubt=Reason.UNKNOWN)) == (Outcome.GRANTED, Reason.FIRE)
    assert watch.gate.door.pulses == []
    watch.say(Event.FIRE_OVER)
    assert answered(watch) == (Outcome.DENIED, Reason.NO_RECORD)


@pytest.mark.promise(1)
@pytest.mark.promise(13)
def test_a_door_held_open_is_recorded_first_and_held_by_pulses_that_end_by_themselves(watch: Watch) -> None:
    assert watch.warden.take(watch.order(Mode.HOLD_OPEN)) == ACCEPTED
    watch.look()
    assert watch.gate.diary[:3] == ["passage granted", "pulse", "pulse noted True"]
    assert watch.gate.records.passages[0][0] == PassageWho(staff=MANAGER)
    watch.look(after=1.0, times=20)
    pulses = watch.gate.door.pulses
    assert pulses[1:] == [HOLD_PULSE_S] * (len(pulses) - 1)
    assert len(pulses) - 1 == 6
    assert HOLD_EVERY_S < HOLD_PULSE_S
    assert len(watch.gate.records.passages) == 1


@pytest.mark.promise(3)
def test_a_hold_ends_by_itself_and_the_door_is_shut(watch: Watch) -> None:
    watch.warden.take(watch.order(Mode.HOLD_OPEN, lasts=timedelta(minutes=1)))
    watch.look()
    watch.look(after=61.0)
    held = len(watch.gate.door.pulses)
    assert watch.gate.diary[-1] == "shut"
    watch.look(after=5.0, times=5)
    assert len(watch.gate.door.pulses) == held


@pytest.mark.promise(1)
def test_without_a_record_nothing_is_held_open_until_there_is_one(watch: Watch) -> None:
    watch.gate.records.full = True
    watch.warden.take(watch.order(Mode.HOLD_OPEN))
    watch.look(times=20)
    assert watch.gate.door.pulses == []
    watch.gate.records.full = False
    watch.look(after=HOLD_EVERY_S)
    assert len(watch.gate.door.pulses) == 2


def test_a_release_ends_at_once_and_an_older_order_changes_nothing(watch: Watch) -> None:
    locked = watch.order(Mode.LOCK_DOWN, number=4)
    watch.warden.take(locked)
    watch.look()
    assert watch.warden.take(watch.order(Mode.NORMAL, number=5)) == DONE
    watch.look()
    assert answered(watch)[0] is Outcome.GRANTED
    assert watch.warden.take(locked) == refused(OrderFault.STALE)
    watch.look()
    assert answered(watch)[0] is Outcome.GRANTED


@pytest.mark.promise(3)
def test_a_restart_goes_on_with_what_stands_and_not_with_what_is_over(watch: Watch) -> None:
    watch.warden.take(watch.order(Mode.LOCK_DOWN))
    watch.start()
    watch.look()
    assert answered(watch) == (Outcome.DENIED, Reason.LOCK_DOWN)
    watch.gate.clock.forward(3600)
    watch.start()
    watch.look()
    assert answered(watch)[0] is Outcome.GRANTED


@pytest.mark.promise(3)
def test_a_gate_that_was_away_is_not_put_under_what_is_over(watch: Watch) -> None:
    hold = watch.order(Mode.HOLD_OPEN)
    watch.gate.clock.forward(3600)
    assert watch.warden.take(hold) == EXPIRED
    watch.look(times=3)
    assert watch.gate.door.pulses == []


@pytest.mark.promise(6)
def test_a_gate_without_a_clock_holds_nothing_open_and_says_why(watch: Watch) -> None:
    watch.gate.clock.trusted = False
    assert watch.warden.take(watch.order(Mode.HOLD_OPEN)) == refused(OrderFault.NO_CLOCK)
    watch.look(times=3)
    assert watch.gate.door.pulses == []


def test_the_same_order_said_again_does_not_begin_anew(watch: Watch) -> None:
    locked = watch.order(Mode.LOCK_DOWN)
    watch.warden.take(locked)
    watch.look(after=1800)
    again = locked.model_copy(update={"at": NOON + timedelta(minutes=30)})
    assert watch.warden.take(again) == ACCEPTED
    watch.gate.clock.trusted = False
    watch.look(after=1801)
    assert answered(watch)[0] is Outcome.GRANTED


def test_forcing_holding_and_tampering_are_alarms(watch: Watch) -> None:
    watch.say(Event.FORCED, Event.HELD_OPEN, Event.TAMPER)
    assert watch.gate.records.alarms == [AlarmKind.FORCED, AlarmKind.HELD_OPEN, AlarmKind.TAMPER]
    assert watch.gate.door.pulses == []
