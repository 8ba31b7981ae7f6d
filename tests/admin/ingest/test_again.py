"""A quarantined message that somebody asked for is read once more, in a quiet moment."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from admin.db.session import reading, writing
from admin.db.tables import GateEpoch, Passage, Place, Quarantine
from admin.ingest.arrival import Arrival
from admin.ingest.consumer import Consumer
from contracts.ids import GateId
from tests.admin.conftest import Clock, Town, a_gate
from tests.admin.ingest.test_consumer import FakeMailbox, _with_a_huge_number, consumer, mailbox
from tests.chains import Chain

__all__ = ["consumer", "mailbox"]  # the fixtures


def ask_for_all(engine: Engine) -> None:
    with writing(engine) as session:
        session.execute(update(Quarantine).values(again=True))


def left(engine: Engine) -> list[tuple[str, bool]]:
    with reading(engine) as session:
        found = session.execute(select(Quarantine.fault, Quarantine.again).order_by(Quarantine.id))
        return [(fault, again) for fault, again in found]


@pytest.mark.promise(2)
def test_the_messages_of_a_gate_that_was_registered_since_come_into_the_log(
    consumer: Consumer, engine: Engine, mailbox: FakeMailbox, town: Town, clock: Clock
) -> None:
    chain = Chain(GateId("gate-new"))
    topic = "kaimen/v1/wutong/gate-new/passage"
    mailbox.batches = [[Arrival(topic, chain.passage().encode()), Arrival(topic, chain.passage().encode())]]
    consumer.turn()
    assert left(engine) == [("wrong_gate", False)] * 2
    with writing(engine) as session:
        a_gate(session, session.get_one(Place, town.compound), "gate-new")
    ask_for_all(engine)
    for _ in range(3):
        clock.pass_by(timedelta(seconds=1))
        consumer.turn()
    assert left(engine) == []
    with reading(engine) as session:
        assert len(session.scalars(select(Passage)).all()) == 2
        assert session.get_one(GateEpoch, (chain.gate, chain.epoch)).seq == 2


def test_what_is_still_refused_stays_whole_with_its_reason(
    consumer: Consumer, engine: Engine, mailbox: FakeMailbox, clock: Clock
) -> None:
    newer = json.dumps(json.loads(Chain(GateId("gate-main")).passage().encode()) | {"v": 2}).encode()
    mailbox.batches = [[Arrival("kaimen/v1/wutong/gate-main/passage", newer)]]
    consumer.turn()
    ask_for_all(engine)
    clock.pass_by(timedelta(seconds=1))
    consumer.turn()
    assert left(engine) == [("newer_version", False)]
    with reading(engine) as session:
        assert session.scalars(select(Quarantine.content)).all() == [newer]


def test_what_the_database_refuses_again_does_not_stop_the_next(
    consumer: Consumer, engine: Engine, mailbox: FakeMailbox, clock: Clock
) -> None:
    mailbox.batches = [[_with_a_huge_number(Chain(GateId("gate-main")))]]
    consumer.turn()
    ask_for_all(engine)
    clock.pass_by(timedelta(seconds=1))
    consumer.turn()
    assert left(engine) == [("unstorable", False)]
