"""Who may order what of which gate; that it is audited; and what the page says of it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.revision import raise_generation
from admin.db.session import reading, writing
from admin.db.tables import Audit, Gate, GateOrder, OrderState, Unsent
from admin.security.permissions import Role
from admin.web.orders import words
from admin.web.orders.queries import OrderLine
from admin.web.orders.service import BY_ACCOUNT, OrderReason, OrderRefusal
from contracts.order import Mode, Operation, OrderFault, OrderOutcome
from contracts.state import LockV1
from tests.admin.conftest import NOON, Clock, Town
from tests.admin.web.gates.test_pages import a_state
from tests.admin.web.rows import another_gate

Login = Callable[..., FlaskClient]
WHY = {"reason": "visitor", "note": "三楼王家"}
FOR_AN_HOUR = {"reason": "emergency", "lasts": "60"}


@pytest.fixture
def heard(engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        session.add(a_state("gate-main"))


def rows(engine: Engine) -> list[GateOrder]:
    with reading(engine) as session:
        return list(session.scalars(select(GateOrder).order_by(GateOrder.number)))


def answer(engine: Engine, state: str, why: str | None = None) -> None:
    with writing(engine) as session:
        row = session.scalars(select(GateOrder).order_by(GateOrder.number.desc()).limit(1)).one()
        row.state, row.why, row.answered_at = state, why, NOON


@pytest.mark.promise(10)
def test_a_guard_opens_a_gate_with_a_reason_and_it_is_audited(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    said = logged_in(Role.GUARD, town.compound).post("/orders/gate-main/open", data=WHY)
    (row,) = rows(engine)
    assert said.headers["Location"].endswith(f"/orders/{row.id}")
    assert (row.operation, row.reason, row.note, row.state) == ("open", "visitor", "三楼王家", "asked")
    assert row.id.version == 7
    with reading(engine) as session:
        entry = session.scalars(select(Audit).where(Audit.act == "gate_open")).one()
    assert (entry.subject, entry.principal, entry.purpose) == (
        "gate:gate-main",
        f"account:{row.account_id}",
        "visitor",
    )
    assert str(row.id) in entry.details
    assert "三楼" not in entry.details


@pytest.mark.promise(10)
def test_a_guard_opens_no_gate_of_another_compound(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        another_gate(session, town.other_compound, "gate-yinxing")
    browser = logged_in(Role.GUARD, town.compound)
    assert browser.post("/orders/gate-yinxing/open", data=WHY).status_code == 404
    assert browser.post("/orders/no-such-gate/open", data=WHY).status_code == 404
    assert "North gate" not in browser.get("/orders").text
    assert rows(engine) == []


@pytest.mark.promise(10)
def test_an_order_of_another_compound_is_not_shown(logged_in: Login, engine: Engine, town: Town) -> None:
    address = (
        logged_in(Role.GUARD, town.compound).post("/orders/gate-main/open", data=WHY).headers["Location"]
    )
    assert logged_in(Role.GUARD, town.other_compound).get(address).status_code == 404


@pytest.mark.promise(10)
@pytest.mark.parametrize("what", ["lock_down", "hold_open", "normal", "reboot"])
def test_what_stands_is_the_managers(logged_in: Login, engine: Engine, town: Town, what: str) -> None:
    assert (
        logged_in(Role.GUARD, town.compound).post(f"/orders/gate-main/{what}", data=FOR_AN_HOUR).status_code
        == 403
    )
    assert (
        logged_in(Role.MANAGER, town.compound).post(f"/orders/gate-main/{what}", data=FOR_AN_HOUR).status_code
        == 302
    )
    assert [row.operation for row in rows(engine)] == [what]


@pytest.mark.parametrize("data", [{}, {"reason": "because"}, {"reason": "other"}, {**WHY, "note": "x" * 201}])
def test_without_a_reason_nothing_is_ordered(
    logged_in: Login, engine: Engine, town: Town, data: dict[str, Any]
) -> None:
    said = logged_in(Role.GUARD, town.compound).post("/orders/gate-main/open", data=data)
    assert said.status_code == 422
    assert 'role="alert"' in said.text
    assert rows(engine) == []


@pytest.mark.parametrize("lasts", ["", "7", "100000", "-60"])
def test_what_stands_has_an_end_from_the_list(
    logged_in: Login, engine: Engine, town: Town, lasts: str
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    said = browser.post("/orders/gate-main/hold_open", data={"reason": "emergency", "lasts": lasts})
    assert (said.status_code, rows(engine)) == (422, [])


def test_a_standing_order_is_shown_with_its_end_and_released(
    logged_in: Login, engine: Engine, town: Town, heard: None, clock: Clock
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/orders/gate-main/lock_down", data=FOR_AN_HOUR)
    assert rows(engine)[0].until == NOON + timedelta(hours=1)
    page = browser.get("/orders").text
    assert "Lock down until" in page
    assert "13:00" in page
    assert "Release …" in page
    browser.post("/orders/gate-main/normal", data=WHY)
    assert "Lock down until" not in browser.get("/orders").text


def test_a_standing_order_that_is_over_or_was_refused_stands_no_more(
    logged_in: Login, engine: Engine, town: Town, clock: Clock
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/orders/gate-main/lock_down", data=FOR_AN_HOUR)
    answer(engine, "refused", "stale")
    assert "Lock down until" not in browser.get("/orders").text
    browser.post("/orders/gate-main/hold_open", data=FOR_AN_HOUR)
    clock.pass_by(timedelta(hours=1))
    assert "Hold open until" not in browser.get("/orders").text


def test_all_gates_are_locked_down_at_once_and_released(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north")
        another_gate(session, town.other_compound, "gate-yinxing")
    browser = logged_in(Role.MANAGER, town.compound)
    assert "Lock down 2 gates" in browser.get("/orders").text
    browser.post("/orders/all/lock_down", data=FOR_AN_HOUR)
    browser.post("/orders/all/normal", data=WHY)
    done = [(row.gate_id, row.operation) for row in rows(engine)]
    assert sorted(done[:2]) == [("gate-main", "lock_down"), ("gate-north", "lock_down")]
    assert sorted(done[2:]) == [("gate-main", "normal"), ("gate-north", "normal")]


def test_orders_are_limited_and_a_limit_is_said(logged_in: Login, engine: Engine, town: Town) -> None:
    browser = logged_in(Role.GUARD, town.compound)
    for _ in range(BY_ACCOUNT.tries):
        assert browser.post("/orders/gate-main/open", data=WHY).status_code == 302
    said = browser.post("/orders/gate-main/open", data=WHY)
    assert said.status_code == 422
    assert "Too many orders" in said.text
    assert len(rows(engine)) == BY_ACCOUNT.tries


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        (("asked", None), "Being signed"),
        (("sent", None), "Sent, the gate has not answered yet"),
        (("done", None), "Opened"),
        (("expired", None), "reached the gate too late"),
        (("expired", "gate_away"), "Nothing waits for its return"),
        (("refused", "other_boot"), "just started again"),
        (("unknown", "door_fault"), "Look at the door"),
        (("from the future", "news"), "Not known to this version"),
    ],
)
def test_the_page_of_an_order_says_what_became_of_it(
    logged_in: Login, engine: Engine, town: Town, fate: tuple[str, str | None], said: str
) -> None:
    browser = logged_in(Role.GUARD, town.compound)
    address = browser.post("/orders/gate-main/open", data=WHY).headers["Location"]
    answer(engine, *fate)
    page = browser.get(address).text
    assert said in page
    assert ("http-equiv" in page) == (fate[0] in ("asked", "sent"))


def test_a_page_looks_again_for_seconds_and_not_for_ever(
    logged_in: Login, engine: Engine, town: Town, clock: Clock
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    address = browser.post("/orders/gate-main/lock_down", data=FOR_AN_HOUR).headers["Location"]
    answer(engine, "sent")
    assert 'data-waiting="1"' in browser.get(address).text
    clock.pass_by(timedelta(seconds=21))
    page = browser.get(address).text
    assert 'data-waiting=""' in page
    assert "told as soon as it is connected" in page


def test_what_only_the_gate_knows_of_is_said_and_can_be_released(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    with writing(engine) as session:
        session.add(a_state("gate-main", mode=Mode.LOCK_DOWN))
    browser = logged_in(Role.MANAGER, town.compound)
    page = browser.get("/orders").text
    assert "the server has no order that stands" in page
    assert "/orders/gate-main/normal" in page
    browser.post("/orders/gate-main/lock_down", data=FOR_AN_HOUR)
    assert "the server has no order that stands" not in browser.get("/orders").text


@pytest.mark.promise(3)
def test_a_hold_open_that_a_restore_left_in_doubt_shows_and_can_be_released(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/orders/gate-main/hold_open", data=FOR_AN_HOUR)
    answer(engine, "unknown", Unsent.RESTORED)
    page = browser.get("/orders").text
    assert "put back from a backup" in page
    assert "/orders/gate-main/normal" in page


def test_a_gate_that_is_away_offers_no_button_that_cannot_work(
    logged_in: Login, engine: Engine, town: Town, heard: None, clock: Clock
) -> None:
    browser = logged_in(Role.GUARD, town.compound)
    assert "Open South gate now" in browser.get("/orders").text
    clock.pass_by(timedelta(minutes=5))
    page = browser.get("/orders").text
    assert "Open South gate now" not in page
    assert "Open this door by key" in page


@pytest.mark.promise(13)
@pytest.mark.parametrize(
    ("door", "warned"),
    [(("out", False), True), (("both", False), True), (("both", True), False), (("in", False), False)],
)
def test_a_lock_down_where_people_leave_says_that_it_lets_them(
    logged_in: Login, engine: Engine, town: Town, door: tuple[str, bool], warned: bool
) -> None:
    direction, handle = door
    with writing(engine) as session:
        session.add(
            a_state(
                "gate-main", lock=LockV1(relay="http", fail="safe", escape_route=True, mechanical_exit=handle)
            )
        )
        session.get_one(Gate, "gate-main").direction = direction
    page = logged_in(Role.MANAGER, town.compound).get("/orders").text
    assert ("People leave by this reader" in page) == warned


def test_a_long_history_goes_on_by_its_numbers(logged_in: Login, engine: Engine, town: Town) -> None:
    browser = logged_in(Role.GUARD, town.compound)
    browser.post("/orders/gate-main/open", data=WHY)
    (first,) = rows(engine)
    with writing(engine) as session:
        for _ in range(60):
            session.add(
                GateOrder(
                    id=uuid4(),
                    gate_id="gate-main",
                    operation="close",
                    reason="visitor",
                    account_id=first.account_id,
                    asked_at=NOON,
                    state="done",
                )
            )
    page = browser.get("/orders").text
    older = re.search(r'href="(/orders\?before=\d+)"', page)
    assert older is not None
    assert str(first.id) not in page
    assert str(first.id) in browser.get(older[1]).text


@pytest.mark.promise(3)
def test_an_order_bears_the_servers_generation(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        raised = raise_generation(session, NOON)
    logged_in(Role.MANAGER, town.compound).post("/orders/gate-main/hold_open", data=FOR_AN_HOUR)
    assert [row.generation for row in rows(engine)] == [raised]


def test_every_code_has_words() -> None:
    assert words.REASONS.keys() == set(OrderReason)
    assert words.REFUSALS.keys() == set(OrderRefusal)
    assert set(words.WHAT) == set(words.OBEYED) == {*Operation, *Mode}
    assert set(words.STATES) == set(OrderState)
    assert set(words.WHY) == {*OrderFault, *Unsent}
    assert {state.value for state in OrderState} >= {outcome.value for outcome in OrderOutcome}


def test_a_shape_says_whether_anything_moved() -> None:
    line = OrderLine(
        1, uuid4(), NOON, ("门", "Gate"), "g", "open", "visitor", "", "who", "done", None, None, None
    )
    assert words.fate(line)[0] == "granted"
    assert words.why(line) == ""
