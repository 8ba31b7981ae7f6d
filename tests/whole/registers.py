"""Registers that are kept and put back, as backups are."""

import sqlite3
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import Engine, make_url
from sqlalchemy.pool import StaticPool

from admin.db.base import Base
from admin.db.session import make_engine, writing
from admin.db.tables import Server
from tests.databases import a_register


class Register(Protocol):
    """A server's database that can be kept and put back, as backups are."""

    engine: Engine

    def backup(self) -> object:
        """All there is in it."""
        ...

    def restore(self, backup: Any) -> None: ...

    def close(self) -> None: ...


class SqliteRegister:
    """In memory: a property is tried a thousand times over."""

    def __init__(self) -> None:
        self.engine = make_engine("sqlite://", StaticPool)
        Base.metadata.create_all(self.engine)
        with writing(self.engine) as session:
            session.add(Server(id=1, generation=1, revision=1))

    def backup(self) -> bytes:
        return self._database().serialize()

    def restore(self, backup: bytes) -> None:
        self.engine.dispose()
        self._database().deserialize(backup)

    def close(self) -> None:
        self.engine.dispose()

    def _database(self) -> sqlite3.Connection:
        connection = self.engine.raw_connection().driver_connection
        assert isinstance(connection, sqlite3.Connection)
        return connection


class PostgreSqlRegister:
    """A database of the tests' server; a backup is another one, copied by the server itself."""

    def __init__(self, address: str, maintenance: str) -> None:
        """`maintenance` is the address of a database that stays."""
        self.engine, self._name = a_register(address), make_url(address).database
        self._maker = make_engine(maintenance).execution_options(isolation_level="AUTOCOMMIT")
        self._backups: list[str] = []

    def backup(self) -> str:
        self._backups.append(f"backup_{uuid4().hex}")
        self._copy(f"{self._name}", self._backups[-1])
        return self._backups[-1]

    def restore(self, backup: str) -> None:
        self.engine.dispose()
        self._do(f'DROP DATABASE "{self._name}" WITH (FORCE)')
        self._copy(backup, f"{self._name}")

    def close(self) -> None:
        self.engine.dispose()
        for backup in self._backups:
            self._do(f'DROP DATABASE "{backup}"')
        self._maker.dispose()

    def _copy(self, source: str, to: str) -> None:
        self.engine.dispose()  # the server copies only what nobody uses
        self._do(f'CREATE DATABASE "{to}" TEMPLATE "{source}"')

    def _do(self, statement: str) -> None:
        with self._maker.connect() as connection:
            connection.exec_driver_sql(statement)
