"""Transactions on SQLite: writers wait for one another, readers for nobody, and power cuts lose nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from admin.db.base import Base
from admin.db.session import make_engine, reading, writing
from admin.db.tables import Household, Lease

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'register.sqlite3'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_what_is_committed_is_on_disk(engine: Engine) -> None:
    with engine.connect() as connection:
        settings = [
            connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        ]
    assert settings == ["wal", 2, 1, 5000, 1]


def test_times_come_back_in_utc_whatever_zone_they_went_in(engine: Engine) -> None:
    shanghai = timezone(timedelta(hours=8))
    with writing(engine) as session:
        session.add(Lease(name="ingest", holder="one", until=NOON.astimezone(shanghai)))
    with reading(engine) as session:
        until = session.get_one(Lease, "ingest").until
    assert (until, until.tzinfo) == (NOON, UTC)


def test_a_time_without_a_zone_is_refused(engine: Engine) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(StatementError, match="without a zone"), writing(engine) as session:
        session.add(Lease(name="ingest", holder="one", until=naive))


def test_an_error_takes_the_whole_transaction_back(engine: Engine) -> None:
    def written_in_vain() -> None:
        with writing(engine) as session:
            session.add(Lease(name="ingest", holder="one", until=NOON))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        written_in_vain()
    with reading(engine) as session:
        assert session.get(Lease, "ingest") is None


def test_a_row_without_its_parent_is_refused(engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(engine) as session:
        session.add(Household(unit_id=99, room="3-2-1201"))


def test_a_locked_register_is_an_error_and_readers_go_on(engine: Engine, url: str) -> None:
    impatient = make_engine(url)
    with impatient.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
        connection.rollback()
    with writing(engine) as session:
        session.add(Lease(name="ingest", holder="one", until=NOON))
        session.flush()
        with pytest.raises(OperationalError, match="locked"), writing(impatient) as second:
            second.execute(text("SELECT 1"))
        with reading(impatient) as other:
            assert other.get(Lease, "ingest") is None
    impatient.dispose()


def test_errors_do_not_repeat_what_was_to_be_written(engine: Engine) -> None:
    with pytest.raises(IntegrityError) as told, writing(engine) as session:
        session.add(Household(unit_id=99, room="secret-room"))
    assert "secret-room" not in str(told.value)
