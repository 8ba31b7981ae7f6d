"""Every page of the shell, the residents and the enrolment: readable by machines, whole on every screen."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, ViewportSize

from tests.browser.looks import DESK, LONG_NAME, PHONE, english_left

pytestmark = [pytest.mark.real, pytest.mark.enable_socket]
Enter = Callable[..., BrowserContext]
TEMPORARY = "古丽娜尔·买买提"
ENROLLED = "周明远"


def addresses(house: Any) -> list[str]:
    long_name, enrolled = house.person(LONG_NAME), house.person(ENROLLED)
    return [
        "/account",
        "/account/password",
        "/residents/",
        "/residents/?q=zzzz",
        "/residents/new",
        f"/residents/{enrolled}",
        f"/residents/{long_name}",
        f"/residents/{long_name}/edit",
        f"/residents/{long_name}/homes",
        "/enrol/",
        "/enrol/?q=王",
        f"/enrol/{long_name}",
        f"/enrol/{enrolled}",
        f"/enrol/{house.person(TEMPORARY)}/declined",
        "/nothing-here",
    ]


def faults(page: Page) -> list[str]:
    found = Axe().run(page)
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found.response["violations"]]


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["wide", "phone"])
def test_no_page_shuts_anybody_out(enter: Enter, house: Any, viewport: ViewportSize) -> None:
    page = enter("manager", viewport=viewport).new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    for address in addresses(house):
        page.goto(address)
        assert faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
    assert [one for one in complaints if "404" not in one] == []  # the policy stopped nothing of ours


def test_the_dark_scheme_is_as_readable(enter: Enter, house: Any) -> None:
    page = enter("manager", scheme="dark").new_page()
    for address in (
        "/residents/",
        f"/residents/{house.person(ENROLLED)}",
        f"/enrol/{house.person(LONG_NAME)}",
        "/account/password",
    ):
        page.goto(address)
        assert faults(page) == [], address


def test_no_english_is_left_in_chinese(enter: Enter, house: Any) -> None:
    page = enter("manager").new_page()
    for address in addresses(house):
        page.goto(address)
        assert english_left(page) == [], address


def test_a_slash_goes_to_the_search(enter: Enter) -> None:
    page = enter("staff").new_page()
    page.goto("/account")
    page.keyboard.press("/")
    page.keyboard.type("王秀兰")
    page.keyboard.press("Enter")
    page.wait_for_url("**/residents/?q=*")
    assert page.locator(".km-table tbody tr").count() == 1
