"""The desk's visitor pages, as a browser without script sees them."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables.visits import Visit
from admin.security.keys import load_seal_public
from admin.security.permissions import Role
from admin.settings import WebSettings
from admin.web.visits.passes import TOKEN
from contracts.sealing import seal
from tests.admin.conftest import NOON, Town
from tests.admin.web.rows import a_host, a_visit

Login = Callable[..., FlaskClient]


def filled(**changed: object) -> dict[str, object]:
    return {"visitor": "刘晓彤", "window": "today", "uses": "2", "host": "", "compound": "2", **changed}


def test_an_empty_list_says_what_will_appear(logged_in: Login, town: Town) -> None:
    page = logged_in(Role.STAFF, town.compound).get("/visits").text
    assert "No passes now" in page
    assert "Make the first one" in page


def test_a_pass_made_at_the_desk_shows_its_link_and_pin(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        host = a_host(session, town.compound, town.units["3-1"])
    browser = logged_in(Role.STAFF, town.compound)
    made = browser.post("/visits/new", data=filled(host="3-1-1201", compound=town.compound))
    assert made.status_code == 302, made.text
    page = browser.get(made.location).text
    assert "王建国" in page
    assert re.search(r"http://localhost/p/[\w-]{22}", page)
    assert re.search(r"\d{4} \d{4}", page)
    assert "being signed" in page
    with reading(engine) as session:
        assert session.scalars(select(Visit.host_id)).one() == host


def test_when_several_hosts_fit_the_desk_chooses_one(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        a_host(session, town.compound, town.units["3-1"], "王建国", "3-1-1201")
        second = a_host(session, town.compound, town.units["3-1"], "王建军", "3-1-1202")
    browser = logged_in(Role.STAFF, town.compound)
    asked = browser.post("/visits/new", data=filled(host="王建", compound=town.compound))
    assert asked.status_code == 422
    assert "Several people fit" in asked.text
    chosen = filled(host="王建", person=str(second), compound=town.compound)
    assert browser.post("/visits/new", data=chosen).status_code == 302


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"visitor": ""}, "Please fill this in"),
        ({"host": "nobody of that name"}, "Nobody fits"),
        ({"window": "custom"}, "Choose both times"),
        ({"window": "custom", "since": "2026-11-20T10:00", "until": "2026-11-20T12:00"}, "already over"),
        ({"uses": "0"}, "1 to 255"),
    ],
)
def test_a_form_that_makes_no_pass_says_why(
    logged_in: Login, town: Town, changed: dict[str, object], said: str
) -> None:
    browser = logged_in(Role.STAFF, town.compound)
    answer = browser.post("/visits/new", data=filled(compound=town.compound, **changed))
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.promise(10)
def test_a_pass_of_another_compound_is_not_there(
    logged_in: Login, engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        made = a_visit(session, web_settings, town.compound)
    browser = logged_in(Role.MANAGER, town.other_compound)
    assert "刘晓彤" not in browser.get("/visits").text
    assert browser.get(f"/visits/{made.visit.id}").status_code == 404
    assert browser.post(f"/visits/{made.visit.id}/cancel").status_code == 404
    answer = browser.post("/visits/new", data=filled(compound=town.compound))
    assert answer.status_code == 422


def test_a_signed_pass_shows_its_code_until_it_is_cancelled(
    logged_in: Login, engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        made = a_visit(session, web_settings, town.compound)
        web = load_seal_public(web_settings.public_keys / "web.pub")
        made.visit.token_sealed = seal(web, TOKEN, b"KM1:ABC")
    browser = logged_in(Role.GUARD, town.compound)
    assert "visits-qr" in browser.get(f"/visits/{made.visit.id}").text
    browser.post(f"/visits/{made.visit.id}/cancel")
    page = browser.get(f"/visits/{made.visit.id}").text
    assert "Cancelled" in page
    assert "visits-qr" not in page
    with reading(engine) as session:
        assert session.get_one(Visit, made.visit.id).cancelled_at == NOON
