"""Acknowledged after the commit and not before; told to the gates, but not too often."""

import sqlite3
import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, event, select, text

from admin.db.session import make_engine, reading
from admin.db.tables import Passage, Quarantine
from admin.ingest.arrival import Arrival
from admin.ingest.consumer import Consumer, Surroundings
from bench.postgresql import PostgreSql
from contracts.chain import commit, link_hash
from contracts.ids import GateId
from contracts.receipt import Receipt
from contracts.signing import SignedV1, open_signed, signing_key, trusted
from tests.admin.conftest import Clock, Town
from tests.chains import Chain

GATE = GateId("gate-main")
KEY = signing_key(Ed25519PrivateKey.generate())


class FakeMailbox:
    """Hands out one prepared batch after another and notes what is acknowledged and published."""

    def __init__(self) -> None:
        self.connection = 1
        self.batches: list[list[Arrival]] = []
        self.acknowledged: list[Arrival] = []
        self.published: list[tuple[str, bytes]] = []

    def take(self, most: int, seconds: float) -> list[Arrival]:
        return self.batches.pop(0) if self.batches else []

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        self.acknowledged += arrivals

    def publish(self, topic: str, payload: bytes) -> bool:
        self.published.append((topic, payload))
        return True


class Stop:
    """Says stop after so many pauses."""

    def __init__(self, after: int) -> None:
        self.left = after
        self.waited: list[float] = []

    def __call__(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.left -= 1
        return self.left < 0


@pytest.fixture
def mailbox() -> FakeMailbox:
    return FakeMailbox()


@pytest.fixture
def consumer(engine: Engine, town: Town, mailbox: FakeMailbox, clock: Clock) -> Consumer:
    return Consumer(engine, mailbox, KEY, Surroundings(now=clock, pause=Stop(3)))


def a_passage(chain: Chain) -> Arrival:
    return Arrival(f"kaimen/v1/wutong/{chain.gate}/passage", chain.passage().encode())


@pytest.mark.promise(2)
def test_a_batch_is_acknowledged_once_it_is_in_the_log(
    consumer: Consumer, engine: Engine, mailbox: FakeMailbox
) -> None:
    chain = Chain(GATE)
    batch = [a_passage(chain), a_passage(chain)]
    mailbox.batches = [batch]
    consumer.turn()
    assert mailbox.acknowledged == batch
    with reading(engine) as session:
        assert len(session.scalars(select(Passage)).all()) == 2


@pytest.mark.promise(2)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nothing_is_acknowledged_while_the_database_is_away(
    engine: Engine,
    town: Town,
    mailbox: FakeMailbox,
    clock: Clock,
) -> None:
    stop = Stop(3)
    consumer = Consumer(engine, mailbox, KEY, Surroundings(now=clock, pause=stop))
    mailbox.batches = [[a_passage(Chain(GATE))]]
    locker = sqlite3.connect(str(engine.url.database), isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
    engine.dispose()
    consumer.turn()
    locker.execute("ROLLBACK")
    locker.close()
    assert mailbox.acknowledged == []
    assert stop.waited == sorted(stop.waited)


@pytest.mark.promise(2)
@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.real)], indirect=True)
def test_a_database_that_ends_every_connection_gets_the_batch_once(
    consumer: Consumer, engine: Engine, mailbox: FakeMailbox
) -> None:
    chain = Chain(GATE)
    mailbox.batches = [[a_passage(chain)], [a_passage(chain)]]
    consumer.turn()
    other = make_engine(engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:  # what a restart of the server does to its clients
        ours = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'kaimen'"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {ours}"))
    other.dispose()
    consumer.turn()
    assert len(mailbox.acknowledged) == 2
    with reading(engine) as session:
        assert session.scalars(select(Passage.seq).order_by(Passage.seq)).all() == [1, 2]


@pytest.mark.promise(2)
@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.real)], indirect=True)
def test_a_database_that_is_stopped_and_started_again_gets_every_batch_once(
    engine: Engine,
    town: Town,
    mailbox: FakeMailbox,
    clock: Clock,
    postgresql_server: PostgreSql,
) -> None:
    away, stop, chain = threading.Event(), threading.Event(), Chain(GATE)

    def pause(seconds: float) -> bool:
        away.set()
        return stop.wait(seconds)

    mailbox.batches = [[a_passage(chain)], [a_passage(chain), a_passage(chain)]]
    consumer = Consumer(engine, mailbox, KEY, Surroundings(now=clock, pause=pause))
    consumer.turn()
    postgresql_server.stop()  # in order: the tests' server syncs nothing
    try:
        taking = threading.Thread(target=consumer.turn)
        taking.start()
        assert away.wait(30)
        assert len(mailbox.acknowledged) == 1
    finally:
        postgresql_server.start()
    taking.join(30)
    assert not taking.is_alive()
    assert len(mailbox.acknowledged) == 3
    with reading(engine) as session:
        assert session.scalars(select(Passage.seq).order_by(Passage.seq)).all() == [1, 2, 3]


@pytest.mark.promise(2)
def test_a_value_the_database_refuses_goes_to_quarantine_and_the_rest_of_the_batch_to_the_log(
    consumer: Consumer, engine: Engine, mailbox: FakeMailbox
) -> None:
    chain = Chain(GATE)
    good, huge = a_passage(chain), _with_a_huge_number(Chain(GATE))
    mailbox.batches = [[good, huge]]
    consumer.turn()
    assert mailbox.acknowledged == [good, huge]
    with reading(engine) as session:
        assert session.scalars(select(Quarantine.fault)).all() == ["unstorable"]
        assert session.scalars(select(Passage.hash)).all() == [chain.last]


def _with_a_huge_number(chain: Chain) -> Arrival:
    """A whole and honest link whose frame count no integer column takes."""
    passage = chain.passage()
    what = commit(passage.read_what().model_copy(update={"frames": 2**70}).encode().decode())
    hash_ = link_hash(passage.epoch, passage.seq, passage.previous, passage.who.commitment, what.commitment)
    changed = passage.model_copy(update={"what": what, "hash": hash_})
    return Arrival(f"kaimen/v1/wutong/{chain.gate}/passage", changed.encode())


def test_a_gate_hears_its_receipt_at_most_every_tenth_of_a_second(
    consumer: Consumer,
    mailbox: FakeMailbox,
    clock: Clock,
) -> None:
    chain = Chain(GATE)
    for _ in range(5):
        mailbox.batches.append([a_passage(chain)])
        consumer.turn()
    assert len(mailbox.published) == 1
    clock.pass_by(timedelta(milliseconds=100))
    consumer.turn()
    topic, payload = mailbox.published[-1]
    receipt = open_signed(SignedV1.decode(payload), Receipt, trusted(KEY.private.public_key()))
    assert topic == "kaimen/v1/wutong/gate-main/receipt"
    assert receipt.upto == [chain.place]


def test_every_receipt_is_said_again_after_a_new_connection(
    consumer: Consumer,
    mailbox: FakeMailbox,
    clock: Clock,
) -> None:
    mailbox.batches = [[a_passage(Chain(GATE))]]
    consumer.turn()
    said = len(mailbox.published)
    clock.pass_by(timedelta(seconds=1))
    consumer.turn()
    assert len(mailbox.published) == said
    mailbox.connection = 2
    consumer.turn()
    assert len(mailbox.published) == said + 1


def test_a_receipt_waits_while_there_is_no_connection(consumer: Consumer, mailbox: FakeMailbox) -> None:
    mailbox.connection = 0
    mailbox.batches = [[a_passage(Chain(GATE))]]
    consumer.turn()
    assert mailbox.published == []
    mailbox.connection = 1
    consumer.turn()
    assert len(mailbox.published) == 1
