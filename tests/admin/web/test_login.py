"""Proving oneself: one-time passwords, wrong ones, limits, sessions that end."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables.accounts import Account, Attempt, Audit
from admin.security.permissions import Role
from admin.web.links import own_path
from admin.web.staff.service import ensure_first_admin

Login = Callable[..., FlaskClient]
PASSWORD = "four plain words here"


class Clock(Protocol):
    def __call__(self) -> datetime: ...
    def pass_by(self, time: timedelta) -> None: ...


def log_in(browser: FlaskClient, login: str, password: str = PASSWORD, **more: str) -> int:
    return browser.post("/login", data={"login": login, "password": password, **more}).status_code


def test_the_first_administrator_is_made_once(engine: Engine, clock: Clock) -> None:
    with writing(engine) as session:
        first = ensure_first_admin(session, clock())
        again = ensure_first_admin(session, clock())
    assert first is not None
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", first)
    assert again is None


def test_a_one_time_password_opens_only_the_page_that_replaces_it(
    client: FlaskClient, engine: Engine, clock: Clock
) -> None:
    with writing(engine) as session:
        once = ensure_first_admin(session, clock()) or ""
    assert log_in(client, "admin", once) == 302
    assert client.get("/residents/").headers["Location"] == "/account/password"
    assert client.get("/account/password").status_code == 200
    chosen = {"password": "eight green lamps", "again": "eight green lamps"}
    assert client.post("/account/password", data=chosen).status_code == 302
    assert client.get("/residents/").status_code == 200
    assert log_in(client, "admin", once) == 422


@pytest.mark.parametrize("password", ["short", "", "x" * 129])
def test_a_new_password_of_the_wrong_length_is_refused(logged_in: Login, password: str) -> None:
    answer = logged_in().post("/account/password", data={"password": password, "again": password})
    assert answer.status_code == 422


def test_the_password_in_use_is_not_a_new_one(logged_in: Login) -> None:
    answer = logged_in().post("/account/password", data={"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 422
    assert "password in use" in answer.text


def test_unknown_and_wrong_get_the_same_words(client: FlaskClient, logged_in: Login) -> None:
    logged_in(Role.GUARD)
    wrong = client.post("/login", data={"login": "guard", "password": "no"})
    unknown = client.post("/login", data={"login": "nobody", "password": "no"})
    assert wrong.status_code == unknown.status_code == 422
    plain = [re.sub(r'value="[^"]*"', "", answer.text) for answer in (wrong, unknown)]
    assert plain[0] == plain[1]


def test_a_sixth_wrong_password_is_not_even_checked(
    client: FlaskClient, logged_in: Login, clock: Clock
) -> None:
    logged_in(Role.GUARD)
    assert [log_in(client, "guard", "no") for _ in range(5)] == [422] * 5
    assert log_in(client, "GUARD ") == 429
    clock.pass_by(timedelta(minutes=16))
    assert log_in(client, "guard") == 302


def test_an_address_that_tries_many_names_is_limited(client: FlaskClient, engine: Engine) -> None:
    answers = [log_in(client, f"name{number}", "no") for number in range(31)]
    assert answers[-1] == 429
    with reading(engine) as session:
        assert not [row for row in session.scalars(select(Attempt)) if "name" in row.bucket]


def test_wrong_tries_are_forgiven_by_a_right_one(client: FlaskClient, logged_in: Login) -> None:
    logged_in(Role.GUARD)
    for _ in range(2):
        assert [log_in(client, "guard", "no") for _ in range(4)] == [422] * 4
        assert log_in(client, "guard") == 302


def test_nothing_planted_in_a_browser_survives_the_log_in(client: FlaskClient, logged_in: Login) -> None:
    logged_in(Role.GUARD)
    client.get("/login")
    with client.session_transaction() as planted:
        planted["planted"] = "yes"
        token = planted["csrf_token"]
    assert log_in(client, "guard") == 302
    client.get("/account")
    with client.session_transaction() as kept:
        assert "planted" not in kept
        assert kept.get("csrf_token") != token


def test_a_new_password_ends_every_other_session(app: Flask, logged_in: Login) -> None:
    here = logged_in(Role.GUARD)
    there = app.test_client()
    assert log_in(there, "guard") == 302
    chosen = {"password": "eight green lamps", "again": "eight green lamps"}
    assert here.post("/account/password", data=chosen).status_code == 302
    assert here.get("/account").status_code == 200
    assert there.get("/account").headers["Location"].startswith("/login")


def test_a_log_out_everywhere_ends_a_copied_cookie(logged_in: Login) -> None:
    browser = logged_in(Role.GUARD)
    cookie = browser.get_cookie("kaimen")
    assert cookie is not None
    assert browser.post("/account/sessions/end").status_code == 302
    browser.set_cookie("kaimen", cookie.value)
    assert browser.get("/account").headers["Location"].startswith("/login")


def test_a_disabled_account_is_out_at_once(logged_in: Login, engine: Engine, clock: Clock) -> None:
    browser = logged_in(Role.GUARD)
    with writing(engine) as session:
        session.scalars(select(Account)).one().disabled_at = clock()
    assert browser.get("/account").status_code == 302
    assert log_in(browser, "guard") == 422


def test_a_log_out_ends_the_session(logged_in: Login) -> None:
    browser = logged_in(Role.GUARD)
    browser.post("/logout")
    assert browser.get("/account").headers["Location"].startswith("/login")


def test_a_stranger_is_led_to_the_log_in_and_back(app: Flask, client: FlaskClient, logged_in: Login) -> None:
    logged_in(Role.MANAGER)
    assert client.get("/residents/?q=w").headers["Location"] == "/login?next=/residents/?q%3Dw"
    answer = client.post("/login", data={"login": "manager", "password": PASSWORD, "next": "/residents/?q=w"})
    assert answer.headers["Location"] == "/residents/?q=w"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        None,
    ],
)
def test_the_way_back_never_leads_to_another_site(wanted: str | None) -> None:
    assert own_path(wanted, "/home") == "/home"


def test_the_language_is_kept_for_the_browser_and_the_account(
    app: Flask, logged_in: Login, engine: Engine
) -> None:
    browser = logged_in(Role.GUARD, language="zh_Hans_CN")
    assert '<html lang="zh-Hans">' in browser.get("/account").text
    browser.post("/language", data={"language": "en", "next": "/account"})
    assert '<html lang="en">' in browser.get("/account").text
    with reading(engine) as session:
        assert session.scalars(select(Account)).one().language == "en"
    assert browser.post("/language", data={"language": "xx"}).status_code == 400


def test_a_guard_is_not_shown_what_guards_may_not_do(logged_in: Login) -> None:
    browser = logged_in(Role.GUARD)
    page = browser.get("/account").text
    assert "/residents/" not in page
    assert browser.get("/residents/").status_code == 403


def test_a_log_in_is_on_record_without_the_name_typed(logged_in: Login, engine: Engine) -> None:
    logged_in(Role.GUARD)
    with reading(engine) as session:
        entry = session.scalars(select(Audit)).one()
    assert (entry.act, entry.subject) == ("logged_in", "account:1")
    assert "guard" not in entry.details
