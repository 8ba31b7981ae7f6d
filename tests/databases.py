"""Both kinds of database, empty, for tests that ask what is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from admin.db.base import Base
from admin.db.migrate import upgrade
from admin.db.session import make_engine, writing
from admin.db.tables import AuditHead, Server
from bench.postgresql import PostgreSql
from bench.postgresql import postgresql_server as running

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSql]:
    """One server for all tests; `make test` installs it. Whoever stops it starts it again."""
    with running(durable=False) as server:
        assert server is not None, "PostgreSQL is missing: `make test` installs it"
        yield server


@pytest.fixture(scope="session")
def postgresql_address(postgresql_server: PostgreSql) -> str:
    return postgresql_server.address


@pytest.fixture(scope="session")
def postgresql_register(postgresql_address: str) -> str:
    """A second database of that server, with the tables: they take ten times as long to make as to empty."""
    maker = make_engine(postgresql_address).execution_options(isolation_level="AUTOCOMMIT")
    with maker.connect() as connection:
        connection.execute(text("CREATE DATABASE register"))
    maker.dispose()
    address = make_url(postgresql_address).set(database="register")
    engine = make_engine(address.render_as_string(hide_password=False))
    Base.metadata.create_all(engine)
    engine.dispose()
    return address.render_as_string(hide_password=False)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a test's register is: on both kinds in turn. `a_register` opens it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'register.sqlite3'}"
    address: str = request.getfixturevalue("postgresql_register")
    return address


@pytest.fixture(params=BOTH)
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a register is that the migrations made, with nothing in it but what they put there."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'migrated.sqlite3'}")
    else:
        engine = an_empty(request.getfixturevalue("postgresql_address"))
    upgrade(engine)
    engine.dispose()
    return engine.url.render_as_string(hide_password=False)


def a_register(address: str) -> Engine:
    """The tables of `database` as the migrations leave them: the rows there is exactly one of, and no others."""
    engine = make_engine(address)
    if engine.dialect.name == "sqlite":
        Base.metadata.create_all(engine)
    else:
        _without_rows(engine)
    with writing(engine) as session:
        session.add_all((Server(id=1, generation=1, revision=1), AuditHead(id=1, seq=0, hash="0" * 64)))
    return engine


def _without_rows(engine: Engine) -> None:
    """And numbers count from 1 again."""
    with engine.begin() as connection:
        counters = connection.scalars(text("SELECT sequencename FROM pg_sequences")).all()
        statements = [f'DELETE FROM "{table.name}"' for table in reversed(Base.metadata.sorted_tables)]
        statements += [f'ALTER SEQUENCE "{name}" RESTART' for name in counters]
        connection.exec_driver_sql("; ".join(statements))


def an_empty(address: str) -> Engine:
    """The server's database with nothing in it."""
    engine = make_engine(address)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine
