"""What staff said of a wrong name reaches the gates that it concerns, and only what they can use."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from admin.db.session import writing
from admin.db.tables import Consent, Face, Person
from admin.dispatch.confusions import doubts
from contracts.ids import GateId, PersonId
from contracts.roster import RosterBody, RosterPair
from tests.admin.dispatch.register import ONES, TWOS, Look, Register
from tests.chains import NOON

A, B, C = PersonId("a"), PersonId("b"), PersonId("c")


@pytest.fixture
def gate(register: Register) -> GateId:
    return register.gate("gate-1", register.compound)


def enrolled(register: Register, name: str, numbers: bytes, home: str = "3-1") -> UUID:
    person = register.person(name)
    register.lives(person, home, f"{home}-{name}")
    register.enrol(person, numbers)
    register.consent(person)
    return person


def asked(body: RosterBody) -> list[str]:
    return [person.id for person in body.roster.people if person.second_credential]


def pairs(body: RosterBody) -> list[tuple[str, str]]:
    ids = [person.id for person in body.roster.people]
    return [(ids[pair.one], ids[pair.other]) for pair in body.roster.confusable or []]


@pytest.mark.promise(6)
def test_two_known_people_travel_as_a_pair_and_neither_is_asked_for_nothing(
    register: Register, gate: GateId, look: Look
) -> None:
    first, second = enrolled(register, "a", ONES), enrolled(register, "b", TWOS)
    register.taken_for(second, first)
    body = look(gate)
    assert (pairs(body), asked(body)) == ([("a", "b")], [])


@pytest.mark.promise(6)
def test_who_was_taken_for_a_stranger_is_asked_until_enrolled_again(
    register: Register, gate: GateId, look: Look
) -> None:
    person = enrolled(register, "a", ONES)
    register.taken_for(person)
    assert asked(look(gate)) == ["a"]
    with writing(register.engine) as session:
        session.get_one(Face, person).enrolled_at = NOON + timedelta(hours=1)
    assert asked(look(gate)) == []


@pytest.mark.promise(6)
def test_where_the_gate_cannot_compare_the_one_it_knows_is_asked(register: Register, look: Look) -> None:
    main = register.gate("gate-1", register.compound)
    door = register.gate("gate-2", register.unit("3-1"))
    here, elsewhere = enrolled(register, "a", ONES), enrolled(register, "b", TWOS, home="5-1")
    register.taken_for(here, elsewhere, "twins")
    at_the_main_gate, at_the_door = look(main), look(door)
    assert (pairs(at_the_main_gate), asked(at_the_main_gate)) == ([("a", "b")], [])
    assert (pairs(at_the_door), asked(at_the_door)) == ([], ["a"])


@pytest.mark.promise(5)
def test_with_consent_withdrawn_no_roster_names_the_pair(
    register: Register, gate: GateId, look: Look
) -> None:
    first, second = enrolled(register, "a", ONES), enrolled(register, "b", TWOS)
    register.taken_for(first, second)
    assert pairs(look(gate)) == [("a", "b")]
    with writing(register.engine) as session:
        session.execute(update(Consent).where(Consent.person_id == first).values(withdrawn_at=NOON))
    body = look(gate)
    assert (pairs(body), asked(body)) == ([], ["b"])


def test_whoever_is_deleted_takes_their_marks_along(register: Register, gate: GateId, look: Look) -> None:
    first, second = enrolled(register, "a", ONES), register.person("b")
    register.taken_for(first, second)
    assert asked(look(gate)) == ["a"]
    with writing(register.engine) as session:
        session.delete(session.get_one(Person, second))
    assert asked(look(gate)) == []


def test_a_mark_that_concerns_nobody_at_a_gate_makes_no_new_roster(register: Register, look: Look) -> None:
    door = register.gate("gate-2", register.unit("5-2"))
    first, second = enrolled(register, "a", ONES), enrolled(register, "b", TWOS)
    before = look(door).roster.version
    register.taken_for(first, second)
    assert look(door).roster.version == before


@pytest.mark.parametrize(
    ("marks", "rows", "expected_pairs", "expected_alone"),
    [
        ([(A, B), (B, A)], [0, 0, 1], [(0, 1)], set()),
        ([(C, A)], [0, 2], [(0, 2)], set()),
        ([(A, B)], [1], [], {1}),
        ([(A, B)], [2], [], set()),
        ([(A, None), (A, B)], [0, 1], [(0, 1)], {0}),
    ],
)
def test_what_marks_mean_depends_on_whose_templates_are_there(
    marks: list[tuple[PersonId, PersonId | None]],
    rows: list[int],
    expected_pairs: list[tuple[int, int]],
    expected_alone: set[int],
) -> None:
    found = doubts([A, B, C], marks, rows)
    assert found.pairs == tuple(RosterPair(one=one, other=other) for one, other in expected_pairs)
    assert found.alone == expected_alone
