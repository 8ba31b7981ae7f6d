"""Waiting for a page in a test's browser."""

import time
from typing import Final

from playwright.sync_api import Page

PATIENCE_S: Final = 15


def until(page: Page, expression: str) -> None:
    """Waits until a JavaScript expression is true.

    Playwright's own `wait_for_function` asks again from within the page, where a strict content policy forbids it.
    """
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"Still not so: {expression}"
        page.wait_for_timeout(50)
