"""What ingest writes: each link once, under its own compound, with ids turned into the register's."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select

from admin.db.revision import revision
from admin.db.session import reading, writing
from admin.db.tables import Alarm, GateState, Passage, PassClaim, Person, Quarantine, Visit
from admin.ingest.arrival import Arrival, read
from admin.ingest.record import Recorded, record
from contracts.chain import commit, link_hash
from contracts.ids import BootId, GateId, ModelId, PassId, PersonId
from contracts.manifest import HaveV1
from contracts.passage import PassageV1, PassageWhat
from contracts.state import StateV1
from contracts.wire import Message
from contracts.words import AlarmKind, GateStatus, Outcome
from tests.admin.conftest import Town
from tests.chains import NOON, Chain

GATE = GateId("gate-main")


def arrive(
    engine: Engine, *messages: tuple[str, bytes], at: datetime = NOON, compound: str = "wutong"
) -> Recorded:
    arrivals = [Arrival(f"kaimen/v1/{compound}/{GATE}/{name}", payload) for name, payload in messages]
    with writing(engine) as session:
        return record(session, [read(arrival) for arrival in arrivals], at)


def passages(engine: Engine) -> list[Passage]:
    with reading(engine) as session:
        return list(session.scalars(select(Passage).order_by(Passage.seq)))


def faults(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(Quarantine.fault).order_by(Quarantine.id)))


@pytest.fixture
def people(engine: Engine, town: Town) -> dict[str, Person]:
    """One person of the gate's compound, one of another, with the visit of a guest each."""
    with writing(engine) as session:
        found: dict[str, Person] = {}
        for name, compound in (("here", town.compound), ("there", town.other_compound)):
            found[name] = Person(
                compound_id=compound, wire_id=name, vault_id=f"v-{name}", name="王", added_at=NOON
            )
            session.add(found[name])
            session.add(a_visit(f"pass-{name}", compound))
        return found


def a_visit(pass_id: str, compound: int) -> Visit:
    return Visit(
        id=uuid4(),
        pass_id=pass_id,
        compound_id=compound,
        visitor="客",
        since=NOON,
        until=NOON + timedelta(hours=1),
        uses=2,
        link_hash=pass_id,
        link_sealed=b"",
        pin_sealed=b"",
        made_at=NOON,
    )


@pytest.mark.promise(2)
def test_the_same_link_twice_in_a_batch_and_again_later_is_one_row(engine: Engine, people: object) -> None:
    link = Chain(GATE).passage().encode()
    arrive(engine, ("passage", link), ("passage", link))
    arrive(engine, ("passage", link))
    assert len(passages(engine)) == 1
    assert faults(engine) == []


@pytest.mark.promise(11)
def test_another_link_for_a_taken_place_is_quarantined_and_overwrites_nothing(
    engine: Engine, people: object
) -> None:
    chain = Chain(GATE)
    rival = Chain(GATE, epoch=chain.epoch)
    first, second = chain.passage(), rival.passage(outcome=Outcome.DENIED)
    arrive(engine, ("passage", first.encode()))
    arrive(engine, ("passage", second.encode()))
    arrive(engine, ("alarm", Chain(GATE, epoch=chain.epoch).opened().encode()))
    assert [row.hash for row in passages(engine)] == [first.hash]
    assert faults(engine) == ["bad_hash", "bad_hash"]


@pytest.mark.promise(11)
@pytest.mark.parametrize("newest", [True, False])
def test_a_link_under_the_id_of_another_is_quarantined(engine: Engine, people: object, newest: bool) -> None:
    """Whether or not that id is the highest there is: only lower ones are looked up."""
    chain = Chain(GATE)
    first, later = chain.passage(), chain.passage()
    arrive(engine, ("passage", first.encode()), ("passage", later.encode()))
    used = (later if newest else first).read_what()
    arrive(engine, ("passage", _next(chain, used).encode()))
    assert len(passages(engine)) == 2
    assert faults(engine) == ["bad_hash"]


def _next(chain: Chain, what: PassageWhat) -> PassageV1:
    """A whole and honest link that says `what`."""
    place, who, told = chain.place, commit("{}"), commit(what.encode().decode())
    made = link_hash(place.epoch, place.seq + 1, place.hash, who.commitment, told.commitment)
    return PassageV1(
        gate=chain.gate,
        epoch=place.epoch,
        seq=place.seq + 1,
        previous=place.hash,
        hash=made,
        who=who,
        what=told,
    )


def test_a_person_and_a_pass_are_found_in_the_gates_compound_alone(
    engine: Engine, people: dict[str, Person]
) -> None:
    chain = Chain(GATE)
    for name in ("here", "there", "nobody"):
        arrive(
            engine,
            ("passage", chain.passage(person=PersonId(name), pass_id=PassId(f"pass-{name}")).encode()),
        )
    rows = passages(engine)
    assert [row.person_id for row in rows] == [people["here"].id, None, None]
    assert [row.visit_id is not None for row in rows] == [True, False, False]
    assert rows[1].who_text == b'{"person":"there","pass_id":"pass-there"}'


def test_a_use_the_server_had_not_heard_of_is_claimed_once_by_its_passage(
    engine: Engine, people: object
) -> None:
    link = Chain(GATE).passage(pass_id=PassId("pass-here"), late=True)
    with reading(engine) as session:
        before = revision(session)
    for _ in range(2):
        arrive(engine, ("passage", link.encode()))
    with reading(engine) as session:
        assert session.scalars(select(PassClaim.id)).all() == [link.read_what().id]
        assert revision(session) == before + 1
    assert passages(engine)[0].late is True


def test_a_refused_pass_takes_no_use(engine: Engine, people: object) -> None:
    refused = Chain(GATE).passage(pass_id=PassId("pass-here"), outcome=Outcome.DENIED)
    arrive(engine, ("passage", refused.encode()))
    with reading(engine) as session:
        assert session.execute(select(func.count()).select_from(PassClaim)).scalar_one() == 0


def test_a_gate_under_another_compounds_topic_is_quarantined_with_no_place(
    engine: Engine, people: object
) -> None:
    done = arrive(engine, ("passage", Chain(GATE).passage().encode()), compound="yinxing")
    assert (faults(engine), passages(engine), done.epochs) == (["wrong_gate"], [], set())


def test_the_same_poison_again_is_kept_once(engine: Engine, people: object) -> None:
    for _ in range(3):
        arrive(engine, ("passage", b"{"))
    assert faults(engine) == ["not_json"]


def test_an_alarm_has_its_row(engine: Engine, people: object) -> None:
    arrive(engine, ("alarm", Chain(GATE).alarm(AlarmKind.CAMERA_LOST).encode()))
    with reading(engine) as session:
        assert session.scalars(select(Alarm.kind)).all() == ["camera_lost"]


def a_state(
    status: GateStatus, boot: str, connection: int, at: datetime = NOON, model: str = "sface"
) -> bytes:
    message: Message = StateV1(
        gate=GATE,
        status=status,
        boot=BootId(boot),
        connection=connection,
        at=at,
        software="1",
        model=ModelId(model),
    )
    return message.encode()


@pytest.mark.parametrize(
    ("will", "status"),
    [
        (("boot-a", 2, NOON), "offline"),
        (("boot-a", 1, NOON), "online"),  # of a connection that a newer birth replaced
        (("boot-0", 9, NOON - timedelta(seconds=1)), "online"),  # of the boot before
        (("boot-b", 1, NOON + timedelta(seconds=1)), "offline"),
    ],
)
def test_a_will_counts_only_for_the_last_connection(
    engine: Engine, people: object, will: tuple, status: str
) -> None:
    done = arrive(engine, ("state", a_state(GateStatus.ONLINE, "boot-a", 2)))
    assert done.births == {GATE}
    boot, connection, at = will
    arrive(engine, ("state", a_state(GateStatus.OFFLINE, boot, connection, at)))
    with reading(engine) as session:
        assert session.get_one(GateState, GATE).status == status


def test_a_gate_that_now_runs_another_model_gets_another_roster(engine: Engine, people: object) -> None:
    arrive(engine, ("state", a_state(GateStatus.ONLINE, "a", 1)))
    with reading(engine) as session:
        before = revision(session)
    arrive(engine, ("state", a_state(GateStatus.ONLINE, "b", 1, NOON + timedelta(seconds=1), "sface-2")))
    with reading(engine) as session:
        assert revision(session) == before + 1


def test_what_a_gate_holds_is_kept(engine: Engine, people: object) -> None:
    have = HaveV1(gate=GATE, boot=BootId("a"), at=NOON, generation=1, version=7, digest="0" * 64)
    arrive(engine, ("have", have.encode()))
    with reading(engine) as session:
        row = session.get_one(GateState, GATE)
    assert (row.held_generation, row.held_version, row.held_digest) == (1, 7, "0" * 64)
