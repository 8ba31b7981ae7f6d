"""Both kinds of database, empty, for tests that ask what is written."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from admin.db.session import make_engine
from bench.postgresql import postgresql

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]


@pytest.fixture(scope="session")
def postgresql_address() -> Iterator[str]:
    """One server for all tests; `make test` installs it."""
    with postgresql(durable=False) as address:
        assert address is not None, "PostgreSQL is missing: `make test` installs it"
        yield address


def an_empty(address: str) -> Engine:
    """The server's database with nothing in it."""
    engine = make_engine(address)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine
