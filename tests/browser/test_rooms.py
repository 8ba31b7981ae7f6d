"""The desk, the log, passes, gates and the phone pages: in both languages, on a desk's screen and on a phone's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.calibration import keep
from admin.db.session import writing
from admin.db.tables.accounts import Account
from admin.db.tables.gates import Gate, GateState
from admin.db.tables.orders import GateOrder
from admin.db.tables.passages import Passage, Quarantine
from admin.db.tables.people import Person
from admin.db.tables.visits import ResidentLink
from admin.security.keys import load_seal_public
from admin.web.visits.passes import TOKEN, Seals, hash_of
from admin.web.visits.service import MadeVisit, NewVisit, make_visit
from contracts.ids import BootId, GateId, uuid7
from contracts.sealing import seal
from contracts.state import HealthV1, StageMs
from contracts.words import CameraState, DoorState
from kaimen.demo.compound import find
from tests.admin.conftest import a_join
from tests.admin.web.calibration.reports import a_report as a_calibration
from tests.admin.web.rows import a_passage, an_alarm, staff
from tests.browser.looks import DESK, LANGUAGES, LONG_NAME, all_whole, watched
from tests.pages import until

pytestmark = [pytest.mark.real, pytest.mark.enable_socket]
Enter = Callable[..., BrowserContext]
HOUR = timedelta(hours=1)
MINE = "residents-own-secret-word"


@dataclass(frozen=True, slots=True)
class Rooms:
    """Addresses of what was put into the house."""

    behind_login: tuple[str, ...]
    in_english_too: tuple[str, ...]  # test_pages.py looks at them in Chinese
    pass_link: str
    opened: UUID
    """A passage with a person."""


@pytest.fixture(scope="module")
def rooms(house: Any) -> Rooms:
    """Two gates, of which one is silent; a night of passages, an alarm, passes signed and not signed yet."""
    keys = Path(house.engine.url.database).parent / "public"
    now = datetime.now(UTC)
    with writing(house.engine) as session:
        made = find(session)
        assert made is not None
        host = made.enrolled
        session.add_all(a_gate(made.compound_id, name, now) for name in ("south", "north"))
        session.flush()
        session.add(a_report("south", now))
        opened = some_passages(session, host, now)
        order = some_orders(session, "south", now).id
        an_alarm(session, "south", 90, "door_fault", now)
        session.add(a_message_set_aside("south", now))
        box = a_box(session, made.compound_id, now)
        other = house.person(LONG_NAME)
        pair = [person.wire_id for person in session.scalars(select(Person).limit(2))]
        keep(session, made.compound_id, a_calibration((pair[0], pair[1]), "south"), now)
        seals = Seals(load_seal_public(keys / "web.pub"), load_seal_public(keys / "dispatch.pub"))
        signed = a_pass(session, NewVisit(made.compound_id, "刘晓彤", now, now + HOUR, host_id=host), seals)
        signed.visit.token_sealed = seal(seals.web, TOKEN, b"KM1:" + b"A" * 90)
        a_pass(session, NewVisit(made.compound_id, LONG_NAME, now, now + HOUR), seals)
        session.add(
            ResidentLink(person_id=host, secret_hash=hash_of(MINE), made_at=now, until=now + 24 * HOUR)
        )
        return Rooms(
            behind_login=(
                "/live",
                "/log",
                f"/log?open={opened.id}",
                f"/log?person={host}",
                f"/log/{opened.id}/not-this-person?q=王",
                f"/log/{opened.id}/not-this-person?other={other}",
                f"/residents/{host}/alike?other={other}",
                "/orders",
                f"/orders/{order}",
                "/visits",
                "/visits/new",
                f"/visits/{signed.visit.id}",
                "/gates",
                "/gates/new",
                f"/gates/joins/{box}",
                "/quarantine",
                "/quarantine/1",
                "/calibration/",
                "/privacy/",
            ),
            in_english_too=(
                "/residents/",
                f"/residents/{host}",
                f"/enrol/{house.person(LONG_NAME)}",
                f"/enrol/{host}",
                f"/enrol/{host}?adds=1",
            ),
            pass_link=f"/p/{signed.secret.text}",
            opened=opened.id,
        )


def a_gate(compound: int, name: str, now: datetime) -> Gate:
    return Gate(
        id=name,
        compound_id=compound,
        place_id=compound,
        name_zh={"south": "南门", "north": "北门"}[name],
        name_en=f"{name.title()} gate",
        direction="in",
        credential_hash=hash_of(name),
        seal_key=bytes(32),
        added_at=now,
    )


def a_box(session: Session, compound: int, now: datetime) -> int:
    """A box that somebody else let come, so that the manager is the second person."""
    maker = session.scalars(select(Account.id).where(Account.login == "staff")).one()
    row = a_join(
        maker,
        compound,
        "0" * 32,
        gate_id="west",
        name_zh="西门",
        name_en="West gate",
        made_at=now,
        ends_at=now + HOUR,
        step="checked",
        fingerprint="0123456789abcdef" * 4,
        asked_at=now,
        asked_from="192.168.1.20",
        reused_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def a_message_set_aside(gate: str, now: datetime) -> Quarantine:
    fields = f'{{"v":2,"gate":"{gate}","epoch":"{"e" * 32}","seq":7,"hash":"{"ab" * 32}"}}'
    return Quarantine(
        id=1,
        at=now - HOUR,
        topic=f"kaimen/v1/demonstration/{gate}/passage",
        gate_id=gate,
        fault="newer_version",
        detail="PassageV1: newer_version",
        content=fields.encode(),
    )


def a_report(gate: str, now: datetime) -> GateState:
    """Of a gate that runs well, an hour ahead so that it stays online while the tests last."""
    health = HealthV1(
        gate=GateId(gate),
        boot=BootId("boot-1"),
        at=now,
        monotonic_ms=1000,
        camera=CameraState.SEEING,
        door=DoorState.SHUT,
        frames_per_s=14.6,
        stages=StageMs(read=2.1, detect=18.4, describe=31.0),
        unsent=3,
        disk_free_mb=20480,
        rss_mb=211,
        roster_version=6,
        people=39,
    )
    return GateState(
        gate_id=gate,
        status="online",
        software="kaimen 0.1.0",
        model="sface+dlib",
        health_at=now + HOUR,
        health=health.encode().decode(),
        held_version=6,
    )


def some_passages(session: Session, person: UUID, now: datetime) -> Passage:
    """Of every colour; the last is returned."""
    kinds: list[dict[str, Any]] = [
        {"person_id": person},
        {"outcome": "denied", "reason": "poor_quality"},
        {"outcome": "denied", "reason": "wrong_pin", "method": "pin", "score": None, "margin": None},
        {"outcome": "asked", "reason": "ambiguous", "person_id": person},
        {"person_id": person, "clock_trusted": False, "live": 0.93},
    ]
    rows = [
        a_passage(session, "south", seq, at=now - timedelta(minutes=30 - seq), **kinds[seq % len(kinds)])
        for seq in range(1, 15)
    ]
    return rows[-1]


def some_orders(session: Session, gate: str, now: datetime) -> GateOrder:
    """One that the gate refused, one still on its way, and the gate locked down; the first is returned."""
    by = session.scalars(select(Account.id).where(Account.login == "manager")).one()
    until = now + HOUR
    kinds: list[dict[str, Any]] = [
        {
            "operation": "open",
            "reason": "visitor",
            "note": "三楼王家",
            "state": "refused",
            "why": "other_boot",
        },
        {"operation": "reboot", "reason": "repair", "state": "sent", "until": until},
        {"operation": "lock_down", "reason": "emergency", "state": "accepted", "until": until},
    ]
    orders = [GateOrder(id=uuid7(), gate_id=gate, account_id=by, asked_at=now, **kind) for kind in kinds]
    session.add_all(orders)
    session.flush()
    return orders[0]


def a_pass(session: Session, wanted: NewVisit, seals: Seals) -> MadeVisit:
    made = make_visit(session, staff(session), wanted, seals, wanted.since)
    assert isinstance(made, MadeVisit), made
    return made


@pytest.fixture
def stranger(house: Any, browser: Browser) -> Iterator[Callable[[str], BrowserContext]]:
    """`stranger("en")`: a browser nobody is logged in with, that chose its language."""
    opened: list[BrowserContext] = []

    def choosing(language: str) -> BrowserContext:
        opened.append(browser.new_context(base_url=house.url, viewport=DESK))
        page = opened[-1].new_page()
        page.goto("/login")
        with page.expect_navigation():  # a page closed on its way to the next one never answers
            page.click(f"button[value={language}]")
        page.close()
        return opened[-1]

    yield choosing
    for context in opened:
        context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_room_is_whole_on_every_screen(enter: Enter, rooms: Rooms, language: str) -> None:
    context = enter("manager", language)
    why = context.new_page()
    why.goto(f"/log?open={rooms.opened}")
    why.locator("button[name=purpose]").first.click()
    page, complaints = watched(context)
    more = rooms.in_english_too if language == "en" else ()
    assert (all_whole(page, (*rooms.behind_login, *more), language), complaints) == ({}, [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_without_a_login_are_whole_on_every_screen(
    stranger: Callable[[str], BrowserContext], rooms: Rooms, language: str
) -> None:
    page, complaints = watched(stranger(language))
    addresses = ("/login", rooms.pass_link, f"/r/{MINE}", f"/r/{MINE}/invite")
    assert (all_whole(page, addresses, language), complaints) == ({}, [])


def test_the_live_board_shows_a_passage_without_being_asked(enter: Enter, house: Any, rooms: Rooms) -> None:
    page, complaints = watched(enter("guard", "en"))
    page.goto("/live")
    page.locator("[data-link]").get_by_text("Live", exact=True).wait_for()
    with writing(house.engine) as session:
        person = house.person(LONG_NAME)
        late = datetime.now(UTC)
        arrived = a_passage(session, "north", 1, at=late, person_id=person, recorded_at=late)
    page.locator(f"[data-gate=north] [data-key='{arrived.id}']").wait_for(timeout=10_000)
    assert complaints == []


def test_a_visitor_shows_the_code_also_without_a_network(
    stranger: Callable[[str], BrowserContext], rooms: Rooms
) -> None:
    context = stranger("en")
    page = context.new_page()
    page.goto(rooms.pass_link)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    until(page, "navigator.serviceWorker.controller !== null")
    page.reload()
    context.set_offline(True)
    page.reload()
    assert page.locator(".portal-code svg, .portal-code img").count() == 1
