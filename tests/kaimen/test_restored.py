"""After a backup was put back, gates are told by a higher generation; the same backup twice raises it twice."""

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from admin.db.migrate import upgrade
from admin.db.revision import generation, revision
from admin.db.session import make_engine, reading
from admin.db.tables import Audit
from kaimen.cli import app
from kaimen.restored import restored
from kaimen.state import CannotStart, StateFolder, held
from tests.kaimen.conftest import a_state


@pytest.fixture
def state(tmp_path: Path, migrated: str) -> StateFolder:
    return a_state(tmp_path / "state", migrated)


@pytest.mark.promise(8)
def test_the_generation_is_raised_on_record_and_rosters_are_made_anew(
    state: StateFolder, migrated: str
) -> None:
    raised = restored(state.root)
    engine = make_engine(migrated)
    with reading(engine) as session:
        assert generation(session) == raised > 1
        assert revision(session) == 2
        assert session.scalars(select(Audit.act)).all() == ["register_restored"]
    engine.dispose()


def test_the_command_says_the_new_number(state: StateFolder) -> None:
    told = CliRunner().invoke(app, ["restored", "--state", str(state.root)])
    assert told.exit_code == 0
    assert "generation" in told.stdout


def test_nothing_is_done_under_a_running_house(state: StateFolder) -> None:
    with held(state), pytest.raises(CannotStart, match="already running"):
        restored(state.root)


def test_a_register_of_older_software_is_named(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.database.parent.mkdir(parents=True)
    engine = make_engine(f"sqlite:///{folder.database}")
    upgrade(engine, "0003")
    engine.dispose()
    with pytest.raises(CannotStart, match="0003"):
        restored(tmp_path)


def test_a_folder_without_a_register_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="no register"):
        restored(tmp_path)
