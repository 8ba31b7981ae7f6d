"""The ground floor stands on both kinds of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from admin.db.base import Base
from admin.db.session import make_engine
from tests.databases import BOTH, an_empty


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'register.sqlite3'}")
    else:
        engine = an_empty(request.getfixturevalue("postgresql_address"))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """With the tables as the code has them."""
    Base.metadata.create_all(empty)
    return empty
