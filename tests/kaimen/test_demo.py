"""The demonstration's own arithmetic: what should be seen, and what counts as wrong."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from admin.db.consent_texts import ensure_consent_texts
from admin.db.migrate import upgrade
from admin.db.session import make_engine, reading, writing
from admin.db.tables import Consent, Household, Membership, Person, Place
from contracts.words import Method, Outcome, Reason
from kaimen.demo import compound
from kaimen.demo.figures import percentiles
from kaimen.demo.headless import Seen, count_wrong
from kaimen.demo.script import SCENES, STRANGER, Expected, expected_of

RESIDENT = uuid4()
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def seen(expected: Expected, person: UUID | None = None) -> Seen:
    whose = person or (RESIDENT if expected.resident else None)
    return Seen(uuid4(), expected.outcome, expected.method, expected.reason, whose, NOW)


def as_it_should_be() -> list[Seen]:
    return [seen(expected) for expected in expected_of(SCENES)]


def test_the_clip_holds_every_kind_of_answer() -> None:
    reasons = {one.reason for one in expected_of(SCENES)}
    assert reasons == {None, Reason.UNKNOWN, Reason.POOR_QUALITY, Reason.SPENT}
    assert {one.method for one in expected_of(SCENES)} == {Method.FACE, Method.QR}
    assert any(not scene.expected for scene in SCENES), "somebody passes by who should not be looked at"


def test_nothing_is_wrong_when_all_is_as_the_script_says() -> None:
    assert count_wrong(as_it_should_be(), expected_of(SCENES), RESIDENT) == 0


def test_two_people_in_view_may_be_decided_in_either_order() -> None:
    passages = as_it_should_be()
    together = next(i for i, one in enumerate(expected_of(SCENES)) if one is STRANGER and i > 5)
    passages[together - 1], passages[together] = passages[together], passages[together - 1]
    assert count_wrong(passages, expected_of(SCENES), RESIDENT) == 0


@pytest.mark.parametrize("change", ["missing", "extra", "stranger let in", "somebody else's name"])
def test_what_differs_from_the_script_is_counted(change: str) -> None:
    passages = as_it_should_be()
    match change:
        case "missing":
            passages.pop()
        case "extra":
            passages.append(seen(STRANGER))
        case "stranger let in":
            passages[1] = seen(Expected(Outcome.GRANTED, Method.FACE, resident=True))
        case _:
            passages[0] = seen(expected_of(SCENES)[0], uuid4())
    assert count_wrong(passages, expected_of(SCENES), RESIDENT) >= 1


def test_percentiles_of_nothing_are_not_invented() -> None:
    assert percentiles([]) is None
    assert percentiles([5.0]) == {"p50": 5.0, "p95": 5.0}
    assert percentiles([float(n) for n in range(101)]) == {"p50": 50.0, "p95": 95.0}


def test_the_compound_is_made_once_and_found_again(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'register.sqlite3'}")
    upgrade(engine)
    with writing(engine) as session:
        ensure_consent_texts(session, NOW)
        made = compound.make(session, NOW)
    with reading(engine) as session:
        assert compound.find(session) == made
        homes = len(session.scalars(select(Household)).all())
        people = session.scalars(select(Person)).all()
        assert len({person.wire_id for person in people}) == len(people) > homes
        assert len(session.scalars(select(Membership)).all()) == len(people)
        agreed = session.scalars(select(Consent).where(Consent.person_id == made.enrolled)).all()
        assert {consent.kind for consent in agreed} == {"face", "central"}
        units = session.scalars(select(Place).where(Place.kind == "unit")).all()
        root = session.scalars(select(Place).where(Place.kind == "compound")).one()
        assert all(unit.path.startswith(root.path) for unit in units)
    engine.dispose()
