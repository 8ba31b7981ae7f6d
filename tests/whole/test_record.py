"""Promises 2 and 11 as a property: whatever the order of writing, sending, crashes and restores, nothing that still
exists anywhere is lost, nothing is doubled, and both chains verify. Real journal, sender, ingest and database; the
broker is a list that loses, doubles and mixes.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select

from admin.db.revision import raise_generation
from admin.db.session import reading, writing
from admin.db.tables import Compound, Gate, Passage, Place, Quarantine
from admin.ingest.arrival import Arrival
from admin.ingest.consumer import Consumer, Surroundings
from contracts.ids import CompoundId
from contracts.receipt import Receipt
from contracts.signing import SignedV1, open_signed, signing_key, trusted
from contracts.topics import Topic
from contracts.wire import Message
from gate.mqtt.sender import Sender
from gate.store.bursts import QUIET_MS
from gate.store.journal import Journal
from kaimen.chains import JournalChain, RegisterChain
from kaimen.walk import Walked, walk
from tests.gate.store.journals import GATE, MORNING, NOBODY, SOMEBODY, a_grant, a_journal, a_refusal
from tests.whole.registers import Register, SqliteRegister

COMPOUND = CompoundId("wutong")
KEY = signing_key(Ed25519PrivateKey.generate())
IN_MEMORY = Path("/dev/shm")


class Wire:
    """The broker in both directions. `is_up` as the sender asks it."""

    def __init__(self) -> None:
        self.is_up, self.connection = True, 1
        self.up: list[Arrival] = []
        self.handed: list[Arrival] = []
        self.down: list[bytes] = []

    def publish(self, topic: Topic | str, payload: Message | bytes) -> bool:
        if isinstance(topic, Topic):
            assert not isinstance(payload, bytes)
            self.up.append(Arrival(topic.at(COMPOUND, GATE), payload.encode()))
        else:
            assert isinstance(payload, bytes)
            self.down.append(payload)
        return True

    def take(self, most: int, seconds: float) -> list[Arrival]:
        taken, self.handed = self.handed[:most], self.handed[most:]
        return taken

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None: ...


class House:
    """One gate with its disk, one server with its database, and time."""

    def __init__(self, register: Register) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self.path, self.now, self.seconds = self.folder / "journal.sqlite3", MORNING, 0.0
        self.wire = Wire()
        self.register, self.engine = register, register.engine
        with writing(self.engine) as session:
            session.add(Place(id=1, kind="compound", name_zh="苑", name_en="Court", path="/1/"))
            session.flush()
            words = {"operator_zh": "红", "operator_en": "Red", "phone": "0"}
            session.add(Compound(place_id=1, wire_id=COMPOUND, **words))
            session.add(_gate())
        around = Surroundings(now=lambda: self.now, pause=lambda _: False)
        self.consumer = Consumer(self.engine, self.wire, KEY, around)
        self.start_gate()

    def start_gate(self) -> None:
        """As after a power cut: nobody has said goodbye."""
        self.journal: Journal = a_journal(self.path, at=self.now)
        self.sender = Sender(self.journal, self.wire, now=lambda: self.now)

    def pass_time(self, seconds: float = 1.0) -> None:
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)

    def exchange(self, handle: Callable[[list[Arrival]], list[Arrival]] = list) -> None:
        """The gate sends, the wire hands on what `handle` leaves of it, the server commits and answers."""
        self.pass_time()
        self.sender.step(self.seconds)
        sent, self.wire.up = self.wire.up, []
        self.wire.handed += handle(sent)
        while self.wire.handed:
            self.consumer.turn()
        self.consumer.turn()

    def hear(self) -> None:
        """The gate gets the receipts that are on their way."""
        said, self.wire.down = self.wire.down, []
        for payload in said:
            self.sender.take(
                open_signed(SignedV1.decode(payload), Receipt, trusted(KEY.private.public_key()))
            )
        self.sender.step(self.seconds)

    def settle(self) -> None:
        """Everything works for long enough."""
        self.sender.send_again()
        for _ in range(60):
            self.pass_time(10)
            self.exchange()
            self.hear()
            if self.journal.unsent_count() == 0 and self.walked_register().awaited == 0:
                return
        raise AssertionError(f"{self.journal.unsent_count()} links wait for ever")

    def on_server(self) -> list[UUID]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Passage.id)))

    def on_disk(self, path: Path | None = None) -> set[UUID]:
        with sqlite3.connect(path or self.path) as db:
            found = {UUID(id_) for (id_,) in db.execute("SELECT id FROM link WHERE kind = 'passage'")}
        db.close()
        return found

    def quarantined(self) -> list[str]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Quarantine.fault)))

    def walked_register(self) -> Walked:
        with reading(self.engine) as session:
            return walk(RegisterChain(session, GATE))

    def walked_journal(self) -> Walked:
        chain = JournalChain(self.path)
        try:
            return walk(chain)
        finally:
            chain.close()

    def image(self) -> Path:
        """A copy of the disk as it is, taken while the gate runs."""
        copy = self.folder / "image.sqlite3"
        copy.unlink(missing_ok=True)
        with sqlite3.connect(self.path) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
        return copy

    def put_back(self, image: Path) -> None:
        self.journal.close()
        for file in self.folder.glob("journal.sqlite3*"):
            file.unlink()
        shutil.copy(image, self.path)
        self.wire.up.clear()
        self.start_gate()

    def restore(self, backup: object) -> None:
        """The database as it was, and the step after it that tells gates so."""
        self.register.restore(backup)
        with writing(self.engine) as session:
            raise_generation(session, self.now)
        self.wire.connection += 1  # ingest was started again

    def close(self) -> None:
        self.journal.close()
        self.register.close()
        shutil.rmtree(self.folder)


def _gate() -> Gate:
    names = {"name_zh": "东门", "name_en": "East gate", "direction": "in", "liveness": "warn"}
    secrets = {"credential_hash": "0" * 64, "seal_key": bytes(32)}
    return Gate(id=GATE, compound_id=1, place_id=1, added_at=MORNING, **names, **secrets)


class Record(RuleBasedStateMachine):
    """Whatever happens, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.written: set[UUID] = set()
        self.destroyed: set[UUID] = (
            set()
        )  # was on a disk or in a database that no longer exists, and nowhere else
        self.imaged: Path | None = None
        self.kept: tuple[object, set[UUID]] | None = None

    @initialize()
    def begin(self) -> None:
        self.house = House(SqliteRegister())

    @rule(count=st.integers(1, 5))
    def people_come(self, count: int) -> None:
        for _ in range(count):
            self.written.add(
                self.house.journal.write_passage(SOMEBODY, a_grant(self.house.now)).read_what().id
            )

    @rule(seed=st.integers(0, 2**16))
    def the_wire_loses_doubles_and_mixes(self, seed: int) -> None:
        random = Random(seed)

        def handle(sent: list[Arrival]) -> list[Arrival]:
            through = [one for one in sent for _ in range(random.choice((0, 1, 1, 2)))]
            random.shuffle(through)
            return through

        self.house.exchange(handle)

    @rule()
    def receipts_come(self) -> None:
        self.house.hear()

    @rule()
    def receipts_are_lost(self) -> None:
        self.house.wire.down.clear()

    @rule()
    def the_power_goes(self) -> None:
        self.house.wire.up.clear()
        self.house.start_gate()

    @rule()
    def a_connection_is_new(self) -> None:
        self.house.wire.connection += 1
        self.house.sender.send_again()
        self.house.pass_time(10)

    @rule()
    def two_backup_intervals_pass(self) -> None:
        """Older backups and images are no longer put back."""
        before = self.house.on_disk()
        self.house.pass_time(3 * 86_400)
        self.house.hear()
        self.house.journal.forget_receipted(self.house.now)
        self.kept = self.imaged = None
        assert before - self.house.on_disk() <= set(self.house.on_server())

    @rule()
    def an_image_is_taken(self) -> None:
        self.imaged = self.house.image()

    @precondition(lambda self: self.imaged is not None)
    @rule()
    def the_image_is_put_back(self) -> None:
        assert self.imaged is not None
        elsewhere = self.house.on_disk(self.imaged) | set(self.house.on_server())
        self.destroyed |= self.house.on_disk() - elsewhere
        self.house.put_back(self.imaged)

    @rule()
    def the_server_is_backed_up(self) -> None:
        self.kept = self.house.register.backup(), set(self.house.on_server())

    @precondition(lambda self: self.kept is not None)
    @rule()
    def the_server_is_put_back(self) -> None:
        assert self.kept is not None
        backup, had = self.kept
        self.destroyed |= set(self.house.on_server()) - had - self.house.on_disk()
        self.house.restore(backup)
        self.destroyed -= had

    def teardown(self) -> None:
        house = self.house
        try:
            house.settle()
            there = house.on_server()
            assert self.written - set(there) <= self.destroyed
            assert len(there) == len(set(there))
            assert house.quarantined() == []
            assert house.walked_register().bad is None
            assert house.walked_journal().bad is None
        finally:
            house.close()


Record.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestRecord = pytest.mark.promise(2)(pytest.mark.promise(11)(Record.TestCase))


@pytest.fixture
def house(register: Register) -> Iterator[House]:
    """On both kinds of database in turn."""
    house = House(register)
    yield house
    house.close()


def passages(house: House, count: int) -> list[UUID]:
    return [house.journal.write_passage(SOMEBODY, a_grant(house.now)).read_what().id for _ in range(count)]


@pytest.mark.promise(2)
def test_a_disk_put_back_from_an_image_keeps_both_branches_and_uses_no_place_again(house: House) -> None:
    before = passages(house, 3)
    image = house.image()
    after = passages(house, 3)
    house.settle()
    house.put_back(image)
    later = passages(house, 2)
    house.settle()
    assert sorted(house.on_server()) == sorted(before + after + later)
    assert house.journal.unsent_count() == 0
    assert (house.walked_register().bad, house.walked_journal().bad) == (None, None)


@pytest.mark.promise(2)
def test_a_gap_whose_links_went_with_the_disk_is_closed_openly(house: House) -> None:
    before = passages(house, 2)
    image = house.image()
    lost = passages(house, 2)
    last = passages(house, 1)
    house.exchange(lambda sent: [*sent[:3], *sent[-1:]])
    house.put_back(image)
    house.settle()
    assert sorted(house.on_server()) == sorted(before + last)
    assert not set(lost) & set(house.on_server())
    walked = house.walked_register()
    assert (walked.bad, walked.excused, walked.awaited) == (None, 2, 0)


@pytest.mark.promise(2)
def test_a_server_put_back_from_a_backup_is_sent_what_it_lost_once(house: House) -> None:
    before = passages(house, 3)
    house.settle()
    backup = house.register.backup()
    after = passages(house, 4)
    house.settle()
    house.journal.forget_receipted(house.now - timedelta(days=2))
    for _ in range(2):  # the same backup, put back twice
        house.restore(backup)
        assert sorted(house.on_server()) == sorted(before)
        house.pass_time(60)
        house.settle()
        assert sorted(house.on_server()) == sorted(before + after)
    assert house.walked_register().bad is None


@pytest.mark.promise(2)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["refuse", "refuse", "refuse", "wait", "settle", "crash"]), max_size=60))
def test_refusals_counted_in_bursts_are_as_many_as_were_refused(events: list[str]) -> None:
    house = House(SqliteRegister())
    try:
        refused = _play(house, events)
        house.start_gate()  # what is counted becomes a link at the next start
        house.settle()
        with reading(house.engine) as session:
            assert sum(session.scalars(select(Passage.times))) == refused
    finally:
        house.close()


def _play(house: House, events: Sequence[str]) -> int:
    refused = 0
    for event in events:
        house.pass_time()
        if event == "refuse":
            at = {"at": house.now, "monotonic_ms": int(house.seconds * 1000)}
            house.journal.write_refusal(NOBODY, a_refusal().model_copy(update=at))
            refused += 1
        elif event == "wait":
            house.pass_time(2 * QUIET_MS / 1000)
        elif event == "settle":
            house.journal.settle(int(house.seconds * 1000))
        else:
            house.start_gate()
    return refused
