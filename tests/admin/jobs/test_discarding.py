"""What was set aside goes after thirty days, on record, and the chain it had a place in still verifies."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables import Audit, Compound, LinkPurge, Quarantine
from admin.jobs.discarding import KEPT, DiscardRound
from admin.jobs.task import Ground
from tests.admin.conftest import NOON, Town


def a_message(age: timedelta, seq: int | None = None) -> Quarantine:
    place = {"epoch": "e1", "seq": seq} if seq else {}
    return Quarantine(
        at=NOON - age, topic="t", gate_id="gate-main", fault="not_json", detail="", content=b"x", **place
    )


@pytest.mark.promise(12)
def test_only_what_is_older_than_thirty_days_goes(engine: Engine) -> None:
    minute = timedelta(minutes=1)
    with writing(engine) as session:
        session.add_all([a_message(KEPT + minute, seq=4), a_message(KEPT + minute), a_message(KEPT - minute)])
    sweep = DiscardRound(Ground(engine, lambda: NOON))
    sweep()
    sweep()
    with reading(engine) as session:
        assert len(session.scalars(select(Quarantine)).all()) == 1
        assert [(entry.first, entry.last) for entry in session.scalars(select(LinkPurge))] == [(4, 4)]
        assert session.scalars(select(Audit.act)).all() == ["quarantine_expired"]


@pytest.mark.promise(12)
def test_a_legal_hold_keeps_the_messages_of_its_gates_too(engine: Engine, town: Town) -> None:
    """One that could not be read may be the very passage that the hold is about."""
    minute = timedelta(minutes=1)
    with writing(engine) as session:
        session.get_one(Compound, town.compound).log_held_at = NOON
        session.add(a_message(KEPT + minute))
    sweep = DiscardRound(Ground(engine, lambda: NOON))
    sweep()
    with writing(engine) as session:
        assert len(session.scalars(select(Quarantine)).all()) == 1
        session.get_one(Compound, town.compound).log_held_at = None
    sweep()
    with reading(engine) as session:
        assert session.scalars(select(Quarantine)).all() == []
