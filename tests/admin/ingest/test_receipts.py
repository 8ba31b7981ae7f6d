"""How far a record is committed: over everything that is kept, never over a gap."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from admin.db.chain import Committed, contiguous
from admin.db.session import reading, writing
from admin.db.tables import Audit, GateEpoch, LinkPurge, Passage, PurgeReason
from admin.ingest.arrival import Arrival, read
from admin.ingest.receipts import advance, let_go, open_epochs, receipt
from admin.ingest.record import record
from contracts.chain import Place, link_hash
from contracts.ids import EpochId, GateId
from contracts.receipt import Missing, Receipt
from contracts.wire import LARGEST_MESSAGE
from contracts.words import AlarmKind
from tests.chains import NOON, Chain

GATE = GateId("gate-main")


def commit(engine: Engine, *messages: tuple[str, bytes]) -> Receipt:
    readings = [read(Arrival(f"kaimen/v1/wutong/{GATE}/{name}", payload)) for name, payload in messages]
    with writing(engine) as session:
        done = record(session, readings, NOON)
        open_epochs(session, done.alarms, NOON)
        done.epochs |= let_go(session, done.alarms, NOON)
        advance(session, done.epochs, NOON)
        return receipt(session, GATE, [epoch for _, epoch in done.epochs], NOON)


@pytest.mark.promise(2)
def test_a_receipt_names_the_last_link_without_a_gap_and_asks_for_what_is_missing(
    engine: Engine, town: object
) -> None:
    chain = Chain(GATE)
    links: list[bytes] = []
    places = []
    for _ in range(6):
        links.append(chain.passage().encode())
        places.append(chain.place)
    answer = commit(engine, *(("passage", links[index]) for index in (5, 0, 1, 3)))
    assert answer.upto == [places[1]]
    assert answer.missing == [
        Missing(epoch=chain.epoch, first=3, last=3),
        Missing(epoch=chain.epoch, first=5, last=5),
    ]
    assert commit(engine, ("passage", links[2]), ("passage", links[4])).upto == [places[5]]


def test_passages_and_alarms_share_one_count(engine: Engine, town: object) -> None:
    chain = Chain(GATE)
    answer = commit(engine, ("alarm", chain.opened().encode()), ("passage", chain.passage().encode()))
    assert answer.upto == [chain.place]


@pytest.mark.promise(2)
def test_poison_counts_as_committed_in_its_place(engine: Engine, town: object) -> None:
    chain = Chain(GATE)
    first = chain.passage().encode()
    newer = json.dumps(json.loads(chain.passage().encode()) | {"v": 2}).encode()
    third = chain.passage().encode()
    answer = commit(engine, ("passage", first), ("passage", newer), ("passage", third))
    assert (answer.upto, answer.missing) == ([chain.place], [])


@pytest.mark.promise(2)
def test_the_lost_tail_of_the_epoch_before_shows_when_the_next_names_its_end(
    engine: Engine, town: object
) -> None:
    before = Chain(GATE)
    first = before.passage().encode()
    reached = before.place
    before.passage()
    before.passage()
    after = Chain(GATE)
    answer = commit(engine, ("passage", first), ("alarm", after.opened(before.place).encode()))
    assert {place.epoch: place for place in answer.upto} == {
        before.epoch: reached,
        after.epoch: after.place,
    }
    assert answer.missing == [Missing(epoch=before.epoch, first=2, last=3)]


@pytest.mark.promise(2)
def test_what_a_gate_no_longer_holds_closes_its_gap_openly(engine: Engine, town: object) -> None:
    chain = Chain(GATE)
    links = [chain.passage().encode() for _ in range(6)]
    commit(engine, *(("passage", links[index]) for index in (0, 1, 5)))
    lost = Missing(epoch=chain.epoch, first=3, last=5)
    after = Chain(GATE)
    answer = commit(engine, ("alarm", after.alarm(AlarmKind.LINKS_GONE, gone=lost).encode()))
    assert answer.missing == []
    assert chain.place in answer.upto
    with reading(engine) as session:
        (entry,) = session.scalars(select(LinkPurge))
    assert (entry.gate_id, entry.epoch, entry.first, entry.last, entry.why) == (
        GATE,
        chain.epoch,
        3,
        5,
        PurgeReason.GONE,
    )


@pytest.mark.promise(2)
def test_a_gate_cannot_call_gone_what_nobody_asked_for(engine: Engine, town: object) -> None:
    chain = Chain(GATE)
    links = [chain.passage().encode() for _ in range(3)]
    commit(engine, ("passage", links[0]), ("passage", links[2]))
    far = Missing(epoch=chain.epoch, first=2, last=10_000)
    unknown = Missing(epoch=EpochId("unknown"), first=1, last=9)
    answer = commit(
        engine,
        *(("alarm", Chain(GATE).alarm(AlarmKind.LINKS_GONE, gone=lost).encode()) for lost in (far, unknown)),
    )
    assert chain.place in answer.upto
    with reading(engine) as session:
        assert [(entry.first, entry.last) for entry in session.scalars(select(LinkPurge))] == [(2, 2)]
    assert commit(engine, ("passage", chain.passage().encode())).upto[0] == chain.place


@pytest.mark.promise(2)
def test_a_link_that_comes_after_it_was_called_gone_is_kept(engine: Engine, town: object) -> None:
    chain = Chain(GATE)
    first, found, last = (chain.passage().encode() for _ in range(3))
    lost = Missing(epoch=chain.epoch, first=2, last=2)
    gone = Chain(GATE).alarm(AlarmKind.LINKS_GONE, gone=lost).encode()
    commit(engine, ("passage", first), ("passage", last))
    commit(engine, ("alarm", gone), ("passage", found))
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Passage)) == 3


@pytest.mark.promise(2)
def test_a_receipt_names_the_place_where_a_disk_put_back_from_an_image_went_on(
    engine: Engine, town: object
) -> None:
    before = Chain(GATE)
    links = [before.passage().encode() for _ in range(2)]
    imaged = before.place
    links += [before.passage().encode() for _ in range(3)]
    commit(engine, *(("passage", link) for link in links))
    restored = Chain(GATE)
    answer = commit(engine, ("alarm", restored.opened(imaged).encode()))
    assert sorted(answer.upto, key=str) == sorted((before.place, restored.place, imaged), key=str)
    assert answer.missing == []


@pytest.mark.promise(2)
def test_a_forged_parent_is_no_place_of_a_receipt(engine: Engine, town: object) -> None:
    before = Chain(GATE)
    links = [before.passage().encode() for _ in range(3)]
    forged = before.place.model_copy(update={"seq": 2})
    commit(engine, *(("passage", link) for link in links))
    answer = commit(engine, ("alarm", Chain(GATE).opened(forged).encode()))
    assert forged not in answer.upto


@pytest.mark.promise(11)
def test_a_link_that_does_not_follow_the_one_before_is_on_record(engine: Engine, town: object) -> None:
    chain = Chain(GATE)
    first = chain.passage().encode()
    chain.last = "ab" * 32
    commit(engine, ("passage", first), ("passage", chain.passage().encode()))
    with reading(engine) as session:
        row = session.get_one(GateEpoch, (GATE, chain.epoch))
        acts = session.scalars(select(Audit.act)).all()
    assert (row.seq, row.broken_seq, acts) == (2, 2, ["chain_broken"])


def test_a_first_link_that_does_not_follow_its_parent_is_on_record(engine: Engine, town: object) -> None:
    parent = Place(epoch=EpochId("before"), seq=4, hash="cd" * 32)
    chain = Chain(GATE)
    forged = chain.opened(parent).model_copy(update={"previous": "ab" * 32})
    hash_ = link_hash(chain.epoch, 1, "ab" * 32, forged.who.commitment, forged.what.commitment)
    commit(engine, ("alarm", forged.model_copy(update={"hash": hash_}).encode()))
    with reading(engine) as session:
        assert session.get_one(GateEpoch, (GATE, chain.epoch)).broken_seq == 1


@pytest.mark.promise(2)
def test_a_receipt_never_puts_a_hash_beside_a_place_that_is_not_its_own(engine: Engine, town: object) -> None:
    chain = Chain(GATE)
    first = chain.passage().encode()
    known = chain.place
    chain.passage()
    place = f'{{"epoch":"{chain.epoch}","seq":2}}'.encode()  # no hash to be read
    answer = commit(engine, ("passage", first), ("passage", place))
    assert (answer.upto, answer.missing) == ([known], [])


def test_a_receipt_of_many_epochs_and_gaps_fits_the_wire(engine: Engine, town: object) -> None:
    answers: list[Receipt] = []
    for _ in range(40):
        chain = Chain(GATE)
        links = [("passage", chain.passage().encode()) for _ in range(9)]
        answers.append(commit(engine, *links[::2]))
    answer = answers[-1]
    assert len(answer.upto) == 24
    assert len(json.dumps(answer.encode().decode())) + 300 < LARGEST_MESSAGE


def test_the_epochs_heard_of_lately_come_first(engine: Engine, town: object) -> None:
    old = Chain(GATE)
    commit(engine, ("passage", old.passage().encode()))
    for _ in range(30):
        commit(engine, ("passage", Chain(GATE).passage().encode()))
    answer = commit(engine, ("passage", old.passage().encode()))
    assert old.place in answer.upto


@given(st.sets(st.integers(1, 60)), st.integers(0, 5))
def test_the_cursor_stops_before_the_first_gap(seqs: set[int], start: int) -> None:
    above = [Committed.place(seq, None, None) for seq in sorted(seqs) if seq > start]
    passed = [one.seq for one in contiguous(start, above)]
    assert passed == list(range(start + 1, start + 1 + len(passed)))
    assert start + len(passed) + 1 not in seqs
