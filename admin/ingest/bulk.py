"""Many rows of one table at once, as the driver takes them: at thousands a second what stands between costs most."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm import Session

Columns = dict[str, object]
Bind = Callable[[Any], object]


def insert_rows(session: Session, table: Table[Any], rows: Sequence[Columns]) -> None:
    """All or none. Every row names the same columns; what it does not name the database fills in.

    Raises SQLAlchemy's errors, as `session.execute` does.
    """
    if not rows:
        return
    if session.connection().dialect.name == "postgresql":
        _copy(session, table, rows)
    else:
        statement, binds = _prepared(session.connection().dialect, table, tuple(rows[0]))
        session.connection().exec_driver_sql(statement, [_bound(row, binds) for row in rows])


def _copy(session: Session, table: Table[Any], rows: Sequence[Columns]) -> None:
    """PostgreSQL's own way for many rows: half the work of an INSERT, for both sides."""
    from psycopg import Connection, Error  # only where there is PostgreSQL

    driver: Connection[Any] | None = session.connection().connection.driver_connection
    if driver is None:  # SQLAlchemy's word for a connection it has let go
        raise InvalidRequestError("The session has no connection.")
    statement = f"COPY {table.name} ({', '.join(rows[0])}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(tuple(row.values()))
    except Error as trouble:
        raise DBAPIError.instance(statement, None, trouble, Error, hide_parameters=True) from trouble


def _bound(row: Columns, binds: Sequence[Bind | None]) -> tuple[object, ...]:
    return tuple([bind(value) if bind else value for value, bind in zip(row.values(), binds, strict=True)])


@lru_cache(maxsize=16)
def _prepared(
    dialect: Dialect, table: Table[Any], names: tuple[str, ...]
) -> tuple[str, tuple[Bind | None, ...]]:
    """The statement, and what turns each column's values into the driver's."""
    types = (table.c[name].type.dialect_impl(dialect) for name in names)
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - ours
    return statement, tuple(type_.bind_processor(dialect) for type_ in types)
