"""Orders at a gate: each obeyed once and in time, whatever is repeated, delayed, kept or restarted (promise 3)."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.ids import BootId, GateId, StaffId, uuid7
from contracts.order import LONGEST_LIFE_MS, Mode, Operation, Order, OrderFault, OrderOutcome, ResultV1
from contracts.passage import PassageWho
from contracts.topics import RESULT, Topic
from contracts.wire import Message
from contracts.words import AlarmKind, Method, Outcome
from gate.access.orders import ACCEPTED, DONE, EXPIRED, Fate, refused
from gate.orders import MOST_WAITING, Hands, OrderDesk, Who
from gate.store.orders import OrderBook
from gate.warden import Charge, Warden
from tests.gate.at_the_gate import EAST, HOUR, NOON, AtTheGate

GUARD = StaffId("account-3")


class FakeLink:
    """Notes results; `down` is a link without a connection."""

    def __init__(self) -> None:
        self.results: list[ResultV1] = []
        self.down = False

    def publish(self, topic: Topic, payload: Message) -> bool:
        assert topic == RESULT
        assert isinstance(payload, ResultV1)
        if not self.down:
            self.results.append(payload)
        return not self.down


class FakePictures:
    """Notes orders for pictures; what becomes of them a test says. `lost` is a camera without a picture."""

    def __init__(self) -> None:
        self.taken: list[tuple[UUID, Callable[[Fate], None]]] = []
        self.lost = False

    def take(self, order: UUID, then: Callable[[Fate], None]) -> Fate | None:
        if self.lost:
            return refused(OrderFault.CAMERA_LOST)
        self.taken.append((order, then))
        return None


@dataclass
class Post:
    """A gate with an order desk over a real book, which can be started again."""

    folder: Path
    gate: AtTheGate = field(default_factory=AtTheGate)
    link: FakeLink = field(default_factory=FakeLink)
    pictures: FakePictures = field(default_factory=FakePictures)
    boots: int = 0
    reports: int = 0
    restarts: int = 0

    def __post_init__(self) -> None:
        self.book = OrderBook(self.folder / "orders.sqlite3")
        self.start()

    def start(self) -> None:
        """A new start of the process, with the same disk."""
        self.boots += 1
        self.book.close()
        self.book = OrderBook(self.folder / "orders.sqlite3")
        gate, stance = self.gate, self.gate.iron.stance
        charge = Charge(gate.door, stance, gate.stage, gate.health, gate.clock, self._report)
        warden = Warden(self.book, charge, gate.attendant)
        hands = Hands(gate.attendant, gate.door, stance, warden, self.link, self._report, self.pictures)
        self.desk = OrderDesk(Who(EAST, self.boot, gate.clock), self.book, hands)

    @property
    def boot(self) -> BootId:
        return BootId(f"boot-{self.boots}")

    @property
    def now_ms(self) -> int:
        return int(self.gate.clock.monotonic() * 1000)

    def order(self, operation: Operation = Operation.OPEN, **fields: Any) -> Order:
        """For this boot, six seconds to live."""
        plain: dict[str, Any] = {"boot": self.boot, "deadline_ms": self.now_ms + 6000}
        return Order(id=uuid7(), gate=EAST, operation=operation, by=GUARD, **{**plain, **fields})

    def job(self, hours: int = 2) -> Order:
        return self.order(
            Operation.REBOOT, boot=None, deadline_ms=None, until=self.gate.clock.now() + hours * HOUR
        )

    def work(self) -> None:
        """The desk's thread, until all that waits is done."""
        self.desk.start(restart=self._restart)
        while not self.desk._errands._waiting.empty():
            pass
        self.desk.stop()

    def _report(self) -> None:
        self.reports += 1

    def _restart(self) -> None:
        self.restarts += 1


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    post = Post(tmp_path)
    yield post
    post.book.close()


@pytest.mark.promise(1)
@pytest.mark.promise(3)
def test_an_order_opens_once_and_is_recorded_before_the_door_moves_with_who_ordered_it(post: Post) -> None:
    order = post.order()
    assert post.desk.obey(order, retained=False) == DONE
    assert post.gate.diary == ["passage granted", "pulse", "pulse noted True"]
    (who, what) = post.gate.records.passages[0]
    assert (who, what.id, what.method) == (PassageWho(staff=GUARD), order.id, Method.GUARD)
    assert post.desk.obey(order, retained=False) == refused(OrderFault.REPEATED)
    assert len(post.gate.door.pulses) == 1


@pytest.mark.promise(3)
def test_a_restart_forgets_no_order_and_obeys_none_of_the_boot_before(post: Post) -> None:
    order, unused = post.order(), post.order()
    post.desk.obey(order, retained=False)
    post.start()
    assert post.desk.obey(order, retained=False) == refused(OrderFault.OTHER_BOOT)
    assert post.desk.obey(unused, retained=False) == refused(OrderFault.OTHER_BOOT)
    same_boot = order.model_copy(update={"boot": post.boot})
    assert post.desk.obey(same_boot, retained=False) == refused(OrderFault.REPEATED)
    assert len(post.gate.door.pulses) == 1


@pytest.mark.promise(1)
def test_without_a_record_an_order_opens_nothing_and_says_so(post: Post) -> None:
    post.gate.records.full = True
    assert post.desk.obey(post.order(), retained=False) == refused(OrderFault.NO_RECORD)
    assert post.gate.door.pulses == []


def test_a_relay_that_is_silent_leaves_it_unknown(post: Post) -> None:
    post.gate.door.broken = True
    unknown = Fate(OrderOutcome.UNKNOWN, OrderFault.DOOR_FAULT)
    assert post.desk.obey(post.order(), retained=False) == unknown
    assert post.desk.obey(post.order(Operation.CLOSE), retained=False) == unknown


@pytest.mark.promise(3)
def test_an_order_that_waited_for_its_turn_beyond_its_deadline_opens_nothing(post: Post) -> None:
    order = post.order()
    held = post.book.take

    def slow(order_id: UUID, job: bool = False) -> bool:
        post.gate.clock.forward(7.0)
        return held(order_id, job)

    post.book.take = slow  # type: ignore[method-assign]
    assert post.desk.obey(order, retained=False) == EXPIRED
    assert (post.gate.door.pulses, post.gate.records.passages) == ([], [])


@pytest.mark.promise(3)
def test_a_disk_that_hangs_over_the_deadline_leaves_a_record_that_nothing_moved(post: Post) -> None:
    records, order = post.gate.records, post.order()
    write = records.write_passage

    def slow(who: PassageWho, what: Any) -> Any:
        post.gate.clock.forward(7.0)
        return write(who, what)

    records.write_passage = slow  # type: ignore[method-assign]
    assert post.desk.obey(order, retained=False) == EXPIRED
    assert post.gate.door.pulses == []
    assert records.pulses == [(order.id, False)]
    assert records.alarms == [AlarmKind.DOOR_FAULT]


def test_close_ends_a_pulse_but_not_what_stands(post: Post) -> None:
    assert post.desk.obey(post.order(Operation.CLOSE), retained=False) == DONE
    assert post.gate.diary == ["shut"]
    post.gate.iron.stance.mode = Mode.HOLD_OPEN
    close = post.order(Operation.CLOSE)
    assert post.desk.obey(close, retained=False) == refused(OrderFault.HELD_OPEN)


def test_a_guard_opens_in_a_lock_down_too(post: Post) -> None:
    post.gate.iron.stance.mode = Mode.LOCK_DOWN
    assert post.desk.obey(post.order(), retained=False) == DONE


def test_answers_go_to_the_server_with_the_gates_own_clocks(post: Post) -> None:
    order = post.order()
    post.desk.order(order, retained=True)
    post.desk.refuse(order.id, OrderFault.BAD_SIGNATURE)
    post.work()
    said = [(one.order, one.outcome, one.why) for one in post.link.results]
    assert said == [
        (order.id, OrderOutcome.REFUSED, OrderFault.RETAINED),
        (order.id, OrderOutcome.REFUSED, OrderFault.BAD_SIGNATURE),
    ]
    assert (post.link.results[0].boot, post.link.results[0].monotonic_ms) == (post.boot, post.now_ms)


@pytest.mark.promise(3)
def test_a_mistimed_order_makes_the_gate_tell_its_clock_again(post: Post) -> None:
    mistimed: list[dict[str, Any]] = [
        {"deadline_ms": post.now_ms},
        {"boot": BootId("old")},
        {"deadline_ms": post.now_ms + 99_999},
    ]
    for fields in mistimed:
        post.desk.order(post.order(**fields), retained=False)
    post.desk.order(post.order(), retained=False)
    post.work()
    assert post.reports == 3
    assert len(post.gate.door.pulses) == 1


def test_a_flood_is_not_kept(post: Post) -> None:
    for _ in range(MOST_WAITING + 50):
        post.desk.order(post.order(), retained=False)
    post.work()
    assert len(post.link.results) <= MOST_WAITING


def test_a_job_ends_this_process_once_and_the_next_start_says_it_is_done(post: Post) -> None:
    job = post.job()
    post.desk.order(job, retained=False)
    post.desk.order(job, retained=False)
    post.work()
    assert post.restarts == 1
    assert [one.outcome for one in post.link.results] == [OrderOutcome.ACCEPTED] * 2
    post.start()
    post.link.down = True
    post.desk.say_finished()
    post.work()
    post.link.down = False
    post.desk.say_finished()
    post.desk.say_finished()
    post.work()
    assert [(one.order, one.outcome) for one in post.link.results[2:]] == [(job.id, OrderOutcome.DONE)]
    assert post.desk.obey(job, retained=False) == DONE
    assert post.restarts == 1


@pytest.mark.promise(3)
def test_a_job_whose_time_is_over_is_not_begun(post: Post) -> None:
    job = post.job(hours=1)
    post.gate.clock.forward(3600)
    assert post.desk.obey(job, retained=False) == EXPIRED
    post.gate.clock.trusted = False
    assert post.desk.obey(post.job(), retained=False) == refused(OrderFault.NO_CLOCK)


Step = tuple[str, float]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("press"), st.just(0.0)),
        st.tuples(st.just("deliver"), st.integers(0, 5).map(float)),
        st.tuples(st.just("deliver kept"), st.integers(0, 5).map(float)),
        st.tuples(st.just("wait"), st.floats(0, 15)),
        st.tuples(st.just("jump"), st.floats(-1e6, 1e6)),
        st.tuples(st.just("restart"), st.just(0.0)),
    ),
    max_size=30,
)


@pytest.mark.promise(3)
@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_no_delay_repeat_restart_kept_copy_or_clock_jump_opens_late_or_twice(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        post = Post(Path(folder))
        orders: list[tuple[Order, int]] = []
        opened: list[tuple[UUID, int]] = []
        for what, value in steps:
            if what == "press":
                orders.append((post.order(), post.boots))
            elif what.startswith("deliver") and orders:
                order, _ = orders[int(value) % len(orders)]
                if post.desk.obey(order, retained="kept" in what) == DONE:
                    assert "kept" not in what
                    opened.append((order.id, post.now_ms))
            elif what == "wait":
                post.gate.clock.forward(value)
            elif what == "jump":
                post.gate.clock.wall = NOON + timedelta(seconds=value)
            elif what == "restart":
                post.start()
        post.book.close()
    assert len(post.gate.door.pulses) == len(opened) == len({order for order, _ in opened})
    deadlines = {order.id: order.deadline_ms or 0 for order, _ in orders}
    assert all(at < deadlines[order] for order, at in opened)
    assert all(at <= deadlines[order] - 6000 + LONGEST_LIFE_MS for order, at in opened)


@pytest.mark.promise(3)
def test_an_order_for_another_gate_is_refused(post: Post) -> None:
    other = post.order().model_copy(update={"gate": GateId("west")})
    assert post.desk.obey(other, retained=False) == refused(OrderFault.WRONG_GATE)


def test_the_welcome_of_a_manual_opening_stands_on_the_screen(post: Post) -> None:
    post.desk.obey(post.order(), retained=False)
    answer = post.gate.stage.board().answer
    assert answer is not None
    assert (answer.outcome, answer.method) == (Outcome.GRANTED, Method.GUARD)
    assert post.desk.obey(post.job(), retained=False) == ACCEPTED


@pytest.mark.promise(3)
def test_a_picture_is_taken_once_and_answered_when_it_has_arrived(post: Post) -> None:
    order = post.order(Operation.TEST_PICTURE)
    post.desk.order(order, retained=False)
    post.work()
    assert post.link.results == []
    ((of, then),) = post.pictures.taken
    assert of == order.id
    then(DONE)
    post.work()
    assert [(one.order, one.outcome) for one in post.link.results] == [(order.id, OrderOutcome.DONE)]
    assert post.desk.obey(order, retained=False) == refused(OrderFault.REPEATED)
    assert len(post.pictures.taken) == 1
    assert post.gate.door.pulses == []


@pytest.mark.promise(3)
def test_a_late_or_kept_order_takes_no_picture(post: Post) -> None:
    late = post.order(Operation.TEST_PICTURE, deadline_ms=post.now_ms)
    assert post.desk.obey(late, retained=False) == EXPIRED
    assert post.desk.obey(post.order(Operation.TEST_PICTURE), retained=True) == refused(OrderFault.RETAINED)
    assert post.pictures.taken == []


def test_without_a_camera_a_picture_is_refused(post: Post) -> None:
    post.pictures.lost = True
    order = post.order(Operation.TEST_PICTURE)
    assert post.desk.obey(order, retained=False) == refused(OrderFault.CAMERA_LOST)
