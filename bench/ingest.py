"""How many passages a second come from gates' journals over a real broker into the database, durably.

Two figures, each from real journals by the gates' own senders over the embedded broker. `per_s` is what the server
takes: the senders have put everything on the broker while ingest was away, and are gone; then ingest takes it, so that
both cores of a small machine are the server's, as where gates are boxes of their own. `with_gates` is all the way at
once: journals, senders, broker and ingest share this machine, until every gate has obeyed the receipt of its last link.
Beside the first, in the same run, the naive way: the same ingest with one commit a message.
"""

import json
import socket
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
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
from admin.security.keys import write_private
from admin.security.principals import process
from admin.settings import BrokerSettings
from bench.child import Child
from bench.ingest_gates import Account, Row
from bench.postgresql import postgresql
from contracts.ids import CompoundId, GateId
from contracts.signing import signing_key
from contracts.topics import PASSAGE
from contracts.words import Direction
from kaimen.broker import EmbeddedBroker

PASSWORD: Final = "a-password-of-a-measurement"  # noqa: S105 - of a broker that lives for a minute on loopback
COMPOUND: Final = CompoundId("bench")
LONGEST_S: Final = 300.0
GATES: Final = 8
"""A large compound's. Each has 100 links under way."""


@dataclass(frozen=True, slots=True)
class WithGates:
    """All the way at once. Microseconds of processor for a passage of each end; a PostgreSQL server's are not in them.

    `limit` is the end that takes most: `gates`, `broker` or `ingest`.
    """

    per_s: float
    lost: int
    gates_cpu_us: float
    broker_cpu_us: float
    ingest_cpu_us: float
    limit: str


@dataclass(frozen=True, slots=True)
class Rate:
    """One kind of database. `ratio` is how many times faster than one commit a message, of which every message counts;
    `lost` are both ways'.

    `cpu_us`: microseconds of processor that ingest itself takes for a passage, whatever else the machine does.
    """

    per_s: float
    naive_per_s: float
    ratio: float
    lost: int
    cpu_us: float
    with_gates: WithGates


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
        batched = house.taken(load.passages, MOST)
        naive = house.taken(load.naive, 1)
        return Rate(
            per_s=round(batched.per_s),
            naive_per_s=round(naive.messages_per_s),
            ratio=round(batched.per_s / naive.messages_per_s, 1),
            lost=batched.lost + naive.lost,
            cpu_us=round(batched.cpu_us, 1),
            with_gates=house.with_gates(load.passages),
        )


@dataclass(frozen=True, slots=True)
class _Taken:
    """Passages, and messages of every kind, those too that the broker said again because a commit took long."""

    per_s: float
    messages_per_s: float
    lost: int
    cpu_us: float


class _CountingMailbox(MqttMailbox):
    """Counts what is acknowledged, which is what was committed."""

    def __init__(self, settings: BrokerSettings, client_id: str, topics: frozenset[str]) -> None:
        """`topics` are those of passages."""
        super().__init__(settings, client_id)
        self._topics = topics
        self.committed = 0
        self.passages = set[int]()  # by the hash of their bytes

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        super().acknowledge(arrivals)
        self.committed += len(arrivals)
        self.passages.update(hash(arrival.payload) for arrival in arrivals if arrival.topic in self._topics)


class _House:
    """A register, a broker with ingest's lasting session, and gates registered at both."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._port = folder, _free_port()
        self._engine, self._key = make_engine(url), signing_key(Ed25519PrivateKey.generate())
        broker = EmbeddedBroker(folder / "broker", self._port)
        broker.write(PASSWORD, PASSWORD)
        secrets = _register(self._engine)
        for gate in secrets:
            broker.access.grant(gate.broker)
        self._topics = frozenset(PASSAGE.at(COMPOUND, gate.gate) for gate in secrets)
        self._broker = psutil.Popen(broker.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _until(lambda: _listens(self._port))
        write_private(folder / "password", PASSWORD.encode())
        write_private(folder / "gates.json", self._row(secrets).model_dump_json().encode())
        self._gates = Child("bench.ingest_gates", folder / "gates.json", folder / "gates.log")

    def close(self) -> None:
        self._gates.close()
        self._engine.dispose()
        self._broker.terminate()
        self._broker.wait(20)

    def taken(self, passages: int, batch: int) -> _Taken:
        """From the first message ingest takes to the last it has committed and acknowledged."""
        self._open_mailbox().close()  # the broker keeps for it what comes from now on
        before, sent = self._rows(), self._fill(passages)
        self._gates.say("ahead")
        self._gates.hear("sent")
        mailbox = self._mailbox()
        consumer = self._consumer(mailbox, batch)
        began, worked = time.perf_counter(), time.process_time()
        mailbox.open()
        while len(mailbox.passages) < sent and time.perf_counter() - began < LONGEST_S:
            consumer.turn()
        took, worked = time.perf_counter() - began, time.process_time() - worked
        mailbox.close()
        self._empty()
        return _Taken(
            per_s=len(mailbox.passages) / took,
            messages_per_s=mailbox.committed / took,
            lost=sent - (self._rows() - before),
            cpu_us=worked / sent * 1e6,
        )

    def with_gates(self, passages: int) -> WithGates:
        """From the first link a gate sends to the last receipt a gate has obeyed."""
        before, mailbox = self._rows(), self._open_mailbox()
        sent, consumer = self._fill(passages), self._consumer(mailbox, MOST)
        worked, brokers = time.process_time(), self._broker_s()
        with ThreadPoolExecutor(1) as pool:
            self._gates.say("along")
            told = pool.submit(self._gates.hear, "receipted")
            while not told.done():
                consumer.turn()
        took, gates = told.result()
        ends = {"gates": gates, "broker": self._broker_s() - brokers, "ingest": time.process_time() - worked}
        mailbox.close()
        self._empty()
        return WithGates(
            per_s=round(sent / took),
            lost=sent - (self._rows() - before),
            limit=max(ends, key=lambda end: ends[end]),
            **{f"{end}_cpu_us": round(seconds / sent * 1e6, 1) for end, seconds in ends.items()},
        )

    def _fill(self, passages: int) -> int:
        """How many there are: as many at every gate."""
        sent = passages - passages % GATES
        self._gates.say("fill", sent)
        self._gates.hear("filled")
        return sent

    def _empty(self) -> None:
        self._gates.say("empty")
        self._gates.hear("emptied")

    def _row(self, secrets: Sequence[GateSecrets]) -> Row:
        gates = [
            Account(gate=one.gate, user=one.broker.name, password=one.broker.password) for one in secrets
        ]
        public = b64encode(self._key.private.public_key().public_bytes_raw())
        return Row(port=self._port, compound=COMPOUND, receipts=public, gates=gates)

    def _mailbox(self) -> _CountingMailbox:
        settings = BrokerSettings(port=self._port, username=INGEST, password_file=self._folder / "password")
        return _CountingMailbox(settings, "bench-ingest", self._topics)

    def _open_mailbox(self) -> _CountingMailbox:
        mailbox = self._mailbox()
        mailbox.open()
        _until(lambda: mailbox.connection > 0)
        return mailbox

    def _consumer(self, mailbox: MqttMailbox, batch: int) -> Consumer:
        around = Surroundings(now=lambda: datetime.now(UTC), pause=lambda _: False, batch=batch)
        return Consumer(self._engine, mailbox, self._key, around)

    def _broker_s(self) -> float:
        """The processor's seconds of the broker so far."""
        times = self._broker.cpu_times()
        return times.user + times.system

    def _rows(self) -> int:
        with reading(self._engine) as session:
            return session.execute(select(func.count()).select_from(Passage)).scalar_one()


def _register(engine: Engine) -> list[GateSecrets]:
    Base.metadata.create_all(engine)
    with writing(engine) as session:
        session.add(Server(id=1, generation=1, revision=1))
        session.add(Place(id=1, kind="compound", name_zh="测量", name_en="Measured", path="/1/"))
        session.flush()
        session.add(Compound(place_id=1, wire_id=COMPOUND, operator_zh="无", operator_en="None", phone="0"))
        session.flush()
        return [
            register_gate(session, _gate(number), process("bench"), datetime.now(UTC))
            for number in range(GATES)
        ]


def _gate(number: int) -> NewGate:
    key = X25519PrivateKey.generate().public_key()
    return NewGate(GateId(f"gate-{number}"), 1, f"门{number}", f"Gate {number}", Direction.IN, key)


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
