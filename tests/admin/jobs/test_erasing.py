"""Whose passages were is forgotten by right and by age, on both kinds of database, and the chain still verifies."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, Executable, delete, select, update

from admin.db.jobs import JobKind, NewJob, Queue, put, result_of
from admin.db.session import reading, writing
from admin.db.tables import (
    Audit,
    Compound,
    Confusion,
    Gate,
    Job,
    PartPurge,
    Passage,
    PassClaim,
    Person,
    Place,
    Quarantine,
    Visit,
)
from admin.ingest.arrival import Arrival, read
from admin.ingest.receipts import advance, open_epochs
from admin.ingest.record import record
from admin.jobs.erase import Erase
from admin.jobs.expiry import AT_A_TIME, ExpiryRound
from admin.jobs.task import Ground
from admin.jobs.worker import Worker
from contracts.ids import GateId, PassId, PersonId
from kaimen.chains import RegisterChain
from kaimen.walk import Fault, Walked, walk
from tests.chains import NOON, Chain
from tests.databases import a_register

GATE = GateId("gate-main")
MONTH = timedelta(days=30)
PASS = PassId("ab" * 16)


@dataclass
class House:
    """A register with one gate's record; what time it is, tests say."""

    engine: Engine
    chain: Chain = field(default_factory=lambda: Chain(GATE))
    now: datetime = NOON
    people: dict[str, Person] = field(default_factory=dict[str, Person])

    def arrive(self, *messages: tuple[str, bytes]) -> None:
        readings = [read(Arrival(f"kaimen/v1/wutong/{GATE}/{name}", payload)) for name, payload in messages]
        with writing(self.engine) as session:
            done = record(session, readings, self.now)
            open_epochs(session, done.alarms, self.now)
            advance(session, done.epochs, self.now)

    def passes(self, *who: str | None) -> None:
        """Passages of these people, of the pass where a name is "visitor", of strangers where none."""
        links = [
            self.chain.passage(pass_id=PASS)
            if name == "visitor"
            else self.chain.passage(PersonId(self.people[name].wire_id) if name else None)
            for name in who
        ]
        self.arrive(*(("passage", link.encode()) for link in links))

    def works(self) -> None:
        ground = Ground(self.engine, lambda: self.now)
        worker = Worker(ground, {JobKind.ERASE_PASSAGES.value: Erase(ground)}, lambda _: True)
        while worker.step():
            pass

    def erase(self, name: str) -> dict[str, object]:
        with writing(self.engine) as session:
            job = NewJob(Queue.WORKER, JobKind.ERASE_PASSAGES, f"person:{self.people[name].id}")
            number = put(session, job, "account:1", self.now).id
        self.works()
        with reading(self.engine) as session:
            return dict(result_of(session.get_one(Job, number)))

    def goes_round(self) -> None:
        ExpiryRound(Ground(self.engine, lambda: self.now))()

    def change(self, statement: Executable) -> None:
        with writing(self.engine) as session:
            session.execute(statement)

    def walked(self) -> Walked:
        with reading(self.engine) as session:
            return walk(RegisterChain(session, GATE))

    def log(self) -> list[Passage]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Passage).order_by(Passage.seq)))

    def acts(self) -> list[tuple[str, str]]:
        with reading(self.engine) as session:
            return [(act, details) for act, details in session.execute(select(Audit.act, Audit.details))]


@pytest.fixture
def house(database: str) -> Iterator[House]:
    engine = a_register(database)
    house = House(engine)
    with writing(engine) as session:
        session.add(Place(id=1, kind="compound", name_zh="梧桐苑", name_en="Wutong Court", path="/1/"))
        session.flush()
        session.add(Compound(place_id=1, wire_id="wutong", operator_zh="红", operator_en="Red", phone="0"))
        names = {"name_zh": "南门", "name_en": "South gate", "credential_hash": "0" * 64}
        session.add(Gate(id=GATE, compound_id=1, place_id=1, added_at=NOON, seal_key=bytes(32), **names))
        for number, name in enumerate(("one", "two")):
            ids = {"wire_id": f"{number:032x}", "vault_id": f"{number + 7:032x}"}
            house.people[name] = Person(compound_id=1, name=name, added_at=NOON, **ids)
        session.add_all(house.people.values())
        session.flush()
        session.add(_a_pass(house.people["one"].id))
    house.arrive(("alarm", house.chain.opened().encode()))
    yield house
    engine.dispose()


def _a_pass(host: UUID) -> Visit:
    times = {"since": NOON, "until": NOON + timedelta(hours=1), "made_at": NOON}
    return Visit(
        pass_id=PASS,
        compound_id=1,
        host_id=host,
        visitor="guest",
        uses=3,
        link_hash="0" * 64,
        link_sealed=b"x",
        pin_sealed=b"x",
        **times,
    )


@pytest.mark.promise(11)
def test_an_erased_persons_passages_are_nobodys_and_the_chain_verifies(house: House) -> None:
    house.passes("one", "two", "visitor", None, "one")
    house.now += timedelta(hours=2)
    assert house.erase("one") == {"faults": [], "passages": 3}
    mine = [row.who_text is None and row.person_id is None and row.visit_id is None for row in house.log()]
    assert mine == [True, False, True, False, True]
    assert all(row.what_text is not None and row.outcome == "granted" for row in house.log())
    walked = house.walked()
    assert (walked.erased, walked.links, walked.bad) == (3, 6, None)


@pytest.mark.promise(12)
def test_nothing_in_the_register_leads_back_to_an_erased_person(house: House) -> None:
    house.passes("one", "visitor")
    first = house.log()[0].id
    with writing(house.engine) as session:
        columns = {"person_id": house.people["one"].id, "known_by": "passage", "at": NOON}
        session.add(Confusion(passage_id=first, **columns))
        named = house.people["one"].wire_id.encode()
        place = {"gate_id": GATE, "epoch": house.chain.epoch, "seq": 9}
        session.add(Quarantine(at=NOON, topic="t", fault="f", detail="", content=b"{" + named, **place))
        session.add(Quarantine(at=NOON, topic="t", fault="f", detail="", content=b"somebody else"))
    house.now += timedelta(hours=2)
    house.erase("one")
    with reading(house.engine) as session:
        assert session.scalars(select(Confusion.passage_id)).all() == [None]  # they are still told apart
        assert session.scalars(select(PassClaim)).all() == []
        assert session.scalars(select(Quarantine.content)).all() == [b"somebody else"]
    ((act, details),) = house.acts()
    assert act == "passages_erased"
    assert '"messages":1,"passages":2' in details


@pytest.mark.promise(2)
def test_a_pass_that_still_runs_keeps_count_of_its_uses(house: House) -> None:
    house.passes("visitor")
    house.erase("one")
    with reading(house.engine) as session:
        assert len(session.scalars(select(PassClaim)).all()) == 1


@pytest.mark.promise(11)
def test_a_passage_sent_again_after_it_was_erased_brings_nobody_back(house: House) -> None:
    link = house.chain.passage(PersonId(house.people["one"].wire_id))
    house.arrive(("passage", link.encode()))
    house.erase("one")
    house.arrive(("passage", link.encode()))
    assert [(row.who_text, row.person_id) for row in house.log()] == [(None, None)]


@pytest.mark.promise(11)
@pytest.mark.parametrize(
    ("tampered", "fault"),
    [
        (delete(Passage).where(Passage.seq == 3), Fault.GAP),
        (delete(PartPurge), Fault.REMOVED),
        (update(Passage).where(Passage.seq == 3).values(what_salt=None, what_text=None), Fault.REMOVED),
        (update(Passage).where(Passage.seq == 3).values(who_commitment="ab" * 32), Fault.BAD_HASH),
    ],
    ids=["the row removed", "no entry", "the other part removed too", "another commitment"],
)
def test_an_entry_excuses_the_removed_part_alone(house: House, tampered: Executable, fault: Fault) -> None:
    house.passes(None, "one", None)
    house.erase("one")
    house.change(tampered)
    bad = house.walked().bad
    assert bad is not None
    assert (bad.seq, bad.fault) == (3, fault)


@pytest.mark.promise(12)
def test_after_thirty_days_time_gate_and_outcome_are_all_that_is_left(house: House) -> None:
    house.passes("one", None, "visitor")
    house.arrive(("alarm", house.chain.opened(house.chain.place).encode()))
    house.now = NOON + timedelta(minutes=1)
    house.passes("two")
    house.now = NOON + MONTH + timedelta(seconds=1)
    house.goes_round()
    house.goes_round()
    *old, young = house.log()
    assert all(
        (row.who_text, row.who_salt, row.what_text, row.what_salt, row.person_id, row.visit_id) == (None,) * 6
        for row in old
    )
    assert [row.outcome for row in old] == ["granted"] * 3
    assert young.person_id == house.people["two"].id
    walked = house.walked()
    assert (walked.erased, walked.bad) == (6, None)
    assert house.acts() == [("passages_expired", '{"days":30,"passages":3}')]
    with reading(house.engine) as session:
        entries = session.execute(select(PartPurge.part, PartPurge.first, PartPurge.last)).all()
    assert sorted(entries) == [("what", 2, 4), ("who", 2, 4)]


@pytest.mark.promise(12)
def test_who_was_erased_before_expires_too(house: House) -> None:
    house.passes("one", "two")
    house.erase("one")
    house.now += MONTH * 2
    house.goes_round()
    assert house.walked().bad is None
    assert [row.what_text for row in house.log()] == [None, None]


@pytest.mark.promise(12)
def test_more_than_a_batch_recorded_in_one_instant_all_expire(house: House) -> None:
    house.passes(*[None] * (AT_A_TIME + 3))
    house.now += MONTH * 2
    house.goes_round()
    assert {row.what_text for row in house.log()} == {None}
    assert house.walked().bad is None


@pytest.mark.promise(12)
def test_a_legal_hold_keeps_everything_until_it_is_lifted(house: House) -> None:
    house.passes("one")
    house.change(update(Compound).values(log_held_at=NOON))
    house.now += MONTH * 2
    house.goes_round()
    assert house.erase("one") == {"faults": ["legal_hold"]}
    assert house.log()[0].person_id == house.people["one"].id
    house.change(update(Compound).values(log_held_at=None))
    house.goes_round()
    assert house.log()[0].person_id is None


@pytest.mark.promise(12)
def test_a_compound_may_keep_its_log_for_a_shorter_time(house: House) -> None:
    house.passes("one")
    house.change(update(Compound).values(log_days=7))
    house.now += timedelta(days=8)
    house.goes_round()
    assert house.log()[0].person_id is None
