"""The revision rises with what changed rosters, or not at all."""

import pytest
from sqlalchemy import Engine

from admin.db import migrate
from admin.db.revision import generation, raise_revision, revision
from admin.db.session import reading, writing


@pytest.fixture
def engine(empty: Engine) -> Engine:
    migrate.upgrade(empty)
    return empty


def test_it_rises_by_one_with_each_change(engine: Engine) -> None:
    with writing(engine) as session:
        raise_revision(session)
        raise_revision(session)
    with reading(engine) as session:
        assert (revision(session), generation(session)) == (3, 1)


def test_it_does_not_rise_when_the_change_is_taken_back(engine: Engine) -> None:
    def changed_in_vain() -> None:
        with writing(engine) as session:
            raise_revision(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        changed_in_vain()
    with reading(engine) as session:
        assert revision(session) == 1
