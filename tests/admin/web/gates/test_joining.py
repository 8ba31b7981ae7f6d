"""A gate is added with a code, confirmed by somebody else, and ended with a reason."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.joins import CODE_LASTS, CODE_PURPOSE, KEY_PURPOSE
from admin.db.revision import revision
from admin.db.session import reading, writing
from admin.db.tables import Account, Audit, Gate, GateJoin, GateRevocation, JoinStep, SealedRoster
from admin.db.tables.gates import NO_CREDENTIAL
from admin.security.authority import load_authority, make_authority
from admin.security.keys import load_sealing_key
from admin.security.permissions import Role
from admin.settings import WebSettings
from admin.web.ground import Surroundings
from contracts.join import JoinCode, read_code, shown
from contracts.sealing import unseal
from tests.admin.conftest import NOON, PASSWORD, Clock, MakeApp, Town, a_roster
from tests.admin.web.rows import CREDENTIAL, another_gate, give_credential

Login = Callable[..., FlaskClient]
FIGURES = "0123456789abcdef" * 4
NEW = {"name_zh": "北门", "name_en": "North gate", "direction": "both"}


@dataclass
class Added:
    """A manager's browser and the code made in it."""

    manager: FlaskClient
    number: int
    engine: Engine

    @property
    def page(self) -> str:
        return f"/gates/joins/{self.number}"

    def row(self) -> GateJoin:
        with reading(self.engine) as session:
            return session.get_one(GateJoin, self.number)

    def came(self) -> None:
        """A box came and its proof held, as dispatch says it."""
        with writing(self.engine) as session:
            row = session.get_one(GateJoin, self.number)
            row.step, row.fingerprint, row.asked_at = JoinStep.CHECKED.value, FIGURES, NOON
            row.asked_from, row.code_sealed = "192.168.1.20", None


@pytest.fixture
def added(logged_in: Login, engine: Engine, town: Town) -> Added:
    manager = logged_in(Role.MANAGER, town.compound)
    answer = manager.post("/gates/new", data={**NEW, "place": town.units["3-1"]})
    assert answer.status_code == 302, answer.text
    return Added(manager, int(answer.location.rsplit("/", 1)[1]), engine)


def acts(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [act for act in session.scalars(select(Audit.act).order_by(Audit.seq)) if act != "logged_in"]


def decide(browser: FlaskClient, added: Added, how: str = "confirm", **sent: str) -> int:
    return browser.post(f"{added.page}/{how}", data={"fingerprint": FIGURES, "same": "1", **sent}).status_code


def test_the_code_is_shown_as_text_and_qr_with_its_end_to_its_maker_alone(
    added: Added, logged_in: Login, town: Town, web_settings: WebSettings
) -> None:
    page = added.manager.get(added.page).text
    text = "".join(re.findall(r"gates-code-text[^>]*>(.*?)</p>", page)).replace("<wbr>", "")
    code = read_code(text)
    assert (code.url, code.ca) == ("http://localhost", None)
    assert added.row().lookup == code.lookup
    assert '<svg class="gates-qr"' in page or 'class="gates-qr"' in page
    assert "until 2026-11-23 12:15:00" in page
    dispatch = load_sealing_key(web_settings.own_keys.parent / "keys-dispatch" / "dispatch.key")
    assert unseal(dispatch, KEY_PURPOSE, added.row().key_sealed) == code.key
    own = load_sealing_key(web_settings.own_keys / "web.key")
    assert unseal(own, CODE_PURPOSE, added.row().code_sealed or b"").decode() == text
    colleague = logged_in(Role.STAFF, town.compound).get(added.page).text
    assert "gates-code-text" not in colleague
    assert "Only whoever made the code sees it" in colleague


def test_off_the_machine_the_code_names_the_authority(
    web_settings: WebSettings, engine: Engine, manager_at: Callable[[str], FlaskClient]
) -> None:
    ca = web_settings.own_keys.parent / "dispatch"
    make_authority(ca, web_settings.public_keys, "Wutong", NOON)
    code = code_of(manager_at("https://192.168.1.5:8750"), engine, web_settings)
    assert (code.url, code.ca) == ("https://192.168.1.5:8750", load_authority(ca).fingerprint)


@pytest.mark.parametrize("url", ["https://kaimen.example", "http://192.168.1.5:8750"])
def test_without_a_safe_address_no_code_is_made(
    town: Town, manager_at: Callable[[str], FlaskClient], url: str
) -> None:
    answer = manager_at(url).post("/gates/new", data={**NEW, "place": town.compound})
    assert answer.status_code == 422
    assert "HTTPS or from the same machine" in answer.text


@pytest.fixture
def manager_at(
    web_settings: WebSettings, clock: Clock, added: Added, make_app: MakeApp
) -> Callable[[str], FlaskClient]:
    """The manager of the fixture `added`, at a server that people reach at another address."""

    def at(address: str) -> FlaskClient:
        settings = web_settings.model_copy(update={"base_url": address})
        app = make_app(settings, Surroundings(clock=clock))
        app.config["WTF_CSRF_METHODS"] = set()
        browser = app.test_client()
        with writing(app.extensions["kaimen"].engine) as session:
            login = session.scalars(select(Account.login)).first()
        browser.post("/login", data={"login": login, "password": PASSWORD})
        return browser

    return at


def code_of(browser: FlaskClient, engine: Engine, settings: WebSettings) -> JoinCode:
    with reading(engine) as session:
        place = session.scalars(select(GateJoin.place_id)).first()
    number = browser.post("/gates/new", data={**NEW, "place": place}).location.rsplit("/", 1)[1]
    with reading(engine) as session:
        sealed = session.get_one(GateJoin, int(number)).code_sealed
    return read_code(
        unseal(load_sealing_key(settings.own_keys / "web.key"), CODE_PURPOSE, sealed or b"").decode()
    )


@pytest.mark.promise(10)
def test_whoever_made_the_code_does_not_confirm(added: Added) -> None:
    added.came()
    page = added.manager.get(added.page).text
    assert "Confirm this box" not in page
    assert all(group in page for group in shown(FIGURES).split())
    assert decide(added.manager, added) == 422
    assert decide(added.manager, added, "refuse") == 422
    assert added.row().step == JoinStep.CHECKED


@pytest.mark.promise(10)
def test_a_second_person_confirms_exactly_the_fingerprint_that_the_page_showed(
    added: Added, logged_in: Login, town: Town
) -> None:
    colleague = logged_in(Role.STAFF, town.compound)
    assert decide(colleague, added) == 422  # no box has come
    added.came()
    assert decide(colleague, added, fingerprint="f" * 64) == 422
    assert decide(colleague, added, same="") == 422
    assert added.row().step == JoinStep.CHECKED
    assert decide(colleague, added) == 302
    assert (added.row().step, added.row().decided_at) == (JoinStep.CONFIRMED, NOON)
    assert acts(added.engine) == ["gate_join_made", "gate_join_confirmed"]
    with reading(added.engine) as session:
        details = session.scalars(select(Audit.details).where(Audit.act == "gate_join_confirmed")).one()
    assert FIGURES in details
    assert decide(colleague, added) == 422  # once


def test_a_second_person_turns_another_box_away(added: Added, logged_in: Login, town: Town) -> None:
    added.came()
    assert decide(logged_in(Role.STAFF, town.compound), added, "refuse") == 302
    assert (added.row().step, added.row().why) == (JoinStep.REFUSED, "not_the_box")
    assert "another fingerprint" in added.manager.get(added.page).text
    assert acts(added.engine)[-1] == "gate_join_refused"


def test_with_one_account_the_page_says_that_a_second_person_is_needed_and_how(
    added: Added, logged_in: Login, town: Town
) -> None:
    assert "kaimen add-account" in added.manager.get(added.page).text
    logged_in(Role.GUARD, town.compound)  # a guard may not confirm
    logged_in(Role.STAFF, town.other_compound)  # nor may staff of another compound
    assert "kaimen add-account" in added.manager.get(added.page).text
    logged_in(Role.STAFF, town.compound)
    assert "kaimen add-account" not in added.manager.get(added.page).text


@pytest.mark.promise(10)
def test_guards_and_people_of_other_places_neither_see_nor_decide(
    added: Added, logged_in: Login, town: Town
) -> None:
    added.came()
    for browser, status in (
        (logged_in(Role.GUARD, town.compound), 403),
        (logged_in(Role.STAFF, town.other_compound), 404),
    ):
        assert browser.get(added.page).status_code == status
        assert decide(browser, added) == status
    assert logged_in(Role.STAFF, town.compound).get("/gates/new").status_code == 403
    assert logged_in(Role.MANAGER, town.other_compound).post(f"{added.page}/cancel").status_code == 404


def test_a_code_can_be_cancelled_and_ends_by_itself(
    added: Added, clock: Clock, logged_in: Login, town: Town
) -> None:
    assert added.manager.post(f"{added.page}/cancel").status_code == 302
    assert (added.row().step, added.row().code_sealed) == (JoinStep.CANCELLED, None)
    assert added.manager.post(f"{added.page}/cancel").status_code == 404
    again = added.manager.post("/gates/new", data={**NEW, "place": town.compound}).location
    clock.pass_by(CODE_LASTS)
    page = added.manager.get(again).text
    assert "Expired" in page
    assert "gates-code-text" not in page


def test_a_second_device_with_the_code_alarms_on_both_pages(added: Added) -> None:
    added.came()
    with writing(added.engine) as session:
        session.get_one(GateJoin, added.number).reused_at = NOON
    assert "Another device came with the same code" in added.manager.get(added.page).text
    assert "A second device came with this code" in added.manager.get("/gates").text


def test_a_place_outside_the_post_or_a_gap_in_the_form_makes_nothing(added: Added, town: Town) -> None:
    for wrong in (
        {"place": town.other_compound},
        {"place": town.compound, "name_zh": ""},
        {"place": town.street},
    ):
        assert added.manager.post("/gates/new", data={**NEW, **wrong}).status_code == 422
    assert acts(added.engine) == ["gate_join_made"]


def test_a_new_box_gets_a_code_and_an_earlier_code_ends(added: Added, engine: Engine) -> None:
    first = added.manager.post("/gates/gate-main/replace").location
    second = added.manager.post("/gates/gate-main/replace").location
    assert first != second
    with reading(engine) as session:
        rows = session.scalars(
            select(GateJoin).where(GateJoin.gate_id == "gate-main").order_by(GateJoin.id)
        ).all()
        assert [(row.step, row.replaces, row.name_en) for row in rows] == [
            ("cancelled", True, "South gate"),
            ("open", True, "South gate"),
        ]
        assert session.get_one(Gate, "gate-main").revoked_at is None
    assert added.manager.post("/gates/gate-none/replace").status_code == 404


@pytest.mark.promise(8)
def test_an_ended_gate_loses_credential_and_roster_at_once(
    added: Added, client: FlaskClient, engine: Engine
) -> None:
    give_credential(engine, "gate-main")
    with writing(engine) as session:
        session.add(a_roster("gate-main"))
        before = revision(session)
    head = {"Authorization": f"Bearer {CREDENTIAL}"}
    assert client.get("/gate/v1/gate-main/roster/1", headers=head).status_code == 200
    assert added.manager.post("/gates/gate-main/revoke", data={"reason": "why not"}).status_code == 422
    code = int(added.manager.post("/gates/gate-main/replace").location.rsplit("/", 1)[1])
    assert added.manager.post("/gates/gate-main/revoke", data={"reason": "stolen"}).status_code == 302
    assert client.get("/gate/v1/gate-main/roster/1", headers=head).status_code == 401
    with reading(engine) as session:
        assert session.scalars(select(SealedRoster)).all() == []
        assert session.get_one(GateRevocation, "gate-main").why == "stolen"
        assert session.get_one(GateJoin, code).step == JoinStep.CANCELLED
        assert revision(session) == before + 1
    assert acts(engine)[-2:] == ["gate_join_cancelled", "gate_revoked"]
    page = added.manager.get("/gates").text
    assert "Ended gates" in page
    assert "has not been ended yet" in page
    with writing(engine) as session:
        session.get_one(GateRevocation, "gate-main").cut_off_at = NOON + timedelta(seconds=1)
    assert "Cut off" in added.manager.get("/gates").text
    assert added.manager.post("/gates/gate-main/revoke", data={"reason": "stolen"}).status_code == 404


def test_the_page_says_which_gate_has_to_join_again(added: Added, engine: Engine) -> None:
    assert "Have a box join again" not in added.manager.get("/gates").text
    with writing(engine) as session:
        session.get_one(Gate, "gate-main").credential_hash = NO_CREDENTIAL
    assert "Have a box join again" in added.manager.get("/gates").text


@pytest.mark.promise(10)
def test_a_gate_of_another_compound_cannot_be_ended(added: Added, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        another_gate(session, town.other_compound, "gate-yinxing")
    assert added.manager.post("/gates/gate-yinxing/revoke", data={"reason": "stolen"}).status_code == 404
