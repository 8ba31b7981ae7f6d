"""Nobody sees more than their post: promise 10."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from admin.db.session import writing
from admin.db.tables import Gate, Household, Place
from admin.security.permissions import PERMISSIONS, Permission, Role
from admin.security.principals import NOBODY, Principal, PrincipalKind, process
from admin.security.scope import Scope
from tests.databases import a_register

pytestmark = pytest.mark.promise(10)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    """A street with compounds 2 and 12: their paths begin alike, their branches are two."""
    engine = a_register(database)
    rows = [
        (1, None, "street", "/1/"),
        (2, 1, "compound", "/1/2/"),
        (3, 2, "building", "/1/2/3/"),
        (4, 3, "unit", "/1/2/3/4/"),
        (12, 1, "compound", "/1/12/"),
        (13, 12, "unit", "/1/12/13/"),
    ]
    with writing(engine) as session:
        for place, parent, kind, path in rows:
            session.add(
                Place(id=place, parent_id=parent, kind=kind, path=path, name_zh="地", name_en="place")
            )
            session.flush()
        for unit, room in ((4, "1-1-101"), (13, "1-1-102")):
            session.add(Household(unit_id=unit, room=room))
        for gate, compound, place in (("main", 2, 2), ("door", 2, 3), ("other", 12, 12)):
            session.add(
                Gate(
                    id=gate,
                    compound_id=compound,
                    place_id=place,
                    name_zh="门",
                    name_en="gate",
                    credential_hash="0" * 64,
                    seal_key=bytes(32),
                    added_at=NOON,
                )
            )
        session.flush()
        yield session
    engine.dispose()


def found(session: Session, query: Select[int] | Select[str]) -> set[object]:
    return set(session.scalars(query))


def test_everywhere_is_everything(session: Session) -> None:
    assert found(session, Scope.everywhere().places) == {1, 2, 3, 4, 12, 13}
    assert found(session, Scope.everywhere().gates) == {"main", "door", "other"}


def test_a_compound_ends_at_its_own_branch(session: Session) -> None:
    scope = Scope("/1/2/")
    assert found(session, scope.places) == {2, 3, 4}
    assert found(session, scope.compounds) == {2}
    assert found(session, scope.gates) == {"main", "door"}
    rooms = select(Household.room).where(Household.id.in_(scope.households))
    assert found(session, rooms) == {"1-1-101"}


def test_a_building_knows_its_compound_but_not_the_compounds_gates(session: Session) -> None:
    scope = Scope("/1/2/3/")
    assert found(session, scope.compounds) == {2}
    assert found(session, scope.gates) == {"door"}


def test_a_street_sees_all_its_compounds(session: Session) -> None:
    assert found(session, Scope("/1/").compounds) == {2, 12}


def test_a_gate_sees_itself_alone(session: Session) -> None:
    assert found(session, Scope("/1/2/", gate_id="door").gates) == {"door"}


def test_a_resident_and_a_visitor_see_no_gate(session: Session) -> None:
    assert found(session, Scope("/1/2/", person_id=uuid4()).gates) == set()
    assert found(session, Scope("/1/2/", visit_id=uuid4()).gates) == set()


@pytest.mark.parametrize("path", ["-", "%", "/%/", "/1/_/"])
def test_a_path_that_is_none_matches_nothing(session: Session, path: str) -> None:
    scope = Scope(path)
    assert found(session, scope.places) == set()
    assert found(session, scope.gates) == set()


def test_nobody_may_do_nothing_but_what_is_public() -> None:
    assert {each for each in Permission if NOBODY.may(each)} == {Permission.PUBLIC}
    assert {each for each in Permission if process("worker").may(each)} == {Permission.PUBLIC}


def test_posts_grow_and_none_is_forgotten() -> None:
    assert PERMISSIONS.keys() == set(Role)
    assert PERMISSIONS[Role.GUARD] < PERMISSIONS[Role.STAFF] < PERMISSIONS[Role.MANAGER]


def test_the_trail_names_who_by_kind_and_id() -> None:
    principal = Principal(PrincipalKind.ACCOUNT, "3", Scope("/1/"), frozenset({Permission.SEE_LOG}))
    assert str(principal) == "account:3"
    assert principal.may(Permission.SEE_LOG)
    assert not principal.may(Permission.EDIT_STAFF)
