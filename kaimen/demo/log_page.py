"""Reads the access-log page as a manager does: over HTTP, logged in, with the one-time password changed first."""

import re
import secrets
from typing import Final
from uuid import UUID

import httpx

from kaimen.install import Installation
from kaimen.state import CannotStart

_TOKEN: Final = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_PASSAGE: Final = re.compile(r"[?&;]open=([0-9a-f]{8}-[0-9a-f-]{27})")


def ids_on_the_log_page(box: Installation) -> set[UUID]:
    """Ids of all passages that the log's newest page links to. Raises CannotStart where it cannot be read."""
    with httpx.Client(base_url=box.address, follow_redirects=True, timeout=10.0, trust_env=False) as browser:
        _log_in(browser, box.one_time_password or "")
        page = browser.get("/log")
        if not page.is_success:
            raise CannotStart(f"The access-log page answered {page.status_code}.")
        return {UUID(found) for found in _PASSAGE.findall(page.text)}


def _log_in(browser: httpx.Client, one_time: str) -> None:
    fresh = secrets.token_urlsafe(18)
    page = browser.get("/login")
    page = browser.post(
        str(page.url), data={"csrf_token": _token(page), "login": "admin", "password": one_time}
    )
    browser.post(
        str(page.url),
        data={"csrf_token": _token(page), "password": fresh, "again": fresh, "current": one_time},
    )


def _token(page: httpx.Response) -> str:
    found = _TOKEN.search(page.text)
    if found is None:
        raise CannotStart(f"No form was found at {page.url.path} (status {page.status_code}).")
    return found.group(1)
