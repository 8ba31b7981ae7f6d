"""Broker, ingest process and database together: nothing a gate reports is lost, doubled or believed blindly."""

import json
import signal
import sqlite3
import time
from base64 import b64decode
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from admin.db.session import reading
from admin.db.tables import GateState, Passage, Quarantine
from admin.dispatch.provision import GateSecrets
from admin.security.keys import load_verify_key
from bench.postgresql import PostgreSql
from contracts.ids import BootId, ModelId
from contracts.receipt import Missing, Receipt
from contracts.signing import SignedV1, open_signed, trusted
from contracts.state import StateV1
from contracts.topics import ALARM, PASSAGE, RECEIPT, STATE
from contracts.words import GateStatus
from tests.chains import NOON, Chain
from tests.integration.brokers import Program, until
from tests.integration.running import House, Speaker

pytestmark = pytest.mark.real
Opened = Callable[[Speaker], Speaker]
Started = Callable[[Program], Program]
Away = Callable[[], AbstractContextManager[None]]


def rows(house: House) -> int:
    with reading(house.engine) as session:
        return session.execute(select(func.count()).select_from(Passage)).scalar_one()


def faults(house: House) -> list[str]:
    with reading(house.engine) as session:
        return list(session.scalars(select(Quarantine.fault).order_by(Quarantine.id)))


def listening(ingest: Program) -> Program:
    """Waits until its session at the broker takes messages, also while it is away."""
    until(lambda: b"ingest listens" in ingest.log.read_bytes())
    return ingest


def receipt_upto(house: House, gate: Speaker, chain: Chain) -> Receipt:
    """Waits for the receipt that names the chain's last link; each on the way is verified."""
    keys = trusted(load_verify_key(house.public / "receipt.pub"))
    while True:
        receipt = open_signed(SignedV1.decode(gate.hear().payload), Receipt, keys)
        assert receipt.gate == chain.gate
        if chain.place in receipt.upto:
            return receipt


@contextmanager
def locked(register: Path) -> Generator[None]:
    """An SQLite file that somebody else writes to for long."""
    lock = sqlite3.connect(register, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    yield
    lock.execute("ROLLBACK")
    lock.close()


@contextmanager
def stopped(server: PostgreSql, engine: Engine) -> Generator[None]:
    """A server that is away, every connection to it ended; in order, for it syncs nothing."""
    server.stop()
    try:
        yield
    finally:
        server.start()
        engine.dispose()


@pytest.fixture
def away(request: pytest.FixtureRequest, house: House) -> Away:
    """`with away():` nothing can be written."""
    if house.engine.dialect.name == "sqlite":
        return lambda: locked(house.folder / "register.sqlite3")
    server: PostgreSql = request.getfixturevalue("postgresql_server")
    return lambda: stopped(server, house.engine)


@pytest.fixture
def gate(house: House) -> GateSecrets:
    return house.add_gate("gate-a")


@pytest.fixture
def speaker(house: House, gate: GateSecrets, opened: Opened) -> Speaker:
    speaker = opened(house.speaker(gate))
    assert speaker.subscribe(RECEIPT.at(house.compound, gate.gate))
    return speaker


@pytest.mark.promise(2)
def test_a_passage_becomes_one_row_and_a_receipt_that_verifies(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    listening(started(house.ingest()))
    chain = Chain(gate.gate)
    speaker.say(ALARM.at(house.compound, gate.gate), chain.opened().encode())
    passage = chain.passage().encode()
    for _ in range(3):
        speaker.say(PASSAGE.at(house.compound, gate.gate), passage)
    receipt = receipt_upto(house, speaker, chain)
    assert receipt.missing == []
    until(lambda: rows(house) == 1)
    with reading(house.engine) as session:
        row = session.scalars(select(Passage)).one()
    assert (row.hash, row.what_text) == (chain.last, json.loads(passage)["what"]["text"].encode())
    assert row.what_salt == b64decode(json.loads(passage)["what"]["salt"])


@pytest.mark.promise(2)
def test_killing_ingest_in_the_middle_loses_nothing_and_doubles_nothing(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    ingest = started(house.ingest())
    listening(ingest)
    chain = Chain(gate.gate)
    speaker.say(ALARM.at(house.compound, gate.gate), chain.opened().encode())
    for kill in range(3):
        for _ in range(300):
            speaker.client.publish(PASSAGE.at(house.compound, gate.gate), chain.passage().encode(), 1)
        until(lambda kill=kill: rows(house) > kill * 300)
        ingest.stop(signal.SIGKILL)
        ingest.start()
    until(lambda: rows(house) == 900)
    assert receipt_upto(house, speaker, chain).missing == []
    assert faults(house) == []


@pytest.mark.promise(2)
def test_a_second_ingest_stands_by_and_takes_over_within_ten_seconds_of_kill_9(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    first = listening(started(house.ingest()))
    second = house.ingest()
    second.log = house.folder / "second.log"
    started(second)
    until(lambda: b"ingest stands by" in second.log.read_bytes())
    chain = Chain(gate.gate)
    links = [chain.passage().encode() for _ in range(40)]
    for link in links[:20]:
        speaker.say(PASSAGE.at(house.compound, gate.gate), link)
    until(lambda: rows(house) == 20)
    first.stop(signal.SIGKILL)
    killed = time.monotonic()
    for link in links[20:]:
        speaker.say(PASSAGE.at(house.compound, gate.gate), link)
    until(lambda: rows(house) == 40)
    assert time.monotonic() - killed < 10
    receipt_upto(house, speaker, chain)
    assert b"ingest on duty" in second.log.read_bytes()


@pytest.mark.promise(2)
def test_a_broker_that_loses_all_its_data_loses_nothing_that_a_gate_sends_until_its_receipt(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    listening(started(house.ingest()))
    chain = Chain(gate.gate)
    links = [chain.passage().encode() for _ in range(20)]
    for link in links[:10]:
        speaker.say(PASSAGE.at(house.compound, gate.gate), link)
    house.broker.stop(signal.SIGKILL)
    house.broker.lose_data()
    house.broker.start()
    until(lambda: speaker.connected)
    assert speaker.subscribe(RECEIPT.at(house.compound, gate.gate))
    for link in links:  # as a gate does that has no receipt
        speaker.say(PASSAGE.at(house.compound, gate.gate), link)
    assert receipt_upto(house, speaker, chain).missing == []
    assert rows(house) == 20


@pytest.mark.promise(2)
def test_a_broker_that_is_killed_and_comes_back_loses_nothing_that_a_gate_sends_until_its_receipt(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    listening(started(house.ingest()))
    chain = Chain(gate.gate)
    links = [chain.passage().encode() for _ in range(20)]
    for link in links[:10]:
        speaker.say(PASSAGE.at(house.compound, gate.gate), link)
    house.broker.stop(signal.SIGKILL)
    house.broker.start()
    until(lambda: speaker.connected)
    for link in links:  # as a gate does that has no receipt
        speaker.say(PASSAGE.at(house.compound, gate.gate), link)
    until(lambda: rows(house) == 20)


@pytest.mark.promise(2)
def test_a_database_that_is_away_makes_ingest_wait_and_lose_nothing(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started, away: Away
) -> None:
    ingest = started(house.ingest())
    listening(ingest)
    chain = Chain(gate.gate)
    with away():
        for _ in range(20):
            speaker.say(PASSAGE.at(house.compound, gate.gate), chain.passage().encode())
        until(lambda: b"database away" in ingest.log.read_bytes())
    until(lambda: rows(house) == 20)
    receipt_upto(house, speaker, chain)


@pytest.mark.promise(2)
def test_ingest_started_before_its_broker_connects_when_the_broker_comes(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    house.broker.stop()
    ingest = started(house.ingest())
    until(lambda: b"ingest started" in ingest.log.read_bytes())
    house.broker.start()
    listening(ingest)
    chain = Chain(gate.gate)
    until(lambda: speaker.connected)
    speaker.say(PASSAGE.at(house.compound, gate.gate), chain.passage().encode())
    until(lambda: rows(house) == 1)


@pytest.mark.promise(2)
def test_poison_is_kept_whole_with_its_reason_and_blocks_nothing(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    listening(started(house.ingest()))
    chain = Chain(gate.gate)
    topic = PASSAGE.at(house.compound, gate.gate)
    newer = json.loads(chain.passage().encode()) | {"v": 2}
    bent = json.loads(chain.passage().encode())
    bent["what"]["text"] = bent["what"]["text"].replace("granted", "denied")
    another = Chain(house.add_gate("gate-b").gate).passage()
    poisons = [
        b"\xff not json",
        b"[" * 20_000,
        json.dumps(newer).encode(),
        json.dumps(bent).encode(),
        another.encode(),
    ]
    for poison in poisons:
        speaker.say(topic, poison)
    speaker.say(topic, chain.passage().encode())
    until(lambda: rows(house) == 1)
    assert faults(house) == ["not_json", "too_large", "newer_version", "bad_hash", "wrong_gate"]
    with reading(house.engine) as session:
        assert list(session.scalars(select(Quarantine.content).order_by(Quarantine.id))) == poisons
    assert receipt_upto(house, speaker, chain).missing == []


@pytest.mark.promise(2)
def test_a_gap_is_asked_for_until_it_is_filled(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    listening(started(house.ingest()))
    chain = Chain(gate.gate)
    topic = PASSAGE.at(house.compound, gate.gate)
    first, lost, third = (chain.passage().encode() for _ in range(3))
    for link in (first, third):
        speaker.say(topic, link)
    keys = trusted(load_verify_key(house.public / "receipt.pub"))
    wanted = [Missing(epoch=chain.epoch, first=2, last=2)]
    while open_signed(SignedV1.decode(speaker.hear().payload), Receipt, keys).missing != wanted:
        pass
    speaker.say(topic, lost)
    assert receipt_upto(house, speaker, chain).missing == []


def test_a_gate_that_connects_is_told_how_far_its_record_has_come(
    house: House, gate: GateSecrets, speaker: Speaker, started: Started
) -> None:
    listening(started(house.ingest()))
    chain = Chain(gate.gate)
    speaker.say(PASSAGE.at(house.compound, gate.gate), chain.passage().encode())
    receipt_upto(house, speaker, chain)
    birth = StateV1(
        gate=gate.gate,
        status=GateStatus.ONLINE,
        boot=BootId.random(),
        connection=1,
        at=NOON,
        software="1",
        model=ModelId("sface"),
    )
    speaker.say(STATE.at(house.compound, gate.gate), birth.encode(), retain=True)
    receipt_upto(house, speaker, chain)
    with reading(house.engine) as session:
        assert session.get_one(GateState, gate.gate).status == "online"


def test_ingest_stays_small(house: House, gate: GateSecrets, speaker: Speaker, started: Started) -> None:
    ingest = listening(started(house.ingest()))
    chain = Chain(gate.gate)
    for _ in range(1000):
        speaker.client.publish(PASSAGE.at(house.compound, gate.gate), chain.passage().encode(), 1)
    until(lambda: rows(house) == 1000)
    assert ingest.rss_mb <= 120


def test_ingest_says_which_setting_stops_it(house: House, tmp_path: Path) -> None:
    ingest = house.ingest()
    settings = Path(ingest.words[-1])
    settings.write_text('databaze = "x"\n' + settings.read_text())
    ingest.start()
    assert ingest.process is not None
    assert ingest.process.wait(20) == 2
    ingest.process = None
    assert "unknown key 'databaze'" in ingest.log.read_text()
