"""Orders leave dispatch once, at once, and dead on time; what stands is said until it is over."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from admin.db.revision import generation, raise_generation
from admin.db.session import reading, writing
from admin.db.tables import GateOrder, GateState
from admin.dispatch.orders import LIFE_MS, LONGEST_WAIT_S, Orders, Times
from admin.dispatch.sightings import SILENT_AFTER_S, Sight
from admin.security.permissions import Role
from contracts.ids import BootId, GateId
from contracts.order import LONGEST_LIFE_MS, Mode, Operation, Order, Standing
from contracts.signing import SignedV1, open_signed, signing_key, trusted
from contracts.state import HealthV1, StageMs
from contracts.words import CameraState, DoorState
from gate.access.standing import Stood
from tests.admin.conftest import NOON, Town, an_account
from tests.admin.dispatch.register import FakeAnnouncer

KEY = signing_key(Ed25519PrivateKey.generate())
BELIEVED = trusted(KEY.private.public_key())
GATE = GateId("gate-main")


@dataclass
class Desk:
    """Dispatch's orders over a register; both clocks are the test's."""

    engine: Engine
    account: int
    announcer: FakeAnnouncer = field(default_factory=FakeAnnouncer)
    wall: datetime = NOON
    seconds: float = 1000.0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A new process: nothing is remembered."""
        times = Times(lambda: self.wall, lambda: self.seconds, lambda _seconds: True)
        self.orders = Orders(self.engine, KEY, self.announcer, times)

    def turn(self, after: float = 0.1) -> None:
        self.seconds += after
        self.wall += timedelta(seconds=after)
        self.orders.turn()

    def hear(self, monotonic_ms: int, boot: str = "b1") -> None:
        """A gate's report, as ingest keeps it."""
        report = HealthV1(
            gate=GATE,
            boot=BootId(boot),
            at=self.wall,
            monotonic_ms=monotonic_ms,
            camera=CameraState.SEEING,
            door=DoorState.SHUT,
            frames_per_s=10,
            stages=StageMs(),
            unsent=0,
            disk_free_mb=1,
            rss_mb=1,
            roster_version=1,
            people=1,
        )
        with writing(self.engine) as session:
            row = session.get(GateState, GATE) or GateState(gate_id=GATE, status="online", connection=1)
            row.health, row.health_at = report.encode().decode(), self.wall
            session.add(row)

    def ask(self, operation: str, until: datetime | None = None) -> UUID:
        with writing(self.engine) as session:
            row = GateOrder(
                id=uuid4(),
                gate_id=GATE,
                operation=operation,
                reason="visitor",
                account_id=self.account,
                asked_at=self.wall,
                until=until,
                generation=generation(session),
                state="asked",
            )
            session.add(row)
            session.flush()
            return row.id

    def put_back(self, forgotten: UUID | None = None) -> None:
        """The register as a backup had it, without the order that came later; `kaimen restored`; a new start."""
        with writing(self.engine) as session:
            session.execute(delete(GateOrder).where(GateOrder.id == forgotten))
            raise_generation(session, self.wall)
        self.announcer.connection += 1
        self.start()

    def fate(self, order: UUID) -> tuple[str, str | None]:
        with reading(self.engine) as session:
            row = session.scalars(select(GateOrder).where(GateOrder.id == order)).one()
            return row.state, row.why

    def answer(self, order: UUID, state: str) -> None:
        with writing(self.engine) as session:
            session.scalars(select(GateOrder).where(GateOrder.id == order)).one().state = state

    def sent(self) -> list[Order]:
        return [
            open_signed(SignedV1.decode(payload), Order, BELIEVED)
            for topic, payload in self.announcer.published
            if topic.endswith("/order")
        ]

    def standings(self) -> list[Standing]:
        return [
            open_signed(SignedV1.decode(payload), Standing, BELIEVED)
            for topic, payload in self.announcer.published
            if topic.endswith("/standing")
        ]


@pytest.fixture
def desk(engine: Engine, town: Town) -> Desk:
    with writing(engine) as session:
        guard = an_account("guard", Role.GUARD, town.compound)
        session.add(guard)
        session.flush()
        account = guard.id
    return Desk(engine, account)


@pytest.fixture
def ready(desk: Desk) -> Desk:
    """A gate that has just reported, and dispatch has looked."""
    desk.hear(50_000)
    desk.turn()
    return desk


@pytest.mark.promise(3)
def test_an_opening_names_boot_and_a_deadline_seconds_away_and_is_not_retained(ready: Desk) -> None:
    asked = ready.ask("open")
    ready.turn()
    (order,) = ready.sent()
    assert (order.id, order.operation, order.boot) == (asked, Operation.OPEN, BootId("b1"))
    assert order.deadline_ms == 50_000 + 100 + LIFE_MS
    assert ready.announcer.retained == [False]
    assert ready.fate(asked) == ("sent", None)
    ready.turn()
    assert len(ready.sent()) == 1


@pytest.mark.promise(3)
def test_an_order_that_lay_while_dispatch_was_down_is_never_sent(ready: Desk) -> None:
    asked = ready.ask("open")
    ready.start()
    ready.turn(after=1.0)
    assert ready.fate(asked) == ("expired", "too_late")
    assert ready.sent() == []


@pytest.mark.promise(3)
def test_no_wall_clock_that_jumps_back_makes_an_old_order_young(ready: Desk) -> None:
    asked = ready.ask("open")
    ready.wall -= timedelta(hours=1)
    ready.turn(after=LONGEST_WAIT_S + 1)
    assert ready.fate(asked) == ("expired", "too_late")


@pytest.mark.promise(3)
@pytest.mark.parametrize("jump", [timedelta(hours=-3), timedelta(hours=3)])
def test_no_wall_clock_that_jumps_moves_a_deadline(ready: Desk, jump: timedelta) -> None:
    ready.wall += jump
    ready.ask("open")
    ready.turn()
    assert [order.deadline_ms for order in ready.sent()] == [50_000 + 100 + LIFE_MS]


@pytest.mark.promise(3)
def test_nothing_waits_for_a_gate_that_is_away(ready: Desk) -> None:
    for _ in range(int(SILENT_AFTER_S) + 1):
        ready.turn(after=1.0)
    asked = ready.ask("open")
    ready.turn()
    assert ready.fate(asked) == ("expired", "gate_away")
    ready.hear(500_000, boot="b2")
    for _ in range(10):
        ready.turn()
    assert ready.sent() == []


@pytest.mark.promise(3)
def test_nothing_waits_for_a_broker_that_is_away(ready: Desk) -> None:
    ready.announcer.connection = 0
    asked = ready.ask("open")
    ready.turn()
    ready.announcer.connection = 2
    ready.turn()
    assert ready.fate(asked) == ("expired", "no_broker")
    assert ready.sent() == []


def test_a_silence_is_said_and_ends_nothing_else(ready: Desk) -> None:
    silent, answered = ready.ask("open"), ready.ask("close")
    ready.turn()
    ready.answer(answered, "done")
    for _ in range(13):
        ready.turn(after=1.0)
    assert (ready.fate(silent), ready.fate(answered)) == (("unknown", "no_answer"), ("done", None))


def test_a_restarted_gate_gets_orders_for_its_new_boot(ready: Desk) -> None:
    ready.hear(2_000, boot="b2")
    ready.turn(after=1.0)
    ready.ask("open")
    ready.turn()
    assert [order.boot for order in ready.sent()] == [BootId("b2")]


def test_a_job_is_said_again_until_it_is_answered_or_over(ready: Desk) -> None:
    asked = ready.ask("reboot", until=NOON + timedelta(hours=2))
    for _ in range(65):
        ready.turn(after=1.0)
    assert len(ready.sent()) == 3
    assert {(order.id, order.until) for order in ready.sent()} == {(asked, NOON + timedelta(hours=2))}
    ready.answer(asked, "done")
    for _ in range(40):
        ready.turn(after=1.0)
    assert len(ready.sent()) == 3


def test_a_job_waits_for_a_gate_that_is_away_and_ends_with_its_time(desk: Desk) -> None:
    asked = desk.ask("reboot", until=NOON + timedelta(minutes=1))
    desk.turn()
    assert (desk.fate(asked), desk.sent()) == (("asked", None), [])
    desk.turn(after=61.0)
    assert desk.fate(asked) == ("expired", "gate_away")


@pytest.mark.promise(3)
def test_what_stands_is_retained_for_gates_that_are_away_and_said_again_on_a_new_connection(
    desk: Desk,
) -> None:
    asked = desk.ask("lock_down", until=NOON + timedelta(hours=1))
    desk.turn()
    desk.turn()
    (standing,) = desk.standings()
    assert (standing.id, standing.mode, standing.until) == (
        asked,
        Mode.LOCK_DOWN,
        NOON + timedelta(hours=1),
    )
    assert desk.announcer.retained == [True]
    assert desk.fate(asked) == ("sent", None)
    desk.announcer.connection = 2
    desk.turn()
    assert [one.number for one in desk.standings()] == [standing.number] * 2


@pytest.mark.promise(3)
def test_a_release_outranks_what_stood_before_it(desk: Desk) -> None:
    desk.ask("lock_down", until=NOON + timedelta(hours=1))
    desk.turn()
    desk.ask("normal")
    desk.turn()
    locked, released = desk.standings()
    assert (released.mode, released.number > locked.number) == (Mode.NORMAL, True)


@pytest.mark.promise(3)
def test_what_is_over_before_the_broker_comes_back_is_not_said(desk: Desk) -> None:
    desk.announcer.connection = 0
    asked = desk.ask("hold_open", until=NOON + timedelta(minutes=1))
    desk.turn()
    desk.announcer.connection = 1
    desk.turn(after=120.0)
    assert desk.standings() == []
    assert desk.fate(asked) == ("expired", "gate_away")


@pytest.mark.promise(3)
@pytest.mark.promise(6)
def test_a_restored_register_holds_no_released_door_open(desk: Desk) -> None:
    held = desk.ask("hold_open", until=NOON + timedelta(hours=8))
    desk.turn()
    desk.answer(held, "accepted")
    released = desk.ask("normal")
    desk.turn()
    desk.put_back(forgotten=released)
    desk.turn()
    assert [one.mode for one in desk.standings()] == [Mode.HOLD_OPEN, Mode.NORMAL]
    assert desk.fate(held) == ("unknown", "restored")


@pytest.mark.promise(3)
@pytest.mark.promise(6)
def test_a_restored_register_releases_no_later_lock_down(desk: Desk) -> None:
    released = desk.ask("normal")
    desk.turn()
    desk.answer(released, "done")
    locked = desk.ask("lock_down", until=NOON + timedelta(hours=8))
    desk.turn()
    desk.put_back(forgotten=locked)
    desk.turn()
    assert [one.mode for one in desk.standings()] == [Mode.NORMAL, Mode.LOCK_DOWN]
    assert desk.fate(released) == ("done", None)


@pytest.mark.promise(3)
def test_a_restored_register_says_lock_downs_again_and_none_over_what_a_gate_learnt_later(desk: Desk) -> None:
    desk.ask("lock_down", until=NOON + timedelta(hours=1))
    desk.turn()
    later = desk.ask("lock_down", until=NOON + timedelta(hours=8))
    desk.turn()
    desk.put_back(forgotten=later)
    desk.turn()
    first, learnt, again = desk.standings()
    assert (again.id, again.mode) == (first.id, Mode.LOCK_DOWN)
    assert Stood(learnt, taken_s=0).outranks(again)
    desk.ask("normal")
    desk.turn()
    assert not Stood(learnt, taken_s=0).outranks(desk.standings()[-1])


@pytest.mark.promise(3)
def test_a_restored_register_sends_no_job_of_before_again(ready: Desk) -> None:
    asked = ready.ask("reboot", until=NOON + timedelta(hours=4))
    ready.turn()
    ready.put_back()
    ready.hear(60_000)
    ready.turn(after=1.0)
    assert (len(ready.sent()), ready.fate(asked)) == (1, ("unknown", "restored"))


@pytest.mark.promise(3)
@given(
    delay=st.floats(0, 60),
    waits=st.floats(0, LONGEST_WAIT_S),
    drift=st.floats(-0.001, 0.001),
    since=st.floats(0, SILENT_AFTER_S),
)
def test_a_deadline_is_never_more_than_ten_seconds_after_somebody_pressed(
    delay: float, waits: float, drift: float, since: float
) -> None:
    """On the gate's own clock: `delay` from its report to dispatch, `since` then until the signature."""
    written_ms = 1_000_000
    sight = Sight(BootId("b1"), written_ms, seen_s=500.0)
    truly_ms = written_ms + (delay + since) * 1000 * (1 + drift)
    pressed_ms = truly_ms - waits * 1000
    deadline_ms = sight.gate_ms(500.0 + since) + LIFE_MS
    slack_ms = (delay + since) * 1000 * 0.001 + 1
    assert deadline_ms <= pressed_ms + LONGEST_LIFE_MS + slack_ms
