"""The gates page warns of what a gate is set to and should perhaps not be."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from admin.db.session import writing
from admin.security.permissions import Role
from contracts.state import LockV1
from tests.admin.conftest import Town
from tests.admin.web.gates.test_pages import a_state

Login = Callable[..., FlaskClient]
SHUT_OUT = "opens by face only to whoever turns the head"
ASKED = "asks whoever does not turn the head"
UNSAFE = "beside their key"


@pytest.fixture
def page_of(engine: Engine, town: Town, logged_in: Login) -> Callable[..., str]:
    def shown(language: str = "en", **measured: Any) -> str:
        with writing(engine) as session:
            session.add(a_state("gate-main", **measured))
        return logged_in(Role.MANAGER, town.compound, language).get("/gates").text

    return shown


@pytest.mark.parametrize(
    ("measured", "warned"),
    [
        ({"liveness": "refuse", "antispoof": False}, SHUT_OUT),
        ({"liveness": "second", "antispoof": False}, ASKED),
        ({"roster_keep": "disk"}, UNSAFE),
    ],
)
def test_a_risk_is_said(page_of: Callable[..., str], measured: dict[str, Any], warned: str) -> None:
    page = page_of(**measured)
    assert [one in page for one in (SHUT_OUT, ASKED, UNSAFE)] == [
        one == warned for one in (SHUT_OUT, ASKED, UNSAFE)
    ]


@pytest.mark.parametrize(
    "measured",
    [
        {"liveness": "refuse", "antispoof": True, "roster_keep": "tpm"},
        {"liveness": "warn", "antispoof": False, "roster_keep": "memory"},
        {"liveness": "refuse"},  # older software says nothing of networks
    ],
)
def test_what_is_in_order_is_not_warned_of(page_of: Callable[..., str], measured: dict[str, Any]) -> None:
    page = page_of(**measured)
    assert not any(one in page for one in (SHUT_OUT, ASKED, UNSAFE))


def test_it_is_said_in_chinese_too(page_of: Callable[..., str]) -> None:
    assert "活体" in page_of("zh", liveness="refuse", antispoof=False)


@pytest.mark.promise(13)
@pytest.mark.parametrize(
    ("fail", "handle", "means"),
    [
        ("safe", False, "the lock lets go"),
        ("secure", True, "people leave by the handle inside"),
        ("secure", False, "nobody passes either way"),
    ],
)
def test_each_door_says_what_becomes_of_it_without_power(
    page_of: Callable[..., str], fail: Any, handle: bool, means: str
) -> None:
    lock = LockV1(relay="gpio", fail=fail, escape_route=False, mechanical_exit=handle)
    page = page_of(lock=lock)
    said = ("the lock lets go", "people leave by the handle inside", "nobody passes either way")
    assert [one for one in said if one in page] == [means]
