"""What people agree to is complete, in both languages, and never changes under them."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from admin.db.consent_texts import WORDINGS, ConsentKind, Wording, current_text, ensure_consent_texts, filled
from admin.db.session import writing
from admin.db.tables import ConsentText
from tests.databases import a_register

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHOWN = {  # sha256 of versions that people may have agreed to
    ("face", 1): "6c9a8f64b2f9b04a51f389c1e663980e964b7de2cfd231bbd6b989a410227e77",
    ("central", 1): "d590dc463e6846e5e79fb9e705f554fac63c8cf949a6f5598629ba9dae0b3453",
    ("internet", 1): "a8949b9a82d3543f1848d1922194e7ce81afbe557ee0e8458afb95a8387a6e81",
}


@pytest.fixture
def register(database: str) -> Iterator[Engine]:
    engine = a_register(database)
    yield engine
    engine.dispose()


@pytest.mark.promise(5)
def test_a_version_that_was_shown_is_never_changed() -> None:
    digests = {
        (each.kind.value, each.version): hashlib.sha256(f"{each.zh}\0{each.en}".encode()).hexdigest()
        for each in WORDINGS
    }
    assert digests == SHOWN


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda each: f"{each.kind}-{each.version}")
def test_each_text_tells_what_the_law_asks(wording: Wording) -> None:
    for word in (
        "个人信息处理者",
        "目的",
        "方式",
        "保存期限",
        "权利",
        "撤回方式",
        "没有任何不利后果",
        "单独同意",
    ):
        assert word in wording.zh
    for word in ("Who processes", "Purpose", "How", "For how long", "rights", "withdraw", "costs nothing"):
        assert word.lower() in wording.en.lower()
    for text in (wording.zh, wording.en):
        assert len(text) <= 4000
        assert "{" not in filled(text, operator="红色物业", phone="010-00000000")
        assert "红色物业" in filled(text, operator="红色物业", phone="010-00000000")


def test_every_kind_is_asked_for() -> None:
    assert {each.kind for each in WORDINGS} == set(ConsentKind)


def test_texts_are_put_in_once_and_the_newest_is_shown(register: Engine) -> None:
    later = (*WORDINGS, Wording(ConsentKind.FACE, 2, "二", "two"))
    with writing(register) as session:
        assert current_text(session, ConsentKind.FACE) is None
        ensure_consent_texts(session, NOON)
        ensure_consent_texts(session, NOON + timedelta(days=1), later)
        newest = current_text(session, ConsentKind.FACE)
        assert newest is not None
        assert (newest.text_version, newest.zh) == (2, "二")
        assert session.scalar(select(func.count()).select_from(ConsentText)) == 4
