"""The operator makes an account for a colleague."""

from pathlib import Path

import pytest
from sqlalchemy import select

from admin.db.session import make_engine, reading
from admin.db.tables import Account, Audit
from admin.web import passwords
from kaimen.accounts import add
from kaimen.state import CannotStart
from tests.kaimen.conftest import a_state


@pytest.fixture
def state(tmp_path: Path, migrated: str) -> Path:
    return a_state(tmp_path, migrated).root


def test_an_account_begins_with_a_one_time_password_and_is_audited(state: Path, migrated: str) -> None:
    password = add(state, "lin", "林", "staff")
    engine = make_engine(migrated)
    with reading(engine) as session:
        account = session.scalars(select(Account)).one()
        assert (account.login, account.role, account.must_change) == ("lin", "staff", True)
        assert passwords.fits(account.password_hash, password)
        assert [(one.principal, one.act) for one in session.scalars(select(Audit))] == [
            ("process:operator", "account_added")
        ]
    engine.dispose()


@pytest.mark.parametrize(
    ("login", "name", "role"), [("Lin Wei", "林", "staff"), ("lin", " ", "staff"), ("lin", "林", "owner")]
)
def test_what_is_no_account_is_said(state: Path, login: str, name: str, role: str) -> None:
    with pytest.raises(CannotStart, match="manager, staff, guard"):
        add(state, login, name, role)


def test_a_name_that_is_taken_and_a_folder_without_register_are_said(state: Path, tmp_path: Path) -> None:
    add(state, "lin", "林", "staff")
    with pytest.raises(CannotStart, match="already"):
        add(state, "lin", "林", "staff")
    with pytest.raises(CannotStart, match="no register"):
        add(tmp_path / "elsewhere", "lin", "林", "staff")
