"""How many passages a second come from journals over a real broker into the database, durably.

Links are made as a gate's journal makes them and sent to the embedded broker while ingest is away; then ingest takes
them, so that both cores of a small machine are the server's. Beside it, in the same run, the naive way: the same ingest
with one commit a message.
"""

import json
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, func, select

from admin.db.base import Base
from admin.db.session import make_engine, reading, writing
from admin.db.tables import Compound, Passage, Place, Server
from admin.dispatch.broker import INGEST
from admin.dispatch.provision import GateSecrets, NewGate, register_gate
from admin.ingest.arrival import Arrival
from admin.ingest.collector import collect_seldom
from admin.ingest.consumer import MOST, Consumer, Surroundings
from admin.ingest.mailbox import MqttMailbox
from admin.security.principals import process
from admin.settings import BrokerSettings
from bench.postgresql import postgresql
from contracts.ids import BootId, EpochId, GateId, PersonId, uuid7
from contracts.passage import PassageWhat, PassageWho
from contracts.signing import signing_key
from contracts.topics import PASSAGE
from contracts.words import Direction, Method, Outcome
from gate.store.links import Tip, passage_after
from kaimen.broker import EmbeddedBroker

PASSWORD: Final = "a-password-of-a-measurement"  # noqa: S105 - of a broker that lives for a minute on loopback
LONGEST_S: Final = 120.0
GATES: Final = 8
UNDER_WAY: Final = 500  # published and not yet acknowledged, a gate


@dataclass(frozen=True, slots=True)
class Rate:
    """One kind of database. `ratio` is how many times faster than one commit a message; `lost` are both ways'.

    `cpu_us`: microseconds of processor that ingest itself takes for a passage, whatever else the machine does.
    """

    per_s: float
    naive_per_s: float
    ratio: float
    lost: int
    cpu_us: float


@dataclass(frozen=True, slots=True)
class Load:
    """How many passages are sent for each way."""

    passages: int
    naive: int


def run(load: Load) -> str:
    """`kaimen bench ingest`: one line of JSON; PostgreSQL only where Debian's package is installed."""
    collect_seldom()  # as the process does
    rates = {"sqlite": asdict(_with_folder(load, lambda folder: f"sqlite:///{folder / 'register.sqlite3'}"))}
    with postgresql() as url:
        if url is not None:
            rates["postgresql"] = asdict(_with_folder(load, lambda _: url))
    return json.dumps(rates)


def _with_folder(load: Load, url: Callable[[Path], str]) -> Rate:
    with tempfile.TemporaryDirectory(prefix="kaimen-bench-") as name, ExitStack() as ends:
        folder = Path(name)
        house = _House(folder, url(folder))
        ends.callback(house.close)
        batched = house.measure(load.passages, MOST)
        naive = house.measure(load.naive, 1)
        return Rate(
            per_s=round(batched.per_s),
            naive_per_s=round(naive.per_s),
            ratio=round(batched.per_s / naive.per_s, 1),
            lost=batched.lost + naive.lost,
            cpu_us=round(batched.cpu_us, 1),
        )


@dataclass(frozen=True, slots=True)
class _Measured:
    per_s: float
    lost: int
    cpu_us: float


class _CountingMailbox(MqttMailbox):
    """Counts what is acknowledged, which is what was committed."""

    committed = 0

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        super().acknowledge(arrivals)
        self.committed += len(arrivals)


class _House:
    """A register, a broker with ingest's lasting session, and gates registered at both."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._port = folder, _free_port()
        self._engine = make_engine(url)
        broker = EmbeddedBroker(folder / "broker", self._port)
        broker.write(PASSWORD, PASSWORD)
        self._gates = _register(self._engine)
        for gate in self._gates:
            broker.access.grant(gate.broker)
        self._process = subprocess.Popen(
            broker.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _until(lambda: _listens(self._port))
        (folder / "password").write_text(PASSWORD, encoding="utf-8")

    def close(self) -> None:
        self._engine.dispose()
        self._process.terminate()
        self._process.wait(20)

    def measure(self, passages: int, batch: int) -> _Measured:
        """From the first message ingest takes to the last it has committed and acknowledged."""
        mailbox = self._mailbox()
        mailbox.open()
        _until(lambda: mailbox.connection > 0)
        mailbox.close()
        before = self._rows()
        self._send(passages)
        around = Surroundings(now=lambda: datetime.now(UTC), pause=lambda _: False, batch=batch)
        consumer = Consumer(self._engine, mailbox, signing_key(Ed25519PrivateKey.generate()), around)
        began, worked = time.perf_counter(), time.process_time()
        mailbox.open()
        while mailbox.committed < passages and time.perf_counter() - began < LONGEST_S:
            consumer.turn()
        took, worked = time.perf_counter() - began, time.process_time() - worked
        mailbox.close()
        lost = passages - (self._rows() - before)
        return _Measured(mailbox.committed / took, lost, worked / passages * 1e6)

    def _mailbox(self) -> _CountingMailbox:
        settings = BrokerSettings(port=self._port, username=INGEST, password_file=self._folder / "password")
        return _CountingMailbox(settings, "bench-ingest")

    def _send(self, passages: int) -> None:
        for gate in self._gates:
            _publish(self._port, gate, passages // len(self._gates))

    def _rows(self) -> int:
        with reading(self._engine) as session:
            return session.execute(select(func.count()).select_from(Passage)).scalar_one()


def _register(engine: Engine) -> list[GateSecrets]:
    Base.metadata.create_all(engine)
    with writing(engine) as session:
        session.add(Server(id=1, generation=1, revision=1))
        session.add(Place(id=1, kind="compound", name_zh="测量", name_en="Measured", path="/1/"))
        session.flush()
        session.add(Compound(place_id=1, wire_id="bench", operator_zh="无", operator_en="None", phone="0"))
        session.flush()
        return [
            register_gate(session, _gate(number), process("bench"), datetime.now(UTC))
            for number in range(GATES)
        ]


def _gate(number: int) -> NewGate:
    key = X25519PrivateKey.generate().public_key()
    return NewGate(GateId(f"gate-{number}"), 1, f"门{number}", f"Gate {number}", Direction.IN, key)


def _publish(port: int, gate: GateSecrets, count: int) -> None:
    """A gate's chain onto the broker, each message acknowledged by it."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=gate.broker.name)
    client.username_pw_set(gate.broker.name, gate.broker.password)
    client.max_inflight_messages_set(UNDER_WAY)
    client.connect("127.0.0.1", port)
    client.loop_start()
    topic, tip, boot = (
        PASSAGE.at(gate.compound, gate.gate),
        Tip(EpochId.random(), 0, "0" * 64),
        BootId.random(),
    )
    sent: list[MQTTMessageInfo] = []
    for _ in range(count):
        passage = passage_after(tip, gate.gate, PassageWho(person=PersonId.random()), _granted(boot))
        tip = Tip.of(passage.place)
        sent.append(client.publish(topic, passage.encode(), qos=1))
    for each in sent:
        each.wait_for_publish(LONGEST_S)
    ended = threading.Event()
    client.on_disconnect = lambda _c, _d, _f, _code, _p: ended.set()
    client.disconnect()
    ended.wait(LONGEST_S)
    client.loop_stop()


def _granted(boot: BootId) -> PassageWhat:
    return PassageWhat(
        id=uuid7(),
        at=datetime.now(UTC),
        boot=boot,
        monotonic_ms=1000,
        outcome=Outcome.GRANTED,
        method=Method.FACE,
        direction=Direction.IN,
        roster_version=1,
        score=0.612,
        margin=0.31,
        frames=3,
        waited_ms=420,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_S
    while not what():
        if time.monotonic() > end:
            raise TimeoutError("The broker did not answer.")
        time.sleep(0.01)
