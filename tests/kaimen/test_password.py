"""Whoever runs the server can let a manager in again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from admin.db.session import make_engine, reading, writing
from admin.db.tables import Account, Audit
from admin.web import passwords
from admin.web.staff.service import ensure_first_admin
from kaimen.password import reset
from kaimen.state import CannotStart
from tests.kaimen.conftest import a_state


@pytest.fixture
def state(tmp_path: Path, migrated: str) -> Path:
    engine = make_engine(migrated)
    with writing(engine) as session:
        ensure_first_admin(session, datetime.now(UTC))
    engine.dispose()
    return a_state(tmp_path / "state", migrated).root


def test_a_forgotten_password_is_replaced_once_and_every_session_ends(state: Path, migrated: str) -> None:
    fresh = reset(state, "Admin")
    engine = make_engine(migrated)
    with reading(engine) as session:
        account = session.scalars(select(Account)).one()
        assert passwords.fits(account.password_hash, fresh)
        assert account.must_change
        assert account.session_number == 2
        acts = session.scalars(select(Audit.act)).all()
        assert "password_reset" in acts
    engine.dispose()


def test_a_name_or_folder_that_is_not_there_is_said_with_the_remedy(state: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="no account"):
        reset(state, "nobody")
    with pytest.raises(CannotStart, match="--state"):
        reset(tmp_path / "elsewhere", "admin")
