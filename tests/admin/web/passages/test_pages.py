"""The access-log page: names by right, reasons in words, and readings that are themselves recorded."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables import GateOrder
from admin.db.tables.accounts import Audit
from admin.security.permissions import Role
from tests.admin.conftest import NOON, Town, an_account
from tests.admin.web.rows import a_host, a_passage, another_gate

Login = Callable[..., FlaskClient]


@pytest.fixture
def host(engine: Engine, town: Town) -> UUID:
    with writing(engine) as session:
        host = a_host(session, town.compound, town.units["3-1"])
        a_passage(session, "gate-main", 1, person_id=host)
        a_passage(session, "gate-main", 2, outcome="denied", reason="unknown")
    return host


def readings(engine: Engine) -> list[tuple[str, str, str | None]]:
    with reading(engine) as session:
        found = select(Audit.act, Audit.subject, Audit.purpose).where(Audit.act.startswith("passage"))
        return [(act, subject, purpose) for act, subject, purpose in session.execute(found)]


def test_the_log_says_who_where_and_why_in_words(logged_in: Login, host: UUID, town: Town) -> None:
    page = logged_in(Role.MANAGER, town.compound).get("/log").text
    for said in ("王建国", "South gate", "Face", "Not let in", "Face not enrolled here", "Let in"):
        assert said in page


def test_an_empty_log_says_what_will_appear(logged_in: Login, town: Town) -> None:
    assert "Nothing in this view" in logged_in(Role.MANAGER, town.compound).get("/log").text


def test_filters_live_in_the_address(logged_in: Login, host: UUID, town: Town) -> None:
    page = logged_in(Role.MANAGER, town.compound).get("/log?outcome=denied&when=today").text
    assert "王建国" not in page
    assert '<option value="denied" selected>' in page
    assert "drop this filter" in page


@pytest.mark.promise(10)
def test_reading_somebodys_passages_asks_why_once_a_day_and_is_recorded(
    logged_in: Login, engine: Engine, host: UUID, town: Town
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    asked = browser.get(f"/log?person={host}")
    assert "Why are you looking?" in asked.text
    assert "Let in" not in asked.text.split("passages-why")[1]
    assert readings(engine) == []
    told = browser.post("/log/purpose", data={"purpose": "incident", "next": f"/log?person={host}"})
    assert "Let in" in browser.get(told.location).text
    assert readings(engine) == [("passages_read", f"person:{host}", "incident")]
    assert "Why are you looking?" not in browser.get(f"/log?person={host}&when=7d").text


@pytest.mark.promise(10)
def test_opening_an_attempt_is_recorded_and_shows_its_chain(
    logged_in: Login, engine: Engine, host: UUID, town: Town
) -> None:
    with writing(engine) as session:
        row = a_passage(session, "gate-main", 3, person_id=host, late=True)
    browser = logged_in(Role.MANAGER, town.compound)
    assert "Why are you looking?" in browser.get(f"/log?open={row.id}").text
    browser.post("/log/purpose", data={"purpose": "gate_trouble"})
    page = browser.get(f"/log?open={row.id}").text
    for said in ("0.612", "0.42 s", row.hash[:16], "Unchanged since the gate wrote it", "sent late"):
        assert said in page
    assert readings(engine) == [("passage_read", f"passage:{row.id}", "gate_trouble")]


@pytest.mark.promise(1)
@pytest.mark.parametrize(
    ("who", "named"),
    [('{"staff":"account-%d"}', True), ('{"staff":"account-99999"}', False), ("{}", False), ("[", False)],
)
def test_a_manual_opening_names_who_ordered_it(
    logged_in: Login, engine: Engine, town: Town, who: str, named: bool
) -> None:
    with writing(engine) as session:
        guard = an_account("赵门岗", Role.GUARD, town.compound)
        session.add(guard)
        session.flush()
        text = (who % guard.id if "%" in who else who).encode()
        row = a_passage(session, "gate-main", 3, method="guard", who_text=text)
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/log/purpose", data={"purpose": "gate_trouble"})
    page = browser.get(f"/log?open={row.id}").text
    assert "Opened by the guard" in page
    assert ("赵门岗" in page) == named
    assert "The order" not in page


def test_an_ordered_opening_leads_to_its_order(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        guard = an_account("赵门岗", Role.GUARD, town.compound)
        session.add(guard)
        session.flush()
        row = a_passage(
            session, "gate-main", 3, method="guard", who_text=f'{{"staff":"account-{guard.id}"}}'.encode()
        )
        order = GateOrder(
            id=row.id, gate_id="gate-main", operation="open", reason="visitor", account_id=guard.id
        )
        order.asked_at, order.state = NOON, "done"
        session.add(order)
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/log/purpose", data={"purpose": "gate_trouble"})
    assert f'href="/orders/{row.id}"' in browser.get(f"/log?open={row.id}").text


@pytest.mark.promise(2)
def test_a_counted_row_says_how_many_it_stands_for(logged_in: Login, engine: Engine, town: Town) -> None:
    counted = {"outcome": "denied", "reason": "unknown", "times": 117, "until": NOON + timedelta(minutes=9)}
    with writing(engine) as session:
        row = a_passage(session, "gate-main", 3, **counted)
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/log/purpose", data={"purpose": "gate_trouble"})
    assert "117 times" in browser.get("/log").text
    assert "117 times in a row, the last at" in browser.get(f"/log?open={row.id}").text


def test_a_name_that_fits_one_person_leads_to_that_persons_log(
    logged_in: Login, host: UUID, town: Town
) -> None:
    answer = logged_in(Role.MANAGER, town.compound).get("/log?q=3-1-1201&when=7d")
    assert answer.location == f"/log?when=7d&person={host}"


def test_a_name_that_fits_nobody_shows_nobodys_passages(logged_in: Login, host: UUID, town: Town) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    for before in ("", f"&person={host}"):
        page = browser.get(f"/log?q=nobody{before}").text
        assert "Nobody fits" in page
        assert "passages-table" not in page


@pytest.mark.promise(10)
def test_a_guard_reads_no_log_and_a_manager_none_of_another_compound(
    logged_in: Login, engine: Engine, host: UUID, town: Town
) -> None:
    with writing(engine) as session:
        row = a_passage(session, another_gate(session, town.other_compound, "gate-yinxing").id)
    assert logged_in(Role.GUARD, town.compound).get("/log").status_code == 403
    browser = logged_in(Role.MANAGER, town.other_compound)
    assert "王建国" not in browser.get(f"/log?compound={town.compound}").text
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/log/purpose", data={"purpose": "incident"})
    assert "passages-story" not in browser.get(f"/log?open={row.id}").text
    assert readings(engine) == []
