"""The live board and its stream."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables.accounts import Audit
from admin.db.tables.passages import Alarm
from admin.db.tables.places import Compound
from admin.security.permissions import Role
from admin.web.desk.feed import STREAMS_EACH
from admin.web.desk.pages import FEED
from tests.admin.conftest import NOON, Town
from tests.admin.web.rows import a_host, a_passage, an_alarm, another_gate

Login = Callable[..., FlaskClient]


def first_events(browser: FlaskClient, count: int, **headers: str) -> list[tuple[str, dict[str, str]]]:
    """The first events of a stream: kind and data."""
    answer = browser.get(
        f"/live/stream?since={NOON - timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}%2B00:00", headers=headers
    )
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    found: list[tuple[str, dict[str, str]]] = []
    for piece in answer.iter_encoded():
        lines = dict(line.split(": ", 1) for line in piece.decode().strip().splitlines() if ": " in line)
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
        if len(found) == count:
            break
    answer.close()
    return found


def test_the_board_shows_each_gate_and_its_last_attempts(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north")
        host = a_host(session, town.compound, town.units["3-1"])
        a_passage(session, "gate-main", 1, person_id=host)
        a_passage(session, "gate-north", 1, outcome="denied", reason="poor_quality", times=12, until=NOON)
    page = logged_in(Role.GUARD, town.compound).get("/live").text
    for said in ("South gate", "North gate", "王建国", "Face not seen clearly", "12 times", "Not connected"):
        assert said in page
    assert "Demonstration" not in page


def test_a_demonstration_says_that_its_people_are_pictures(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    with writing(engine) as session:
        session.get_one(Compound, town.compound).demonstration = True
    assert "still pictures" in logged_in(Role.GUARD, town.compound).get("/live").text


def test_an_alarm_stands_on_top_until_somebody_saw_it(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        alarm = an_alarm(session, "gate-main", 1, "forced")
    browser = logged_in(Role.GUARD, town.compound)
    assert "The door was forced" in browser.get("/live").text
    assert browser.post(f"/live/alarms/{alarm.id}/seen").status_code == 302
    assert "The door was forced" not in browser.get("/live").text
    with reading(engine) as session:
        assert session.get_one(Alarm, alarm.id).seen_by is not None
        assert "alarm_seen" in session.scalars(select(Audit.act)).all()


@pytest.mark.promise(10)
def test_an_alarm_of_another_compound_is_neither_shown_nor_taken_off(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    with writing(engine) as session:
        alarm = an_alarm(session, another_gate(session, town.other_compound, "gate-yinxing").id, 1, "forced")
    browser = logged_in(Role.GUARD, town.compound)
    assert "The door was forced" not in browser.get("/live").text
    assert browser.post(f"/live/alarms/{alarm.id}/seen").status_code == 404


def test_a_stream_begins_with_what_the_board_missed(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        host = a_host(session, town.compound, town.units["3-1"])
        row = a_passage(session, "gate-main", 1, person_id=host)
        an_alarm(session, "gate-main", 2, "tamper")
    events = first_events(logged_in(Role.GUARD, town.compound, language="en"), 2)
    assert [kind for kind, _ in events] == ["passage", "alarm"]
    assert events[0][1]["key"] == str(row.id)
    assert "王建国" in events[0][1]["html"]
    assert "Let in" in events[0][1]["html"]


def test_a_stream_that_comes_again_goes_on_after_its_last_event(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    with writing(engine) as session:
        seen = a_passage(session, "gate-main", 1)
        later = a_passage(session, "gate-main", 2, recorded_at=seen.recorded_at + timedelta(seconds=1))
    browser = logged_in(Role.GUARD, town.compound)
    events = first_events(browser, 1, **{"Last-Event-ID": seen.recorded_at.isoformat()})
    assert events[0][1]["key"] == str(later.id)


@pytest.mark.promise(10)
def test_a_stream_holds_nothing_of_another_compound(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        a_passage(session, another_gate(session, town.other_compound, "gate-yinxing").id, 1)
        mine = a_passage(session, "gate-main", 1)
    events = first_events(logged_in(Role.GUARD, town.compound), 1)
    assert events[0][1]["key"] == str(mine.id)


def test_one_account_has_only_so_many_streams_however_fast_it_asks(
    logged_in: Login, app: Flask, town: Town
) -> None:
    browser = logged_in(Role.GUARD, town.compound)
    app.extensions[FEED]._runs = True
    boards = [browser.get("/live/stream") for _ in range(STREAMS_EACH)]  # none has begun to read
    assert [board.status_code for board in boards] == [200] * STREAMS_EACH
    assert browser.get("/live/stream").status_code == 429
    boards[0].close()
    boards[0] = browser.get("/live/stream")
    assert boards[0].status_code == 200
    for board in boards:
        board.close()


def test_nobody_watches_without_logging_in(client: FlaskClient, engine: Engine) -> None:
    answer = client.get("/live/stream", headers={"Accept": "text/event-stream"})
    assert answer.status_code in (302, 401)
