"""Not this person: what staff say of a passage or of two people, who may say it, and how it is undone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.revision import revision
from admin.db.session import reading, writing
from admin.db.tables import Audit, ConfusedBy, Confusion, Face, Person
from admin.security.permissions import Role
from tests.admin.conftest import NOON, Town, a_household, a_person
from tests.admin.web.rows import a_passage, another_gate

Login = Callable[..., FlaskClient]


@dataclass
class House:
    """Two people with faces, and a passage in which the first was recognised."""

    wang: UUID
    li: UUID
    passage: UUID

    @property
    def mark(self) -> str:
        return f"/log/{self.passage}/not-this-person"

    @property
    def story(self) -> str:
        return f"/log?open={self.passage}"


@pytest.fixture
def house(engine: Engine, town: Town) -> House:
    with writing(engine) as session:
        home = a_household(session, town.units["3-1"], "3-1-1201")
        people = [a_person(session, town.compound, name, home).id for name in ("王建国", "李建军")]
        for person in people:
            session.add(Face(person_id=person, model="m", templates=1, enrolled_at=NOON))
        passage = a_passage(session, "gate-main", person_id=people[0])
    return House(people[0], people[1], passage.id)


@pytest.fixture
def manager(logged_in: Login, town: Town) -> FlaskClient:
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/log/purpose", data={"purpose": "resident_asked"})
    return browser


def marks(engine: Engine) -> list[tuple[UUID, UUID | None, str]]:
    with reading(engine) as session:
        found = select(Confusion.person_id, Confusion.other_id, Confusion.known_by).order_by(Confusion.id)
        return [(one, other, known_by) for one, other, known_by in session.execute(found)]


def acts(engine: Engine) -> list[tuple[str, str, str | None]]:
    names = ("not_this_person", "pair_set", "mark_lifted")
    with reading(engine) as session:
        found = (
            select(Audit.act, Audit.subject, Audit.purpose).where(Audit.act.in_(names)).order_by(Audit.seq)
        )
        return [(act, subject, purpose) for act, subject, purpose in session.execute(found)]


def now_at(engine: Engine) -> int:
    with reading(engine) as session:
        return revision(session)


def lift_address(page: str) -> str:
    found = re.search(r'action="(/confusions/\d+/lift)"', page)
    assert found is not None
    return found[1]


@pytest.mark.promise(10)
def test_a_passage_is_marked_as_another_residents_and_shows_it(
    manager: FlaskClient, engine: Engine, house: House
) -> None:
    assert house.mark in manager.get(house.story).text
    asked = manager.get(f"{house.mark}?q=李").text
    assert f"other={house.li}" in asked
    confirm = manager.get(f"{house.mark}?other={house.li}").text
    for said in ("It was 李建军", "cannot tell 王建国 and 李建军 apart", "Mark as not 王建国", "no PIN yet"):
        assert said in confirm
    before = now_at(engine)
    told = manager.post(house.mark, data={"other": str(house.li)})
    page = manager.get(told.location).text
    for said in ("The passage is marked", "not this person", "It was 李建军"):
        assert said in page
    assert marks(engine) == [(house.wang, house.li, "passage")]
    assert acts(engine) == [("not_this_person", f"person:{house.wang}", "resident_asked")]
    assert now_at(engine) == before + 1


def test_it_may_have_been_nobody_of_the_register(manager: FlaskClient, engine: Engine, house: House) -> None:
    confirm = manager.get(f"{house.mark}?other=nobody").text
    assert "until the face is enrolled again" in confirm
    assert "no picture, no template" in confirm
    manager.post(house.mark, data={"other": "nobody"})
    assert marks(engine) == [(house.wang, None, "passage")]
    assert "It was nobody of the register" in manager.get(house.story).text


def test_said_twice_it_is_one_mark_and_the_later_holds(
    manager: FlaskClient, engine: Engine, house: House
) -> None:
    for other in (str(house.li), str(house.li), "nobody"):
        manager.post(house.mark, data={"other": other})
    assert marks(engine) == [(house.wang, None, "passage")]
    assert len(acts(engine)) == 2


def test_a_mark_is_lifted_where_it_is_shown(manager: FlaskClient, engine: Engine, house: House) -> None:
    manager.post(house.mark, data={"other": str(house.li)})
    before = now_at(engine)
    lift = lift_address(manager.get(house.story).text)
    assert manager.post(lift, data={"next": house.story}).location == house.story
    assert marks(engine) == []
    assert acts(engine)[-1][0] == "mark_lifted"
    assert now_at(engine) == before + 1
    assert house.mark in manager.get(house.story).text
    assert manager.post(lift).status_code == 404


def test_the_persons_page_says_with_whom_why_and_since_when(
    manager: FlaskClient, engine: Engine, house: House
) -> None:
    manager.post(house.mark, data={"other": str(house.li)})
    for person, other, name in ((house.wang, house.li, "李建军"), (house.li, house.wang, "王建国")):
        page = manager.get(f"/residents/{person}").text
        assert "Mixed up at a gate" in page
        assert f'href="/residents/{other}"' in page
        assert name in page


def test_staff_name_twins_and_lift_it_again(
    logged_in: Login, town: Town, engine: Engine, house: House
) -> None:
    browser = logged_in(Role.STAFF, town.compound)
    address = f"/residents/{house.wang}/alike"
    assert address in browser.get(f"/residents/{house.wang}").text
    assert "王建国 and 李建军" in browser.get(f"{address}?other={house.li}").text
    for _ in range(2):
        browser.post(address, data={"other": str(house.li), "reason": "twins"})
    browser.post(f"/residents/{house.li}/alike", data={"other": str(house.wang), "reason": "family"})
    assert marks(engine) == [(house.wang, house.li, "family")]
    page = browser.get(f"/residents/{house.li}").text
    assert "Alike in the family" in page
    browser.post(lift_address(page))
    assert marks(engine) == []
    assert [act for act, *_ in acts(engine)] == ["pair_set", "pair_set", "mark_lifted"]


@pytest.mark.parametrize("form", [{}, {"other": "x"}, {"reason": "twins"}, {"reason": "likeness"}])
def test_a_form_that_says_nothing_is_not_understood(
    manager: FlaskClient, engine: Engine, house: House, form: dict[str, str]
) -> None:
    said = {"other": str(house.li), **form} if form.get("reason") == "likeness" else form
    assert manager.post(f"/residents/{house.wang}/alike", data=said).status_code == 400
    assert manager.post(house.mark, data={"other": form.get("other", "")}).status_code == 400
    assert marks(engine) == []


@pytest.mark.promise(6)
def test_what_enrolment_measured_is_shown_and_not_lifted_by_hand(
    manager: FlaskClient, engine: Engine, house: House
) -> None:
    with writing(engine) as session:
        mark = Confusion(person_id=house.wang, other_id=house.li, known_by=ConfusedBy.LIKENESS, at=NOON)
        session.add(mark)
    page = manager.get(f"/residents/{house.li}").text
    assert "Found alike when enrolled" in page
    assert "/lift" not in page
    assert manager.post(f"/confusions/{mark.id}/lift").status_code == 404
    assert len(marks(engine)) == 1


@pytest.mark.promise(10)
def test_marking_asks_why_first_as_reading_does(
    logged_in: Login, town: Town, engine: Engine, house: House
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    for answer in (browser.get(house.mark), browser.post(house.mark, data={"other": "nobody"})):
        assert answer.location == house.story
    assert marks(engine) == []


@pytest.mark.promise(10)
def test_staff_without_the_log_mark_no_passage_and_guards_no_pair(
    logged_in: Login, town: Town, engine: Engine, house: House
) -> None:
    staff, guard = logged_in(Role.STAFF, town.compound), logged_in(Role.GUARD, town.compound)
    assert staff.get(house.mark).status_code == 403
    assert staff.post(house.mark, data={"other": "nobody"}).status_code == 403
    pair = {"other": str(house.li), "reason": "twins"}
    assert guard.post(f"/residents/{house.wang}/alike", data=pair).status_code == 403
    assert marks(engine) == []


@pytest.mark.promise(10)
def test_staff_of_another_compound_mark_and_lift_nothing_here(
    logged_in: Login, town: Town, engine: Engine, house: House
) -> None:
    with writing(engine) as session:
        mark = Confusion(person_id=house.wang, other_id=house.li, known_by=ConfusedBy.TWINS, at=NOON)
        session.add(mark)
        stranger = a_person(session, town.other_compound, "外人").id
    browser = logged_in(Role.MANAGER, town.other_compound)
    browser.post("/log/purpose", data={"purpose": "incident"})
    pair = {"other": str(house.li), "reason": "twins"}
    for answer in (
        browser.get(house.mark),
        browser.post(house.mark, data={"other": "nobody"}),
        browser.get(f"/residents/{house.wang}/alike"),
        browser.post(f"/residents/{house.wang}/alike", data=pair),
        browser.post(f"/residents/{stranger}/alike", data=pair),
        browser.post(f"/confusions/{mark.id}/lift"),
    ):
        assert answer.status_code == 404
    assert marks(engine) == [(house.wang, house.li, "twins")]


@pytest.mark.promise(10)
def test_a_pair_never_joins_two_compounds_and_never_one_person(
    logged_in: Login, town: Town, engine: Engine, house: House
) -> None:
    with writing(engine) as session:
        elsewhere = a_person(session, town.other_compound, "外人").id
    browser = logged_in(Role.MANAGER)
    browser.post("/log/purpose", data={"purpose": "incident"})
    for other in (elsewhere, house.wang):
        pair = {"other": str(other), "reason": "alike"}
        assert browser.post(f"/residents/{house.wang}/alike", data=pair).status_code == 404
        assert browser.post(house.mark, data={"other": str(other)}).status_code == 404
    assert marks(engine) == []


def test_whoever_has_left_is_neither_marked_nor_named(
    manager: FlaskClient, engine: Engine, house: House
) -> None:
    with writing(engine) as session:
        session.get_one(Person, house.wang).left_at = NOON
    assert manager.get(house.mark).status_code == 404
    assert house.mark not in manager.get(house.story).text
    pair = {"other": str(house.wang), "reason": "twins"}
    assert manager.post(f"/residents/{house.li}/alike", data=pair).status_code == 404


def test_a_passage_by_pin_or_of_nobody_has_nothing_to_mark(
    manager: FlaskClient, engine: Engine, house: House
) -> None:
    with writing(engine) as session:
        rows = [
            a_passage(session, "gate-main", 2, person_id=house.wang, method="pin"),
            a_passage(session, "gate-main", 3, outcome="denied", reason="unknown"),
        ]
    for row in rows:
        assert manager.get(f"/log/{row.id}/not-this-person").status_code == 404
        assert "not-this-person" not in manager.get(f"/log?open={row.id}").text


def test_moving_away_takes_the_marks_along(manager: FlaskClient, engine: Engine, house: House) -> None:
    manager.post(house.mark, data={"other": str(house.li)})
    page = manager.get(f"/residents/{house.li}").text
    home = re.search(r'action="(/residents/[^"]+/homes/\d+/end)"', page)
    assert home is not None
    manager.post(home[1])
    assert marks(engine) == []


@pytest.mark.promise(10)
def test_a_name_outside_the_scope_is_not_told(
    logged_in: Login, engine: Engine, town: Town, house: House
) -> None:
    with writing(engine) as session:
        far = a_person(session, town.compound, "远邻", a_household(session, town.units["5-1"], "5-1-101")).id
        session.add(Confusion(person_id=house.wang, other_id=far, known_by=ConfusedBy.ALIKE, at=NOON))
    page = logged_in(Role.STAFF, town.units["3-1"]).get(f"/residents/{house.wang}").text
    assert "Somebody outside your scope" in page
    assert "远邻" not in page


def test_a_face_that_was_asked_and_the_pin_that_opened_are_read_as_one_coming(
    manager: FlaskClient, engine: Engine, town: Town, house: House
) -> None:
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north")
        second, minute = timedelta(seconds=1), timedelta(minutes=1)
        asked = a_passage(
            session, "gate-main", 2, at=NOON + minute, outcome="asked", reason="ambiguous", person_id=None
        )
        opened = NOON + minute + 9 * second
        a_passage(session, "gate-north", 1, at=opened - second, method="pin", person_id=house.li)
        pin = a_passage(session, "gate-main", 3, at=opened, method="pin", person_id=house.li)
        later = a_passage(session, "gate-main", 4, at=opened + 2 * minute, method="pin", person_id=house.li)
    for row in (asked, pin):
        coming = manager.get(f"/log?open={row.id}").text.split("passages-coming")[1].split("</ol>")[0]
        assert re.findall(r"· (Face|PIN) ·", coming) == ["Face", "PIN"]
    assert "passages-coming" not in manager.get(f"/log?open={later.id}").text


def test_somebody_elses_pin_is_not_taken_for_the_answer_to_a_named_face(
    manager: FlaskClient, engine: Engine, house: House
) -> None:
    with writing(engine) as session:
        asked = a_passage(session, "gate-main", 2, outcome="asked", reason="ambiguous", person_id=house.wang)
        a_passage(session, "gate-main", 3, at=NOON + timedelta(seconds=5), method="pin", person_id=house.li)
    assert "passages-coming" not in manager.get(f"/log?open={asked.id}").text
