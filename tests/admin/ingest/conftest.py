"""What ingest writes is asked of both kinds of database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from admin.db.base import Base
from admin.db.session import make_engine, writing
from admin.db.tables import Server
from admin.settings import WebSettings
from tests.databases import BOTH, an_empty


@pytest.fixture(params=BOTH)
def engine(request: pytest.FixtureRequest, web_settings: WebSettings) -> Iterator[Engine]:
    """A register with its tables."""
    if request.param == "sqlite":
        engine = make_engine(web_settings.database)
    else:
        engine = an_empty(request.getfixturevalue("postgresql_address"))
    Base.metadata.create_all(engine)
    with writing(engine) as session:
        session.add(Server(id=1, generation=1, revision=1))
    yield engine
    engine.dispose()
