"""The audit trail cannot be rewritten quietly: promise 11."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text

from admin.db.session import reading, writing
from admin.db.tables import Audit
from admin.security.audit import Act, first_bad_entry, record
from admin.security.principals import process
from tests.databases import a_register

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BY = process("worker")
pytestmark = pytest.mark.promise(11)


@pytest.fixture
def trail(database: str) -> Iterator[Engine]:
    """Five entries."""
    engine = a_register(database)
    for number in range(5):
        with writing(engine) as session:
            act = Act("face_enrolled", f"person:{number}", {"job": number, "model": "m"}, purpose="为了测试")
            record(session, BY, act, NOON + timedelta(microseconds=number))
    yield engine
    engine.dispose()


def bad_entry(engine: Engine) -> int | None:
    with reading(engine) as session:
        return first_bad_entry(session)


def tamper(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_an_untouched_trail_fits(trail: Engine) -> None:
    assert bad_entry(trail) is None


def test_an_empty_trail_fits(engine: Engine) -> None:
    assert bad_entry(engine) is None


@pytest.mark.parametrize(
    "change",
    [
        "principal = 'account:9'",
        "act = 'face_forgotten'",
        "subject = 'person:9'",
        "details = '{}'",
        "purpose = NULL",
        "at = '2026-11-20 12:00:01.000000'",
        "previous = hash",
        "hash = previous",
    ],
)
def test_a_changed_entry_is_found(trail: Engine, change: str) -> None:
    tamper(trail, f"UPDATE audit SET {change} WHERE seq = 3")
    assert bad_entry(trail) == 3


def test_a_removed_entry_is_found(trail: Engine) -> None:
    tamper(trail, "DELETE FROM audit WHERE seq = 2")
    assert bad_entry(trail) == 3


def test_a_removed_first_entry_is_found(trail: Engine) -> None:
    tamper(trail, "DELETE FROM audit WHERE seq = 1")
    assert bad_entry(trail) == 2


def test_a_removed_last_entry_is_found(trail: Engine) -> None:
    tamper(trail, "DELETE FROM audit WHERE seq = 5")
    assert bad_entry(trail) == 5


def test_a_trail_emptied_is_found(trail: Engine) -> None:
    tamper(trail, "DELETE FROM audit")
    assert bad_entry(trail) == 1


def test_an_entry_added_by_hand_is_found(trail: Engine) -> None:
    tamper(
        trail,
        "INSERT INTO audit SELECT 6, at, principal, act, subject, details, purpose, hash, hash FROM audit"
        " WHERE seq = 5",
    )
    assert bad_entry(trail) == 6


def test_what_is_taken_back_leaves_no_entry(trail: Engine) -> None:
    def acted_in_vain() -> None:
        with writing(trail) as session:
            record(session, BY, Act("face_refused", "person:1"), NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        acted_in_vain()
    with reading(trail) as session:
        assert session.scalar(select(func.count()).select_from(Audit)) == 5
        assert first_bad_entry(session) is None


def test_two_acts_in_one_transaction_follow_one_another(trail: Engine) -> None:
    with writing(trail) as session:
        record(session, BY, Act("one", "person:1"), NOON)
        record(session, BY, Act("two", "person:1"), NOON)
    assert bad_entry(trail) is None
