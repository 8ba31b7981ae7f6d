"""A face is enrolled at the desk with a real browser: by its camera, and without any script."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import select

from admin.db.jobs import JobKind
from admin.db.session import reading, writing
from admin.db.tables.jobs import Job
from tests.faces import picture

pytestmark = [pytest.mark.real, pytest.mark.enable_socket]
Enter = Callable[..., BrowserContext]


def queued(house: Any, person: object) -> list[Job]:
    with reading(house.engine) as session:
        return list(
            session.scalars(
                select(Job).where(Job.subject == f"person:{person}", Job.kind == JobKind.ENROL_FACE.value)
            )
        )


def test_the_camera_shoots_by_itself_and_the_photo_is_sent(enter: Enter, house: Any) -> None:
    person = house.person("王秀兰")
    page = enter("staff", "en").new_page()
    page.goto(f"/enrol/{person}")
    page.get_by_role("button", name="I agree", exact=True).click()
    page.get_by_role("button", name="I agree", exact=True).click()
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Use this picture").click(timeout=15_000)
    page.wait_for_url("**/progress")
    expect(page.locator("#progress")).to_contain_text("is being looked at")
    job = queued(house, person)[0]
    assert len(job.blob or b"") > 5_000
    with writing(house.engine) as session:
        row = session.get_one(Job, job.id)
        row.state, row.result = "refused", '{"faults": ["too_dark"]}'
    expect(page.locator("#progress")).to_contain_text("Turn towards the light", timeout=10_000)


@pytest.mark.promise(4)
def test_everything_works_without_script(enter: Enter, house: Any) -> None:
    person = house.person("李建国")
    page = enter("staff", "en", script=False).new_page()
    page.goto("/enrol/")
    page.locator("main [name=q]").fill("李建国")
    page.locator("main").get_by_role("button", name="Search").click()
    page.locator(f"main a[href='/enrol/{person}']").click()
    page.get_by_role("button", name="I agree", exact=True).click()
    page.get_by_role("button", name="I agree", exact=True).click()
    page.set_input_files("#photo", picture("obama.jpg"))
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/progress")
    assert len(queued(house, person)) == 1


@pytest.mark.promise(4)
def test_who_declines_has_a_pin_in_two_presses(enter: Enter, house: Any) -> None:
    page = enter("staff", "en").new_page()
    page.goto(f"/enrol/{house.person('张丽华')}")
    page.get_by_role("button", name="I do not agree").click()
    page.get_by_role("button", name="Make a PIN now").click()
    expect(page.locator(".km-figures")).to_be_visible()
    assert len(page.locator(".km-figures").inner_text().strip()) == 6


def test_both_answers_are_the_same_size(enter: Enter, house: Any) -> None:
    page = enter("staff").new_page()
    page.goto(f"/enrol/{house.person('刘志强')}")
    sizes = [button.bounding_box() for button in page.locator(".km-equal button").all()]
    assert len({(round(box["width"]), round(box["height"])) for box in sizes if box}) == 1
    styles = {button.get_attribute("class") for button in page.locator(".km-equal button").all()}
    assert len(styles) == 1


def test_a_strong_act_is_named_before_it_is_done(enter: Enter, house: Any) -> None:
    page = enter("staff", "en").new_page()
    page.goto(f"/residents/{house.person('周明远')}")
    summary = page.get_by_text("Withdraw consent …")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Withdraw and delete")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Withdraw and delete")).to_be_hidden()
    expect(summary).to_be_focused()
