"""The calibration page: one answer first, names under scope, every reading on record."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update

from admin.db.jobs import finish
from admin.db.session import reading, writing
from admin.db.tables import Audit, Confusion, Face, Job, Person
from admin.security.permissions import Role
from tests.admin.conftest import NOON, Town, a_household, a_person
from tests.admin.web.calibration.reports import a_report, kept, too_few

Login = Callable[..., FlaskClient]


@pytest.fixture
def pair(engine: Engine, town: Town) -> tuple[str, str]:
    """Two people of the first compound whose faces lie near each other, and a report that says so."""
    with writing(engine) as session:
        home = a_household(session, town.units["3-1"], "3-1-1201")
        people = [a_person(session, town.compound, name, home) for name in ("欧阳娜娜", "欧阳妮妮")]
        for person in people:
            session.add(Face(person_id=person.id, model="m", templates=1, enrolled_at=NOON))
        ids = people[0].wire_id, people[1].wire_id
        kept(session, town.compound, a_report(ids))
        return ids


def acts(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        found = session.execute(select(Audit.act, Audit.subject).where(Audit.act.startswith("calibration")))
        return [(row.act, row.subject) for row in found]


def test_the_first_line_answers_and_the_rest_follows(logged_in: Login, pair: object, town: Town) -> None:
    page = logged_in(Role.MANAGER, town.compound).get("/calibration/").text
    for said in (
        "About 0.3 false accepts a month are to be expected (95 % interval 0.1–0.9).",
        "Keep the setting of 0.1 %",
        "欧阳娜娜",
        "欧阳妮妮",
        "Near enough to be mistaken",
        "The only picture, and near somebody else",
        "60 in 30 days",
        "of 80 people, taken as strangers, 0 would have been let in as somebody else (at most 3.7 %)",
    ):
        assert said in page
    assert page.index("About 0.3") < page.index("欧阳娜娜")


def test_the_page_speaks_chinese(logged_in: Login, pair: object, town: Town) -> None:
    page = logged_in(Role.MANAGER, town.compound, "zh_Hans_CN").get("/calibration/").text
    assert "每月预计误认 0.3 次（95% 区间 0.1–0.9）" in page


def test_the_drawing_has_a_message_and_its_figures_in_a_table(
    logged_in: Login, pair: object, town: Town
) -> None:
    page = logged_in(Role.MANAGER, town.compound).get("/calibration/").text
    assert '<title id="chart-title">Some people lie nearer to each other than the 0.58' in page
    assert "<td>0.60–0.62</td><td>1</td>" in page


def test_a_pair_that_is_asked_for_more_at_the_gates_says_so(
    logged_in: Login, engine: Engine, pair: object, town: Town
) -> None:
    with writing(engine) as session:
        session.execute(update(Face).values(look_alike=True))
    page = logged_in(Role.MANAGER, town.compound).get("/calibration/").text
    assert "Both are asked for a second credential" in page


def test_a_pair_that_staff_named_is_asked_for_more_and_one_nobody_named_can_be(
    logged_in: Login, engine: Engine, pair: tuple[str, str], town: Town
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    assert "/alike?other=" in browser.get("/calibration/").text
    with writing(engine) as session:
        first, second = (session.scalars(select(Person).where(Person.wire_id == one)).one() for one in pair)
        session.add(Confusion(person_id=second.id, other_id=first.id, known_by="twins", at=NOON))
    page = browser.get("/calibration/").text
    assert "Both are asked for a second credential" in page
    assert "/alike?other=" not in page


@pytest.mark.promise(10)
def test_a_reading_of_names_is_on_record(logged_in: Login, engine: Engine, pair: object, town: Town) -> None:
    logged_in(Role.MANAGER, town.compound).get("/calibration/")
    assert acts(engine) == [("calibration_read", f"compound:{town.compound}")]


@pytest.mark.promise(10)
def test_another_compounds_manager_sees_nothing_of_it(
    logged_in: Login, engine: Engine, pair: object, town: Town
) -> None:
    other = logged_in(Role.MANAGER, town.other_compound)
    page = other.get(f"/calibration/?compound={town.compound}").text
    assert "欧阳" not in page
    assert "Nothing measured yet" in page
    assert "Ginkgo Lane" in page
    assert other.post(f"/calibration/{town.compound}/measure").status_code == 404
    assert other.get(f"/calibration/{town.compound}/status").status_code == 404
    assert acts(engine) == []


@pytest.mark.promise(10)
def test_a_report_never_names_people_of_another_compound(
    logged_in: Login, engine: Engine, pair: tuple[str, str], town: Town
) -> None:
    with writing(engine) as session:
        kept(session, town.other_compound, a_report(pair))
    assert "欧阳" not in logged_in(Role.MANAGER, town.other_compound).get("/calibration/").text


@pytest.mark.promise(10)
def test_a_manager_of_one_building_gets_no_report_about_the_whole_compound(
    logged_in: Login, pair: object, town: Town
) -> None:
    assert logged_in(Role.MANAGER, town.units["3-1"]).get("/calibration/").status_code == 404


@pytest.mark.parametrize("role", [Role.GUARD, Role.STAFF])
def test_other_posts_are_refused(logged_in: Login, role: Role, pair: object, town: Town) -> None:
    browser = logged_in(role, town.compound)
    assert browser.get("/calibration/").status_code == 403
    assert browser.post(f"/calibration/{town.compound}/measure").status_code == 403


def test_asking_twice_queues_once_and_the_page_says_what_it_waits_for(
    logged_in: Login, engine: Engine, pair: object, town: Town
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    for _ in range(2):
        answer = browser.post(f"/calibration/{town.compound}/measure")
        assert answer.headers["Location"] == f"/calibration/?compound={town.compound}"
    with reading(engine) as session:
        assert session.scalars(select(Job.subject)).all() == [f"compound:{town.compound}"]
    page = browser.get("/calibration/").text
    assert "waiting for the worker" in page
    assert "About 0.3 false accepts" in page
    assert "欧阳" not in page
    assert browser.get(f"/calibration/{town.compound}/status").json == {"mark": "1:queued"}
    assert acts(engine) == [("calibration_asked", f"compound:{town.compound}")]


WENT_WRONG = [
    ("refused", "no_gate", "No gate has reported yet"),
    ("refused", "unknown_model", "a face model that this version has no figures for"),
    ("failed", "operational_error", "failed five times"),
]


@pytest.mark.parametrize("wrong", WENT_WRONG)
def test_a_measurement_that_went_wrong_says_what_to_do(
    logged_in: Login, engine: Engine, town: Town, wrong: tuple[str, str, str]
) -> None:
    state, fault, said = wrong
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post(f"/calibration/{town.compound}/measure")
    with writing(engine) as session:
        finish(session.scalars(select(Job)).one(), state, {"faults": [fault]}, NOON)
    page = browser.get("/calibration/").text
    assert said in page
    assert "Measure again" in page


def test_with_too_few_people_the_page_says_how_many_it_takes(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    with writing(engine) as session:
        kept(session, town.compound, too_few())
    page = logged_in(Role.MANAGER, town.compound).get("/calibration/").text
    assert "1 person is enrolled; false accepts can be measured from 50 people on." in page
    assert "too few people to measure" in page
    assert "<svg" not in page


def test_without_a_report_the_page_offers_to_make_one(logged_in: Login, town: Town) -> None:
    page = logged_in(Role.MANAGER, town.compound).get("/calibration/").text
    assert "Nothing measured yet" in page
    assert "Measure now" in page


def test_without_a_stranger_no_false_accept_is_expected(logged_in: Login, engine: Engine, town: Town) -> None:
    quiet = a_report().model_dump()
    quiet["doors"][0]["seen"] = 0
    with writing(engine) as session:
        kept(session, town.compound, a_report(doors=quiet["doors"]))
    assert "No stranger has come" in logged_in(Role.MANAGER, town.compound).get("/calibration/").text


def test_an_expectation_too_small_to_write_is_told_by_its_bound(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    rare = a_report().model_dump()
    rare["measured"]["false_accepts"] = {"value": 0.002, "low": 0.0001, "high": 0.04}
    with writing(engine) as session:
        kept(session, town.compound, a_report(measured=rare["measured"]))
    assert "at most 0.04 a month" in logged_in(Role.MANAGER, town.compound).get("/calibration/").text


def test_somebody_who_was_erased_is_left_out(
    logged_in: Login, engine: Engine, pair: tuple[str, str], town: Town
) -> None:
    with writing(engine) as session:
        kept(session, town.compound, a_report(("a" * 32, "b" * 32)))
    page = logged_in(Role.MANAGER, town.compound).get("/calibration/").text
    assert "People who look most alike" not in page
    with reading(engine) as session:
        assert len(session.scalars(select(Person.id)).all()) == 2
