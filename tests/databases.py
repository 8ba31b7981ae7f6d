"""Both kinds of database, empty, for tests that ask what is written."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from admin.db.session import make_engine
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


def an_empty(address: str) -> Engine:
    """The server's database with nothing in it."""
    engine = make_engine(address)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine
