"""`kaimen restored`: the step after the register was put back from a backup.

What was under way in the backup may have been ended since, and would come to life with it. Standing orders and jobs
for gates are judged by the generation they were asked for under (`admin/dispatch/standing.py`); the rest ends here.
docs/operations.md says what no program can know and people have to do again.
"""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind, give_up
from admin.db.joins import UNDER_WAY
from admin.db.migrate import WrongRevision, require_head
from admin.db.revision import raise_generation
from admin.db.session import writing
from admin.db.tables import Account, GateJoin
from admin.security.audit import Act, record
from admin.security.principals import process
from kaimen.register import register_in
from kaimen.state import CannotStart, StateFolder, held


def restored(state: Path) -> int:
    """The raised generation. Raises CannotStart where there is no register, it is old, or Kaimen runs on it."""
    folder = StateFolder(state.resolve())
    with register_in(folder) as engine, held(folder):
        try:
            require_head(engine)
        except WrongRevision as wrong:
            raise CannotStart(
                f"{wrong} Start `kaimen up` once to bring it up to date, stop it, and say so again"
            ) from None
        with writing(engine) as session:
            now = datetime.now(UTC)
            raised = raise_generation(session, now)
            _end_sessions(session, raised)
            _end_codes(session, now)
            # A consent may have been withdrawn since: the photo would become a template all the same.
            give_up(session, (JobKind.ENROL_FACE, JobKind.ADD_LOOK), "restored", now)
            record(session, process("restored"), Act("register_restored", f"generation:{raised}"), now)
            return raised


def _end_sessions(session: Session, raised: int) -> None:
    """Of staff. Numbers rise by one from 1, so no cookie from between backup and restore bears the generation."""
    session.execute(update(Account).values(session_number=raised))


def _end_codes(session: Session, now: datetime) -> None:
    """For new gates, also those that a second person has confirmed; dispatch writes down that their time is over."""
    session.execute(update(GateJoin).where(GateJoin.step.in_(UNDER_WAY)).values(ends_at=now))
