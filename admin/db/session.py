"""Engines and transactions. Services never commit; the edge that opened a transaction does."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, Pool

AWAY: Final = (OperationalError, InterfaceError)
"""The database is not there now: whoever works on its own waits and tries again."""

BUSY_MS = 5_000
_WRITES = "kaimen_writes"


def make_engine(url: str, pool: type[Pool] | None = None) -> Engine:
    """An engine for SQLite (WAL, synchronous FULL, foreign keys kept) or PostgreSQL; `pool` where not the usual one."""
    engine = create_engine(url, hide_parameters=True, poolclass=pool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Generator[Session]:
    """A transaction that only reads."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    """A transaction that may write; on SQLite it takes the writers' lock at once instead of failing midway."""
    with Session(writer(engine), expire_on_commit=False) as session, session.begin():
        yield session


def writer(engine: Engine) -> Engine:
    """The same pool, its transactions begun as writers."""
    return engine.execution_options(**{_WRITES: True})


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # BEGIN is ours to send
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL can lose committed rows when the power fails
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is written over in the file
        f"busy_timeout={BUSY_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
