"""From an order in the register through dispatch and a real broker to a gate's door, and its answer back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from admin.db.session import reading, writing
from admin.db.tables import Account, GateOrder
from admin.dispatch.provision import GateSecrets
from admin.security.keys import load_verify_key
from contracts.ids import BootId, GateId, ModelId
from contracts.order import Mode, OrderFault
from contracts.signing import trusted
from contracts.state import HealthV1, StageMs, StateV1
from contracts.topics import HEALTH
from contracts.words import CameraState, DoorState, GateStatus
from gate.access.orders import Fate, refused
from gate.clock import SystemClock
from gate.mqtt.inbox import Inbox, Listeners, PinnedKeys
from gate.mqtt.link import Link, LinkSettings
from gate.orders import Hands, OrderDesk, Who
from gate.store.orders import OrderBook
from gate.warden import Charge, Warden
from tests.gate.at_the_gate import AtTheGate
from tests.integration.brokers import Program, until
from tests.integration.running import House

pytestmark = pytest.mark.real
Started = Callable[[Program], Program]
BOOT = BootId("b1")


class NoPictures:
    """A gate whose camera shows nothing."""

    def take(self, order: UUID, then: Callable[[Fate], None]) -> Fate | None:
        del order, then
        return refused(OrderFault.CAMERA_LOST)


@dataclass
class RealGate:
    """A gate's link, inbox and order desk as the gate runs them; its door and record are a test's."""

    house: House
    secrets: GateSecrets
    folder: Path
    clock: SystemClock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        self.parts = AtTheGate(clock=self.clock)  # type: ignore[arg-type]
        self.book = OrderBook(self.folder / "orders.sqlite3")
        self.connect()

    def connect(self) -> None:
        """A new connection of the same boot, as after a cut network."""
        parts, stance, gate = self.parts, self.parts.iron.stance, GateId(self.secrets.gate)
        papers = self.house.papers_of(self.secrets.broker.name)
        settings = LinkSettings(
            "127.0.0.1",
            self.house.broker.port,
            username=self.secrets.broker.name,
            password=SecretStr(self.secrets.broker.password),
            slowest_retry_s=1,
            ca_file=papers.get("ca_file"),
            certificate_file=papers.get("certificate_file"),
            key_file=papers.get("key_file"),
        )
        will = StateV1(
            gate=gate,
            status=GateStatus.OFFLINE,
            boot=BOOT,
            connection=0,
            at=self.clock.now(),
            software="1",
            model=ModelId("sface-1"),
        )
        self.link = Link(settings, gate, self.house.compound, BOOT, will)
        charge = Charge(parts.door, stance, parts.stage, parts.health, self.clock, self.report)
        self.warden = Warden(self.book, charge, parts.attendant)
        hands = Hands(parts.attendant, parts.door, stance, self.warden, self.link, self.report, NoPictures())
        self.desk = OrderDesk(Who(gate, BOOT, self.clock), self.book, hands)
        key = trusted(load_verify_key(self.house.public / "order.pub"))
        listeners = Listeners(lambda _body, _kept: None, lambda _: None, self.desk)
        self.link.listen(Inbox(gate, self.house.compound, PinnedKeys({}, {}, key), listeners).take)
        self.desk.start(restart=lambda: None)
        self.link.start(self.clock.now)
        until(lambda: self.link.is_up)

    def report(self) -> None:
        self.link.publish(
            HEALTH,
            HealthV1(
                gate=GateId(self.secrets.gate),
                boot=BOOT,
                at=self.clock.now(),
                monotonic_ms=int(self.clock.monotonic() * 1000),
                camera=CameraState.SEEING,
                door=DoorState.SHUT,
                frames_per_s=10,
                stages=StageMs(),
                unsent=0,
                disk_free_mb=1,
                rss_mb=1,
                roster_version=1,
                people=1,
            ),
        )

    def cut_off(self) -> None:
        self.link.stop()
        self.desk.stop()

    def close(self) -> None:
        self.cut_off()
        self.book.close()


@dataclass
class Desk:
    """Whoever puts orders down."""

    house: House
    secrets: GateSecrets
    account: int

    def ask(self, operation: str, until_: datetime | None = None) -> UUID:
        with writing(self.house.engine) as session:
            row = GateOrder(
                id=uuid4(),
                gate_id=self.secrets.gate,
                operation=operation,
                reason="visitor",
                account_id=self.account,
                asked_at=datetime.now(UTC),
                until=until_,
                state="asked",
            )
            session.add(row)
            session.flush()
            return row.id

    def state(self, order: UUID) -> str:
        with reading(self.house.engine) as session:
            return session.scalars(select(GateOrder.state).where(GateOrder.id == order)).one()

    def opens(self) -> UUID:
        """Asks until the gate has opened: the first order may come before dispatch knows the gate's clock."""
        asked: list[UUID] = []

        def done() -> bool:
            if not asked or self.state(asked[-1]) in ("expired", "refused"):
                asked.append(self.ask("open"))
            return self.state(asked[-1]) == "done"

        until(done)
        return asked[-1]


@pytest.fixture
def desk(house: House, started: Started) -> Desk:
    secrets = house.add_gate("gate-a")
    for program, ready in ((house.ingest(), b"ingest listens"), (house.dispatch(), b"broker connected")):
        started(program)
        until(lambda program=program, ready=ready: ready in program.log.read_bytes())
    with writing(house.engine) as session:
        guard = Account(
            login="guard",
            name="guard",
            password_hash="-",
            role="guard",
            session_number=1,
            added_at=datetime.now(UTC),
        )
        session.add(guard)
        session.flush()
        return Desk(house, secrets, guard.id)


@pytest.fixture
def gate(house: House, desk: Desk, tmp_path: Path) -> Iterator[RealGate]:
    gate = RealGate(house, desk.secrets, tmp_path)
    gate.report()
    yield gate
    gate.close()


@pytest.mark.promise(3)
def test_an_order_for_a_gate_that_is_away_does_not_open_when_it_comes_back(
    desk: Desk, gate: RealGate
) -> None:
    first = desk.opens()
    gate.cut_off()
    missed = desk.ask("open")
    until(lambda: desk.state(missed) == "sent")
    locked = desk.ask("lock_down", datetime.now(UTC) + timedelta(hours=1))
    until(lambda: desk.state(locked) == "sent")
    gate.connect()
    until(lambda: desk.state(locked) == "accepted")
    gate.warden.look()
    assert gate.parts.iron.stance.mode is Mode.LOCK_DOWN
    last = desk.opens()
    opened = [what.id for _, what in gate.parts.records.passages]
    assert opened == [first, last]
    assert len(gate.parts.door.pulses) == 2
    assert desk.state(missed) in ("sent", "unknown")
