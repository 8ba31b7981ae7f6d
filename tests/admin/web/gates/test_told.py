"""A person's page says which gates know the last change, and the guard hears of those that do not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from admin.db.session import reading, writing
from admin.db.tables import Consent, Face, Gate, GateState, Person, Place, Server
from admin.security.permissions import Role
from admin.security.scope import Scope
from admin.web.gates.queries import OVERDUE_AFTER, gates
from admin.web.gates.told import Change, Told, last_change, told
from tests.admin.conftest import NOON, Town, a_roster
from tests.admin.web.rows import a_host, another_gate

SECOND = timedelta(seconds=1)
LATER = NOON + timedelta(minutes=5)
MAIN = "gate-main"


@pytest.fixture
def person(engine: Engine, town: Town) -> UUID:
    """Somebody of 3-2 who has been there for long, and a gate of the building beside the main one."""
    with writing(engine) as session:
        one = a_host(session, town.compound, town.units["3-2"])
        building, another = (session.get_one(Place, town.units[unit]).parent_id for unit in ("3-2", "5-1"))
        assert building is not None
        assert another is not None
        another_gate(session, town.compound, "gate-north", "northern").place_id = building
        another_gate(session, town.compound, "gate-far", "far").place_id = another
        session.add_all([GateState(gate_id=gate, held_version=3) for gate in (MAIN, "gate-north")])
        session.add_all([a_roster(gate, 3, made_at=NOON) for gate in (MAIN, "gate-north")])
        return one


def of(engine: Engine, person: UUID, scope: Scope | None = None) -> Told:
    with reading(engine) as session:
        row = session.get_one(Person, person)
        change = last_change(session, row, LATER + SECOND)
        return told(session, scope or Scope.everywhere(), row, change, LATER + SECOND)


def knowing(shown: Told) -> dict[str, bool]:
    return {gate.gate: gate.knows for gate in shown.gates}


def enrol(engine: Engine, person: UUID) -> None:
    with writing(engine) as session:
        session.add(Face(person_id=person, model="m", templates=1, enrolled_at=LATER))


@pytest.mark.promise(8)
def test_a_gate_knows_the_face_once_it_holds_a_list_made_since(engine: Engine, person: UUID) -> None:
    enrol(engine, person)
    assert knowing(of(engine, person)) == {MAIN: False, "gate-north": False}
    with writing(engine) as session:
        session.add_all(
            [
                a_roster(MAIN, 4, made_at=LATER + SECOND),
                a_roster("gate-north", 4, made_at=LATER + SECOND),
            ]
        )
        session.get_one(GateState, MAIN).held_version = 4
    shown = of(engine, person)
    assert (shown.change.kind, knowing(shown)) == (Change.FACE, {MAIN: True, "gate-north": False})
    assert (shown.known, shown.waits) == (1, True)
    assert [gate.since for gate in shown.gates] == [None, LATER + SECOND]


def test_a_gate_that_needs_no_new_list_for_it_is_up_to_date_once_the_register_was_looked_at(
    engine: Engine, person: UUID
) -> None:
    enrol(engine, person)
    with writing(engine) as session:
        session.get_one(Server, 1).looked_at = LATER - SECOND
    assert of(engine, person).known == 0
    with writing(engine) as session:
        session.get_one(Server, 1).looked_at = LATER
    assert of(engine, person).known == 2


@pytest.mark.promise(5)
def test_the_last_change_is_the_one_that_lists_know_of(engine: Engine, person: UUID) -> None:
    with writing(engine) as session:
        session.add(
            Consent(
                person_id=person,
                kind="face",
                text_id=1,
                agreed=False,
                at=LATER,
                channel="desk",
            )
        )
    assert of(engine, person).change.kind is Change.RIGHTS
    enrol(engine, person)
    assert of(engine, person).change.kind is Change.FACE
    with writing(engine) as session:
        session.get_one(Person, person).left_at = LATER + SECOND
    assert of(engine, person).change.kind is Change.LEFT


@pytest.mark.promise(10)
def test_gates_outside_the_viewers_scope_are_not_named(engine: Engine, person: UUID, town: Town) -> None:
    with reading(engine) as session:
        building = session.get_one(Place, session.get_one(Gate, "gate-north").place_id)
    assert list(knowing(of(engine, person, Scope(building.path)))) == ["gate-north"]
    assert of(engine, person, Scope("-")).gates == ()


def test_the_persons_page_counts_and_its_script_hears_when_that_changes(
    logged_in: Any, engine: Engine, person: UUID, town: Town, clock: Any
) -> None:
    enrol(engine, person)
    clock.pass_by(LATER - NOON)
    desk: FlaskClient = logged_in(Role.STAFF, town.compound)
    assert "0 of 2 gates" in desk.get(f"/residents/{person}").text
    before = (desk.get(f"/residents/{person}/gates").json or {})["mark"]
    with writing(engine) as session:
        session.add(a_roster(MAIN, 4, made_at=LATER))
        session.get_one(GateState, MAIN).held_version = 4
    assert (desk.get(f"/residents/{person}/gates").json or {})["mark"] != before
    assert "1 of 2 gates" in desk.get(f"/residents/{person}").text


@pytest.mark.promise(8)
def test_a_change_that_a_gate_did_not_take_for_ten_seconds_alarms_the_guard(
    logged_in: Any, engine: Engine, person: UUID, town: Town, clock: Any
) -> None:
    with writing(engine) as session:
        session.add_all([a_roster(MAIN, 4, made_at=NOON), a_roster(MAIN, 5, made_at=LATER)])

    def overdue(seconds: float) -> list[Any]:
        with reading(engine) as session:
            lines = gates(session, Scope.everywhere(), NOON + timedelta(seconds=seconds))
        return [line.overdue for line in lines if line.id == MAIN]

    assert overdue(OVERDUE_AFTER.total_seconds() - 1) == [None]
    assert overdue(OVERDUE_AFTER.total_seconds()) == [NOON]
    clock.pass_by(OVERDUE_AFTER)
    guard: FlaskClient = logged_in(Role.GUARD, town.compound)
    assert "Has not taken the change" in guard.get("/live").text
    with writing(engine) as session:
        session.get_one(GateState, MAIN).held_version = 5
    assert "Has not taken the change" not in guard.get("/live").text
