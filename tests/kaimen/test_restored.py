"""After a backup was put back, gates are told by a higher generation; the same backup twice raises it twice."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.joins import CONFIRM_WITHIN, step_at
from admin.db.migrate import upgrade
from admin.db.revision import generation, revision
from admin.db.session import make_engine, reading, writing
from admin.db.tables import Account, Audit, GateJoin, Job, JoinStep
from admin.security.permissions import Role
from kaimen.cli import app
from kaimen.restored import restored
from kaimen.state import CannotStart, StateFolder, held
from tests.admin.conftest import a_join, an_account, build_town
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


@pytest.mark.promise(5)
@pytest.mark.promise(10)
def test_what_was_under_way_in_the_backup_is_over(state: StateFolder, migrated: str) -> None:
    engine = make_engine(migrated)
    with writing(engine) as session:
        compound, clerk = build_town(session).compound, an_account("clerk", Role.STAFF)
        session.add(clerk)
        session.flush()
        now = datetime.now(UTC)
        session.add(a_join(clerk.id, compound, "c0de", step="confirmed", ends_at=now + CONFIRM_WITHIN))
        for kind in (JobKind.ENROL_FACE, JobKind.FORGET_FACE):
            put(session, NewJob(Queue.WORKER, kind, "person:1", blob=b"sealed"), "account:1", now)
    raised = restored(state.root)
    with reading(engine) as session:
        assert session.scalars(select(Account.session_number)).all() == [raised]
        assert step_at(session.scalars(select(GateJoin)).one(), datetime.now(UTC)) is JoinStep.EXPIRED
        enrol, forget = session.scalars(select(Job).order_by(Job.id))
        assert (enrol.state, enrol.blob, forget.state) == ("failed", None, "queued")
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
