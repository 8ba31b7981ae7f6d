"""The page in a real browser: by touch, by keyboard, in both orientations."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from contracts.words import Method, Outcome, Reason
from gate.screen.messages import Look, TypedPin
from gate.screen.server import Screen, Sockets
from gate.screen.stage import Answer, Picture, Place, Stage
from gate.screen.words import PROMPTS, Condition, Prompt
from tests.pages import until

pytestmark = pytest.mark.real

CHROMIUM = Path("/usr/bin/chromium")
PORTRAIT, LANDSCAPE = {"width": 800, "height": 1280}, {"width": 1280, "height": 800}


class Kiosk:
    """A screen that refuses every PIN, and a browser in front of it."""

    def __init__(self, look: Look | None = None) -> None:
        self.stage = Stage()
        self.typed: list[tuple[str, str]] = []
        self.stage.stand_at(Place("红福苑", "Hongfu Court", "东门", "East gate"))
        self.stage.picture(Picture(np.full((72, 128, 3), 90, np.uint8), ((0.4, 0.2, 0.6, 0.7),)))
        self.screen = Screen(Sockets("127.0.0.1", 0), self.stage, self._refuse, look or Look())
        self.screen.start()

    def _refuse(self, typed: TypedPin) -> Future[Answer]:
        self.typed.append((typed.room, typed.pin.get_secret_value()))
        future: Future[Answer] = Future()
        answer = Answer(Outcome.DENIED, Method.PIN, Reason.WRONG_PIN)
        self.stage.show(answer)
        future.set_result(answer)
        return future


@pytest.fixture
def kiosk() -> Iterator[Kiosk]:
    kiosk = Kiosk()
    yield kiosk
    kiosk.screen.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: make test gets it")
    with sync_playwright() as play:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
        chromium = play.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(params=[PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
def page(browser: Any, kiosk: Kiosk, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param)
    page: Page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda wrong: faults.append(str(wrong)))
    page.goto(kiosk.screen.address)
    yield page
    context.close()
    assert faults == []


def test_a_resident_types_room_and_pin_by_keyboard_and_is_answered(page: Page, kiosk: Kiosk) -> None:
    page.keyboard.type("3-2-1201")
    page.keyboard.press("Enter")
    page.keyboard.type("246810")
    page.keyboard.press("Enter")
    expect(page.locator("#word-zh")).to_have_text("密码不符")
    expect(page.locator("#remedy-en")).to_be_visible()
    assert kiosk.typed == [("3-2-1201", "246810")]
    expect(page.locator("#pin")).to_have_value("")
    expect(page.locator("#answer")).to_be_hidden(timeout=4000)


def test_a_visitor_types_eight_digits_by_touch(page: Page, kiosk: Kiosk) -> None:
    page.get_by_text("访客").click()
    for digit in "12345678":
        page.locator(f"[data-key='{digit}']").click()
    page.get_by_text("确认").click()
    expect(page.locator("#word-zh")).to_have_text("密码不符")
    assert kiosk.typed == [("", "12345678")]


def test_whoever_is_waited_for_reads_what_to_do_in_both_languages(page: Page, kiosk: Kiosk) -> None:
    prompt = page.locator("#prompt")
    expect(prompt).to_contain_text(PROMPTS[Prompt.FACE].zh)
    kiosk.stage.ask(Prompt.SIGNS)
    expect(prompt).to_contain_text(PROMPTS[Prompt.SIGNS].zh)
    expect(prompt.get_by_text(PROMPTS[Prompt.SIGNS].en)).to_be_visible()
    within = page.locator(".view").bounding_box()
    shown = prompt.bounding_box()
    assert within is not None
    assert shown is not None
    assert within["x"] <= shown["x"]
    assert shown["x"] + shown["width"] <= within["x"] + within["width"]
    kiosk.stage.ask(Prompt.FACE)
    expect(prompt).to_contain_text(PROMPTS[Prompt.FACE].en)


@pytest.mark.parametrize("size", [(1024, 600), (800, 480), (1366, 768), (390, 844)])
def test_every_key_is_within_reach_on_small_glass(browser: Any, kiosk: Kiosk, size: tuple[int, int]) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.goto(kiosk.screen.address)
    page.locator("[data-key='1']").click()
    expect(page.locator("#room")).to_have_value("1")
    page.get_by_text("确认").scroll_into_view_if_needed()
    key, form, footer = (page.locator(what).bounding_box() for what in (".go", "#form", "footer"))
    assert key["y"] + key["height"] <= form["y"] + form["height"] <= footer["y"]
    context.close()


def test_what_is_outside_the_capture_zone_is_dimmed_and_mirrored_with_the_picture(browser: Any) -> None:
    left_half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    kiosk = Kiosk(Look(mirror=True, zone=left_half))
    context = browser.new_context(viewport=LANDSCAPE)
    page = context.new_page()
    page.goto(kiosk.screen.address)
    until(page, "document.getElementById('camera').width > 300 && zone.length === 4")
    bright = """share => new Promise(done => setTimeout(() => {
        const camera = document.getElementById('camera');
        done(camera.getContext('2d').getImageData(camera.width * share, camera.height / 8, 1, 1).data[0]);
    }, 300))"""
    dimmed, clear = page.evaluate(bright, 0.25), page.evaluate(bright, 0.75)
    context.close()
    kiosk.screen.close()
    assert clear == pytest.approx(90, abs=3)
    assert dimmed < 70


def test_the_clock_shows_the_time_of_the_pages(browser: Any, kiosk: Kiosk) -> None:
    context = browser.new_context(timezone_id="America/New_York")
    page = context.new_page()
    page.clock.install(time="2026-11-24T01:47:00Z")
    page.goto(kiosk.screen.address)
    expect(page.locator("#clock")).to_have_text("09:47")
    context.close()


def test_who_begins_by_touch_may_go_on_by_keyboard(page: Page, kiosk: Kiosk) -> None:
    page.get_by_text("访客").click()
    page.locator("[data-key='1']").click()
    page.keyboard.type("2345678")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_visible()
    assert kiosk.typed == [("", "12345678")]


def test_nothing_is_cut_and_other_ways_stay_visible_under_every_answer(page: Page, kiosk: Kiosk) -> None:
    for reason in Reason:
        kiosk.stage.show(Answer(Outcome.DENIED, Method.FACE, reason))
        expect(page.locator("#answer")).to_be_visible()
        until(page, "document.getElementById('remedy-zh').textContent.length > 0")
        assert page.evaluate(
            "(() => { const a = document.getElementById('answer'); return a.scrollHeight <= a.clientHeight; })()"
        )
        expect(page.locator("#code")).to_be_visible()
        expect(page.locator("#form")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_what_is_the_matter_is_said_over_the_picture(page: Page, kiosk: Kiosk) -> None:
    kiosk.stage.set(Condition.NO_RECORD, holds=True)
    expect(page.locator("#conditions")).to_contain_text("请联系门岗")
    expect(page.locator("#conditions")).to_contain_text("please call the guard desk")
    kiosk.stage.set(Condition.NO_RECORD, holds=False)
    expect(page.locator("#conditions li")).to_have_count(0)
    kiosk.stage.picture(None)
    expect(page.locator("#dark")).to_be_visible()


def test_the_page_has_no_barrier_that_axe_finds(page: Page, kiosk: Kiosk) -> None:
    kiosk.stage.set(Condition.DEMONSTRATION, holds=True)
    expect(page.locator("#conditions li")).to_have_count(1)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
