"""Gates with full journals, in a process of their own: journal, link, inbox and sender are the product's; nobody
stands before a camera. Their disks are in memory where there is room, because the server's disk is not the gates'.

The first argument names a file as `Row` writes it. Commands come on stdin, answers go to stdout, a line each:

`fill COUNT` → `filled`: a fresh journal at every gate, with so many passages in all, and a connection to the broker;
`ahead` → `sent`: everything once to the broker, without waiting for receipts; then the gates are gone, so that none of
them works for the receipts it would get while ingest is timed;
`along` → `receipted SECONDS CPU_S`: as gates send, from the first link to the last one whose receipt was obeyed, and
the processor's seconds of this process meanwhile; `empty` → `emptied`: connections and journals are gone.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Base64Bytes, BaseModel, Field, SecretStr

from bench.line import say, until
from contracts.ids import BootId, CompoundId, GateId, ModelId, PersonId, uuid7
from contracts.order import Order, OrderFault, Standing
from contracts.passage import PassageWhat, PassageWho
from contracts.signing import trusted
from contracts.state import StateV1
from contracts.topics import Topic
from contracts.wire import Message
from contracts.words import Direction, GateStatus, Method, Outcome
from gate.clock import SystemClock
from gate.mqtt.inbox import Inbox, Listeners, PinnedKeys
from gate.mqtt.link import Link, LinkSettings
from gate.mqtt.sender import Patience, Sender
from gate.store.journal import AlarmStamp, Journal

IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - Linux's disk in memory
BYTES_A_PASSAGE: Final = 6_000  # a journal's 2,600 with its index, and as much again for its log
LONGEST_S: Final = 300.0
LOOK_EVERY_S: Final = 0.01
FULL_S: Final = 0.001  # to a connection that takes nothing more just now
NO_PATIENCE: Final = Patience(0.0, 0.0)


class Account(BaseModel):
    """A gate, and who it is at the broker."""

    gate: GateId
    user: str
    password: str = Field(repr=False)


class Row(BaseModel):
    """All gates of a measurement. `receipts` is the public key they believe."""

    port: int
    compound: CompoundId
    receipts: Base64Bytes
    gates: list[Account]


class CountedLink:
    """A gate's link, and how many links of the chain it took."""

    def __init__(self, link: Link) -> None:
        self._link, self.taken = link, 0

    @property
    def is_up(self) -> bool:
        return self._link.is_up

    def publish(self, topic: Topic, payload: Message) -> bool:
        took = self._link.publish(topic, payload)
        self.taken += took
        return took


class FullGate:
    """One gate that was cut off for long."""

    def __init__(self, row: Row, account: Account, journal: Path) -> None:
        self._boot, self._clock = BootId.random(), SystemClock()
        self.journal = Journal(journal, account.gate, self._boot, AlarmStamp(self._clock.now(), 0))
        line = LinkSettings("127.0.0.1", row.port, account.user, SecretStr(account.password))
        self.link = Link(line, account.gate, row.compound, self._boot, self._will(account.gate))
        self.sender = Sender(self.journal, self.link, self._clock.now)
        pinned = PinnedKeys(trusted(Ed25519PublicKey.from_public_bytes(row.receipts)), {}, {})
        listeners = Listeners(lambda receipt, _: self.sender.take(receipt), lambda _: None, _NoOrders())
        self.link.listen(Inbox(account.gate, row.compound, pinned, listeners).take)
        self.link.when_up(self.sender.send_again)

    def fill(self, passages: int) -> None:
        """So many people are let in."""
        for _ in range(passages):
            self.journal.write_passage(
                PassageWho(person=PersonId.random()), _granted(self._boot, self._clock)
            )

    def connect(self) -> None:
        self.link.start(self._clock.now)

    def send_ahead(self) -> None:
        """The journal once from end to end: a sender whose patience with absent receipts is none."""
        line, links = CountedLink(self.link), self.journal.unsent_count()
        sender = Sender(self.journal, line, self._clock.now, NO_PATIENCE)
        while line.taken < links:
            before = line.taken
            sender.step(time.monotonic())
            if line.taken == before:
                time.sleep(FULL_S)

    def close(self) -> None:
        self.sender.stop()
        self.link.stop()
        self.journal.close()

    def _will(self, gate: GateId) -> StateV1:
        return StateV1(
            gate=gate,
            status=GateStatus.OFFLINE,
            boot=self._boot,
            connection=0,
            at=self._clock.now(),
            software="measured",
            model=ModelId("none"),
        )


class _NoOrders:
    """Orders are measured elsewhere."""

    def order(self, order: Order, retained: bool) -> None: ...

    def standing(self, standing: Standing) -> None: ...

    def refuse(self, order: UUID, why: OrderFault) -> None: ...


class FullGates:
    """All of them, for one measurement."""

    def __init__(self, row: Row, passages: int) -> None:
        self._disks = Path(tempfile.mkdtemp(prefix="kaimen-bench-", dir=_roomy(passages)))
        self._gates = [FullGate(row, one, self._disks / f"{one.gate}.sqlite3") for one in row.gates]
        for gate in self._gates:
            gate.fill(passages // len(self._gates))
            gate.connect()
        until(lambda: all(gate.link.is_up for gate in self._gates), LONGEST_S, LOOK_EVERY_S)

    def send_ahead(self) -> None:
        """One gate after another. Its goodbye is behind its links in the broker's order: with it they are there."""
        for gate in self._gates:
            gate.send_ahead()
            gate.link.stop(LONGEST_S)

    def send_along(self) -> tuple[float, float]:
        """Seconds until the last receipt is obeyed, and those of the processor."""
        began, worked = time.monotonic(), time.process_time()
        for gate in self._gates:
            gate.sender.start()
        until(lambda: not any(gate.journal.unsent_count() for gate in self._gates), LONGEST_S, LOOK_EVERY_S)
        return time.monotonic() - began, time.process_time() - worked

    def close(self) -> None:
        for gate in self._gates:
            gate.close()
        shutil.rmtree(self._disks)


def main() -> int:
    """Until stdin ends."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
    )
    row, gates = Row.model_validate_json(Path(sys.argv[1]).read_bytes()), None
    for line in sys.stdin:
        match line.split(), gates:
            case ["fill", passages], None:
                gates = FullGates(row, int(passages))
                say("filled")
            case ["ahead"], FullGates():
                gates.send_ahead()
                say("sent")
            case ["along"], FullGates():
                say("receipted", *gates.send_along())
            case ["empty"], FullGates():
                gates.close()
                gates = None
                say("emptied")
            case _:
                raise ValueError(f"not now: {line}")
    return 0


def _granted(boot: BootId, clock: SystemClock) -> PassageWhat:
    return PassageWhat(
        id=uuid7(),
        at=clock.now(),
        boot=boot,
        monotonic_ms=int(clock.monotonic() * 1000),
        outcome=Outcome.GRANTED,
        method=Method.FACE,
        direction=Direction.IN,
        roster_version=1,
        score=0.612,
        margin=0.31,
        frames=3,
        waited_ms=420,
    )


def _roomy(passages: int) -> Path | None:
    """Where journals of so many passages go; None for the machine's usual place for what passes."""
    try:
        free = shutil.disk_usage(IN_MEMORY).free
    except OSError:
        return None
    return IN_MEMORY if free > passages * BYTES_A_PASSAGE else None


if __name__ == "__main__":
    sys.exit(main())
