"""How far a record is committed: over everything that is kept, never over a gap."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from admin.db.session import writing
from admin.ingest.arrival import Arrival, read
from admin.ingest.receipts import Committed, advance, contiguous, open_epochs, receipt
from admin.ingest.record import record
from contracts.ids import GateId
from contracts.receipt import Missing, Receipt
from contracts.wire import LARGEST_MESSAGE
from tests.chains import NOON, Chain

GATE = GateId("gate-main")


def commit(engine: Engine, *messages: tuple[str, bytes]) -> Receipt:
    readings = [read(Arrival(f"kaimen/v1/wutong/{GATE}/{name}", payload)) for name, payload in messages]
    with writing(engine) as session:
        done = record(session, readings, NOON)
        open_epochs(session, done.openings, NOON)
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
    above = [Committed(seq, None, None) for seq in sorted(seqs) if seq > start]
    passed = [one.seq for one in contiguous(start, above)]
    assert passed == list(range(start + 1, start + 1 + len(passed)))
    assert start + len(passed) + 1 not in seqs
