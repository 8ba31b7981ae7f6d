"""`kaimen restored`: the step after the register was put back from a backup."""

from datetime import UTC, datetime
from pathlib import Path

from admin.db.migrate import WrongRevision, require_head
from admin.db.revision import raise_generation
from admin.db.session import writing
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
            record(session, process("restored"), Act("register_restored", f"generation:{raised}"), now)
            return raised
