"""The gates page: online by health, and who still runs on an older list."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from admin.db.session import writing
from admin.db.tables.gates import Gate, GateEpoch, GateState
from admin.security.permissions import Role
from admin.web.gates.standing import SILENT_AFTER, standing
from contracts.ids import BootId, GateId
from contracts.order import Mode
from contracts.state import HealthV1, LockV1, StageMs
from contracts.words import CameraState, DoorState
from tests.admin.conftest import NOON, Town, a_roster
from tests.admin.web.rows import a_passage, another_gate

Login = Callable[..., FlaskClient]


def a_state(gate: str, heard: datetime = NOON, held: int = 6, **measured: Any) -> GateState:
    health = HealthV1(
        gate=GateId(gate),
        boot=BootId("boot-1"),
        at=heard,
        monotonic_ms=1000,
        camera=CameraState.SEEING,
        door=DoorState.SHUT,
        frames_per_s=14.6,
        stages=StageMs(read=2.1, detect=18.4, describe=31.0),
        unsent=3,
        disk_free_mb=20480,
        rss_mb=211,
        roster_version=held,
        people=39,
        **measured,
    )
    return GateState(
        gate_id=gate,
        status="online",
        software="kaimen 0.1.0",
        model="sface+dlib",
        health_at=heard,
        health=health.encode().decode(),
        held_version=held,
    )


@pytest.fixture
def heard(engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        session.add(a_state("gate-main"))
        session.add(a_roster("gate-main", version=7, people=40))


def test_a_gate_is_online_while_its_reports_come() -> None:
    state = a_state("gate-main")
    assert standing(state, NOON + SILENT_AFTER - timedelta(seconds=1)).online
    assert not standing(state, NOON + SILENT_AFTER).online
    assert not standing(None, NOON).online


def test_a_report_of_a_newer_gate_is_not_shown_and_breaks_nothing() -> None:
    state = a_state("gate-main")
    state.health = '{"v":2}'
    assert standing(state, NOON).health is None
    assert standing(state, NOON).online


@pytest.mark.promise(8)
def test_the_page_says_who_runs_on_which_list(logged_in: Login, heard: None, town: Town) -> None:
    page = logged_in(Role.GUARD, town.compound).get("/gates").text
    for said in (
        "version 6 held, 7 wanted",
        "39 people",
        "of 40",
        "on its way",
        "3 records",
        "kaimen 0.1.0",
        "20.0 GB",
    ):
        assert said in page


def test_the_page_says_openly_that_a_slow_box_looks_less_closely(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    desk = logged_in(Role.GUARD, town.compound)
    with writing(engine) as session:
        session.add(a_state("gate-main", looks_per_s=14.2, detection_width=640, degraded=False))
    page = desk.get("/gates").text
    assert "14.2 times a second, 640 pixels wide" in page
    assert "box is slow" not in page
    with writing(engine) as session:
        session.merge(a_state("gate-main", looks_per_s=4.9, detection_width=320, degraded=True))
    page = desk.get("/gates").text
    assert "4.9 times a second, 320 pixels wide" in page
    assert "box is slow" in page


@pytest.mark.promise(13)
def test_the_page_says_how_many_left_while_the_gate_could_not_record(
    logged_in: Login, engine: Engine, town: Town
) -> None:
    desk = logged_in(Role.GUARD, town.compound)
    with writing(engine) as session:
        session.add(a_state("gate-main", exits_unrecorded=3))
    assert "the exit button opened 3 times without one" in desk.get("/gates").text
    with writing(engine) as session:
        session.merge(a_state("gate-main", exits_unrecorded=0))
    assert "the exit button opened" not in desk.get("/gates").text


def test_a_gate_that_does_not_say_how_hard_it_looks_is_shown_without(
    logged_in: Login, heard: None, town: Town
) -> None:
    assert "Looks for faces" not in logged_in(Role.GUARD, town.compound).get("/gates").text


def test_without_a_gate_the_page_says_what_will_appear(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        session.get_one(Gate, "gate-main").revoked_at = NOON
    assert "No gate yet" in logged_in(Role.GUARD, town.compound).get("/gates").text


@pytest.mark.promise(10)
def test_gates_of_another_compound_do_not_appear(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        another_gate(session, town.other_compound, "gate-yinxing")
    assert "North gate" not in logged_in(Role.GUARD, town.compound).get("/gates").text


@pytest.mark.promise(13)
@pytest.mark.parametrize(
    ("lock", "said"),
    [
        (
            LockV1(
                relay="http", fail="safe", escape_route=True, mechanical_exit=True, wired=["contact", "fire"]
            ),
            ("Fail-safe", "anybody can walk in and out", "Handle", "contact", "fire panel"),
        ),
        (
            LockV1(relay="gpio", fail="secure", escape_route=True, mechanical_exit=True, wired=["exit"]),
            ("Fail-secure", "stays locked from outside", "Handle", "Exit button"),
        ),
        (
            LockV1(relay="simulated", fail="safe", escape_route=True, mechanical_exit=False),
            ("Simulated", "has no mechanical exit", "nothing is wired"),
        ),
    ],
)
def test_the_page_says_per_door_what_becomes_of_it_without_power(
    logged_in: Login, engine: Engine, town: Town, lock: LockV1, said: tuple[str, ...]
) -> None:
    with writing(engine) as session:
        session.add(a_state("gate-main", lock=lock))
    page = logged_in(Role.GUARD, town.compound).get("/gates").text
    assert [words for words in said if words not in page] == []
    assert ("has no mechanical exit" in page) == (not lock.mechanical_exit)


def test_the_page_says_what_a_gate_stands_under(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        session.add(a_state("gate-main", mode=Mode.LOCK_DOWN))
    assert "The gate is locked down" in logged_in(Role.GUARD, town.compound).get("/gates").text


@pytest.mark.promise(2)
def test_a_gap_shows_until_it_is_closed(heard: None, engine: Engine, town: Town, logged_in: Login) -> None:
    with writing(engine) as session:
        session.add(GateEpoch(gate_id="gate-main", epoch="e1", opened_at=NOON, seq=4, highest=9))
        session.flush()
        a_passage(session, "gate-main", seq=7).epoch = "e1"
    browser = logged_in(Role.GUARD, town.compound)
    assert "4 records are missing; the gate was asked to send them again." in browser.get("/gates").text
    with writing(engine) as session:
        session.get_one(GateEpoch, ("gate-main", "e1")).seq = 9
    assert "missing" not in browser.get("/gates").text


@pytest.mark.promise(11)
def test_a_record_that_does_not_follow_the_one_before_is_told(
    heard: None, engine: Engine, town: Town, logged_in: Login
) -> None:
    with writing(engine) as session:
        session.add(
            GateEpoch(gate_id="gate-main", epoch="e1", opened_at=NOON, seq=4, highest=4, broken_seq=3)
        )
    assert "does not follow the one before it" in logged_in(Role.GUARD, town.compound).get("/gates").text


@pytest.mark.promise(7)
def test_the_page_says_how_far_a_doubted_clock_is_away(logged_in: Login, engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        session.add(a_state("gate-main", clock_trusted=False, clock_offset_ms=-300_000))
    page = logged_in(Role.GUARD, town.compound).get("/gates").text
    assert "is not to be trusted" in page
    assert "+300 s away" in page
