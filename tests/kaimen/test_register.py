"""Commands beside a server work on its register, and on no other."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin.db.session import make_engine, reading
from admin.db.tables import Account
from kaimen.install import Ports, prepare
from kaimen.register import register_address, register_in
from kaimen.state import CannotStart, StateFolder
from tests.kaimen.conftest import a_state


def test_a_folder_without_settings_has_its_own_file(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    assert register_address(folder) == f"sqlite:///{folder.database}"
    with pytest.raises(CannotStart, match="no register"), register_in(folder):
        pass


def test_what_is_prepared_again_is_the_register_that_the_settings_name(tmp_path: Path, migrated: str) -> None:
    folder = a_state(tmp_path / "state", migrated)
    box = prepare(folder, Ports(1, 2, 3), tmp_path, datetime.now(UTC))
    box.engine.dispose()
    engine = make_engine(migrated)
    with reading(engine) as session:
        assert [account.login for account in session.query(Account)] == ["admin"]
    engine.dispose()
    assert not folder.database.exists()


def test_settings_that_cannot_be_used_stand_for_no_other_register(tmp_path: Path) -> None:
    folder = a_state(tmp_path, "sqlite:///x")
    folder.config("web").write_text("database = 5", encoding="utf-8")
    with pytest.raises(CannotStart, match=r"web\.toml"), register_in(folder):
        pass


def test_a_register_beyond_a_line_in_cleartext_is_not_spoken_to(tmp_path: Path) -> None:
    folder = a_state(tmp_path, "postgresql+psycopg://kaimen@register.example/kaimen")
    with pytest.raises(CannotStart, match="sslmode=verify-full"), register_in(folder):
        pass


def test_a_register_that_is_away_is_said(tmp_path: Path) -> None:
    folder = a_state(tmp_path, f"postgresql+psycopg://kaimen@/postgres?host={tmp_path}")
    with pytest.raises(CannotStart, match="does not answer"), register_in(folder):
        pass
