"""What stands around every endpoint: permission, CSRF, the transaction, the headers, the words of errors."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from admin.db.session import reading, writing
from admin.db.tables.places import Grid
from admin.db.tables.server import Server
from admin.security.permissions import Permission, Role
from admin.settings import WebSettings
from admin.web.app import ROOMS
from admin.web.ground import Surroundings, in_gevent_threads
from admin.web.guard import MARK, db, may
from tests.admin.conftest import MakeApp

Login = Callable[..., FlaskClient]


@pytest.mark.promise(10)
def test_every_endpoint_names_its_permission(app: Flask) -> None:
    unnamed = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not isinstance(getattr(app.view_functions[rule.endpoint], MARK, None), Permission)
    ]
    assert unnamed == []


@pytest.mark.promise(10)
def test_what_anybody_may_see_is_a_short_list(app: Flask) -> None:
    public = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if getattr(view, MARK, None) is Permission.PUBLIC and endpoint.split(".")[0] in ("staff", *ROOMS[1:3])
    }
    assert public == {"staff.log_in", "staff.log_out", "staff.language", "staff.health"}


@pytest.mark.promise(10)
def test_an_endpoint_without_a_permission_is_refused(app: Flask, logged_in: Login) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secrets")
    assert logged_in(Role.MANAGER).get("/forgotten").status_code == 403


def test_a_post_without_its_token_changes_nothing(app: Flask, logged_in: Login) -> None:
    browser = logged_in(Role.MANAGER)
    app.config["WTF_CSRF_METHODS"] = {"POST", "PUT", "PATCH", "DELETE"}
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint.startswith(("api.", "join.")):
            continue
        if getattr(app.view_functions[rule.endpoint], MARK) in (Permission.SHOW_PASS, Permission.OWN_PASSES):
            continue
        address = re.sub(r"<uuid:\w+>", "00000000-0000-0000-0000-000000000000", rule.rule)
        address = re.sub(r"<[^>]+>", "1", address)
        assert browser.post(address).status_code == 400, rule.endpoint


def test_a_form_with_its_token_is_taken(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_METHODS"] = {"POST"}
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert token is not None
    answer = client.post("/language", data={"language": "en", "csrf_token": token[1]})
    assert answer.status_code == 302


def test_pages_run_no_script_but_ours(client: FlaskClient) -> None:
    answer = client.get("/login")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)| style=| on\w+=", answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_failing_page_changes_nothing_and_shows_no_traceback(
    app: Flask, logged_in: Login, engine: Engine
) -> None:
    def fail() -> str:
        db().add(Grid(community_id=1, name_zh="欧阳", name_en="x"))
        db().flush()
        raise RuntimeError("欧阳娜娜 13800000000")

    with writing(engine) as session:
        session.execute(select(Server))
    app.add_url_rule("/fail", "fail", may(Permission.OWN_ACCOUNT)(fail), methods=["POST"])
    answer = logged_in(Role.MANAGER).post("/fail")
    assert answer.status_code in (500, 503)
    assert "欧阳娜娜" not in answer.text
    assert "Traceback" not in answer.text
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Grid)) == 0


def test_a_locked_database_is_told_as_busy(app: Flask, logged_in: Login) -> None:
    def locked() -> str:
        raise OperationalError("INSERT", {"name": "欧阳娜娜"}, Exception("database is locked"))

    app.add_url_rule("/locked", "locked", may(Permission.OWN_ACCOUNT)(locked))
    answer = logged_in(Role.MANAGER).get("/locked")
    assert answer.status_code == 503
    assert "The server is busy" in answer.text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 429, 500, 503])
def test_every_error_says_what_to_do_next(app: Flask, client: FlaskClient, status: int) -> None:
    app.add_url_rule("/broken", "broken", may(Permission.PUBLIC)(lambda: abort(status)))
    answer = client.get("/broken")
    assert answer.status_code == status
    assert '<html lang="zh-Hans">' in answer.text
    client.post("/language", data={"language": "en"})
    assert '<html lang="en">' in client.get("/broken").text


def test_a_script_that_asks_for_data_gets_data(client: FlaskClient) -> None:
    answer = client.get("/nothing", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (404, {"error": 404})


def test_a_file_that_is_too_large_is_refused(logged_in: Login) -> None:
    browser = logged_in(Role.MANAGER)
    answer = browser.post(
        "/enrol/00000000-0000-0000-0000-000000000000/photo", data={"photo": b"x" * (13 * 1024 * 1024)}
    )
    assert answer.status_code == 413
    assert "12 MB" in answer.text


def test_health_needs_no_log_in(client: FlaskClient, engine: Engine) -> None:
    assert client.get("/health").json == {"status": "ok"}


def test_cookies_are_bound_to_this_host_and_hidden_from_scripts(
    web_settings: WebSettings, engine: Engine, make_app: MakeApp
) -> None:
    app = make_app(web_settings.model_copy(update={"secure_cookies": True}))
    cookie = app.test_client().get("/login", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-kaimen=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


def test_a_request_answers_the_same_on_a_thread_aside(
    web_settings: WebSettings, engine: Engine, make_app: MakeApp
) -> None:
    app = make_app(web_settings, Surroundings(aside=in_gevent_threads))
    browser = app.test_client()
    assert browser.get("/health").json == {"status": "ok"}
    assert browser.get("/nothing").status_code == 404


def test_every_room_is_open(app: Flask) -> None:
    assert set(ROOMS) <= set(app.blueprints)


@pytest.mark.parametrize(
    "address",
    ["/log?when=dates&from=9999-12-31&to=9999-12-31", "/residents/?after=" + "0" * 32, "/log?gate=%00"],
)
def test_an_address_out_of_all_range_is_not_our_fault(logged_in: Login, town: object, address: str) -> None:
    assert logged_in(Role.MANAGER).get(address).status_code < 500


def test_a_number_that_no_column_holds_is_not_understood(logged_in: Login) -> None:
    answer = logged_in(Role.MANAGER).post(
        f"/residents/00000000-0000-0000-0000-000000000000/homes/{10**30}/end"
    )
    assert answer.status_code in (400, 404)
