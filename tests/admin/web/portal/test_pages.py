"""The phone pages: what a link shows, and that a wrong one shows nothing."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from admin.db.session import reading, writing
from admin.db.tables.people import Person
from admin.db.tables.visits import ResidentLink, Visit
from admin.security.keys import load_seal_public
from admin.settings import WebSettings
from admin.web.portal.identity import INVITATIONS, WRONG_LINKS
from admin.web.visits.passes import TOKEN, hash_of
from admin.web.visits.service import MadeVisit
from contracts.sealing import seal
from tests.admin.conftest import NOON, Clock, Town
from tests.admin.web.rows import HOUR, a_host, a_visit

MINE = "residents-own-secret-word"
LONG_AGO = "x" * 22


@pytest.fixture
def host(engine: Engine, town: Town) -> UUID:
    with writing(engine) as session:
        host = a_host(session, town.compound, town.units["3-1"])
        session.add(
            ResidentLink(person_id=host, secret_hash=hash_of(MINE), made_at=NOON, until=NOON + 24 * HOUR)
        )
    return host


@pytest.fixture
def made(engine: Engine, web_settings: WebSettings, town: Town, host: UUID) -> MadeVisit:
    with writing(engine) as session:
        made = a_visit(session, web_settings, town.compound, host_id=host)
        web = load_seal_public(web_settings.public_keys / "web.pub")
        made.visit.token_sealed = seal(web, TOKEN, b"KM1:ABC")
    return made


def pass_page(client: FlaskClient, made: MadeVisit) -> str:
    return client.get(f"/p/{made.secret.text}").text


def test_a_visitor_sees_the_code_the_pin_and_the_host_masked(client: FlaskClient, made: MadeVisit) -> None:
    with client.session_transaction() as browser:
        browser["language"] = "en"
    answer = client.get(f"/p/{made.secret.text}")
    pin = made.secret.pin
    for said in ("Wutong Court", "visits-qr", f"{pin[:4]} {pin[4:]}", "王**", "South gate", "Valid"):
        assert said in answer.text
    assert "王建国" not in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_page_whose_code_is_not_signed_yet_looks_again_by_itself(
    client: FlaskClient, engine: Engine, made: MadeVisit
) -> None:
    with writing(engine) as session:
        session.get_one(Visit, made.visit.id).token_sealed = None
    page = pass_page(client, made)
    assert 'http-equiv="refresh"' in page
    assert made.secret.pin[:4] in page


@pytest.mark.parametrize("moment", [NOON + HOUR, NOON + 25 * HOUR])
def test_a_pass_that_ended_shows_no_code(
    client: FlaskClient, made: MadeVisit, clock: Clock, moment: object
) -> None:
    clock.now = moment  # type: ignore[assignment]
    page = pass_page(client, made)
    assert "visits-qr" not in page
    assert made.secret.pin[:4] not in page


def test_a_visitor_cancels_the_own_pass(client: FlaskClient, engine: Engine, made: MadeVisit) -> None:
    assert client.post(f"/p/{made.secret.text}/cancel").status_code == 302
    assert "visits-qr" not in pass_page(client, made)
    with reading(engine) as session:
        assert session.get_one(Visit, made.visit.id).cancelled_at == NOON


@pytest.mark.promise(10)
def test_a_wrong_link_an_old_one_and_another_kind_of_link_look_the_same(
    client: FlaskClient, made: MadeVisit, clock: Clock
) -> None:
    wrong = client.get(f"/p/{LONG_AGO}")
    others = [client.get(f"/p/{MINE}"), client.get(f"/r/{made.secret.text}"), client.get("/p/short")]
    clock.now = NOON + timedelta(days=30)
    others.append(client.get(f"/p/{made.secret.text}"))
    assert {answer.status_code for answer in (wrong, *others)} == {404}
    assert {_without_tokens(answer.text) for answer in others} == {_without_tokens(wrong.text)}
    assert "此链接已失效" in wrong.text
    assert "/login" not in wrong.text


def test_guessing_links_is_limited_and_right_ones_still_open(client: FlaskClient, made: MadeVisit) -> None:
    codes = [client.get(f"/p/{LONG_AGO}").status_code for _ in range(WRONG_LINKS.tries + 1)]
    assert codes[-2:] == [404, 429]
    assert client.get(f"/p/{made.secret.text}").status_code == 200


@pytest.mark.promise(10)
def test_a_visitors_link_opens_nothing_else(client: FlaskClient, made: MadeVisit) -> None:
    pass_page(client, made)
    for address in ("/visits", "/live", "/log", f"/visits/{made.visit.id}"):
        assert client.get(address).status_code in (302, 401, 403)


def test_a_resident_invites_and_finds_the_link_again(client: FlaskClient, host: UUID, town: Town) -> None:
    assert client.get(f"/r/{MINE}").status_code == 200
    data = {"visitor": "古丽娜尔·买买提", "window": "2h", "uses": "2"}
    made = client.post(f"/r/{MINE}/invite", data=data)
    assert made.status_code == 302, made.text
    page = client.get(made.location).text
    link = re.search(r"http://localhost(/p/[\w-]{22})", page)
    assert link
    assert client.get(link.group(1)).status_code == 200
    assert "古丽娜尔·买买提" in client.get(f"/r/{MINE}").text
    assert client.post(f"{made.location}/cancel").status_code == 302
    assert "portal-pin" not in client.get(made.location).text


@pytest.mark.promise(10)
def test_a_resident_sees_no_pass_of_a_neighbour(
    client: FlaskClient, engine: Engine, web_settings: WebSettings, host: UUID, town: Town
) -> None:
    with writing(engine) as session:
        neighbour = a_host(session, town.compound, town.units["3-2"], "李秀英", "3-2-0402")
        theirs = a_visit(session, web_settings, town.compound, host_id=neighbour, visitor="周海")
    assert "周海" not in client.get(f"/r/{MINE}").text
    assert client.get(f"/r/{MINE}/passes/{theirs.visit.id}").status_code == 404
    assert client.post(f"/r/{MINE}/passes/{theirs.visit.id}/cancel").status_code == 404


def test_a_link_ends_with_its_time_its_withdrawal_or_the_residents_leaving(
    client: FlaskClient, engine: Engine, host: UUID, clock: Clock
) -> None:
    clock.now = NOON + 24 * HOUR
    assert client.get(f"/r/{MINE}").status_code == 404
    clock.now = NOON
    with writing(engine) as session:
        session.get_one(Person, host).left_at = NOON
    assert client.get(f"/r/{MINE}").status_code == 404


def test_invitations_are_limited_a_day(client: FlaskClient, host: UUID, town: Town) -> None:
    data = {"visitor": "周海", "window": "2h", "uses": "1"}
    codes = [client.post(f"/r/{MINE}/invite", data=data).status_code for _ in range(INVITATIONS.tries + 1)]
    assert codes[-2:] == [302, 429]


def test_the_offline_copy_reaches_visitors_pages_alone(client: FlaskClient, engine: Engine) -> None:
    answer = client.get("/p/offline.js")
    assert answer.status_code == 200
    assert "javascript" in (answer.mimetype or "")
    assert "Service-Worker-Allowed" not in answer.headers
    answer.close()


def _without_tokens(page: str) -> str:
    page = re.sub(r'name="csrf_token" value="[^"]*"', "", page)
    return re.sub(r'name="next" value="[^"]*"', "", page)
