"""Many rows at once: as they would be one by one, or none; and a database that goes is said as SQLAlchemy says it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import Engine, Table, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from admin.db.session import make_engine, reading, writing
from admin.db.tables import Alarm
from admin.ingest.bulk import Columns, insert_rows
from tests.admin.conftest import Town

IN_CHINA = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=8)))
ALARMS = cast("Table[Any]", Alarm.__table__)
POSTGRESQL = [pytest.param("postgresql", marks=pytest.mark.real)]


def an_alarm(compound: int, seq: int, **changed: object) -> Columns:
    return {
        "id": uuid4(),
        "gate_id": "gate-main",
        "compound_id": compound,
        "epoch": "e1",
        "seq": seq,
        "previous": "0" * 64,
        "hash": f"{seq:064x}",
        "at": IN_CHINA,
        "recorded_at": IN_CHINA,
        "late": False,
        "who_commitment": "1" * 64,
        "who_salt": b"\x00\xff\\n",
        "who_text": None,
        "what_commitment": "2" * 64,
        "what_salt": b"salt",
        "what_text": "门\t\\.".encode(),
        "kind": "tamper",
        **changed,
    }


def count(engine: Engine) -> int:
    with reading(engine) as session:
        return session.execute(select(func.count()).select_from(Alarm)).scalar_one()


def end_connections(engine: Engine) -> None:
    """All but the one that says so, as a server does that stops."""
    other = make_engine(engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        ours = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'kaimen'"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {ours}"))
    other.dispose()


def test_what_is_put_in_comes_out(engine: Engine, town: Town) -> None:
    rows = [an_alarm(town.compound, seq) for seq in (1, 2)]
    with writing(engine) as session:
        insert_rows(session, ALARMS, rows)
    with reading(engine) as session:
        kept = session.scalars(select(Alarm).order_by(Alarm.seq)).all()
        assert [{name: getattr(row, name) for name in rows[0]} for row in kept] == rows
        assert kept[0].at.tzinfo is UTC
        assert kept[0].seen_by is None


def test_no_rows_are_no_statement(engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        insert_rows(session, ALARMS, [])
    assert count(engine) == 0


def test_one_row_that_may_not_be_keeps_all_out(engine: Engine, town: Town) -> None:
    rows = [an_alarm(town.compound, 1), an_alarm(town.compound, 1)]
    with pytest.raises(IntegrityError), writing(engine) as session:
        insert_rows(session, ALARMS, rows)
    assert count(engine) == 0


@pytest.mark.parametrize("database", POSTGRESQL, indirect=True)
def test_a_value_that_is_refused_is_its_own_fault(engine: Engine, town: Town) -> None:
    with pytest.raises(DBAPIError) as wrong, writing(engine) as session:
        insert_rows(session, ALARMS, [an_alarm(town.compound, 2**40)])
    assert not isinstance(wrong.value, OperationalError)


@pytest.mark.parametrize("database", POSTGRESQL, indirect=True)
def test_a_server_that_goes_meanwhile_is_away_and_the_next_transaction_finds_it_again(
    engine: Engine,
    town: Town,
) -> None:
    def lose() -> None:
        with writing(engine) as session:
            session.execute(select(1))
            end_connections(engine)
            insert_rows(session, ALARMS, [an_alarm(town.compound, 1)])

    with pytest.raises(OperationalError):
        lose()
    with writing(engine) as session:
        insert_rows(session, ALARMS, [an_alarm(town.compound, 1)])
    assert count(engine) == 1
