"""A forgotten password, for whoever runs the server."""

from datetime import UTC, datetime
from pathlib import Path

from admin.db.session import make_engine, writing
from admin.web.staff.service import reset_password
from kaimen.state import CannotStart, StateFolder


def reset(state: Path, login: str) -> str:
    """The one-time password. Raises CannotStart where there is no register or no such account."""
    database = StateFolder(state.resolve()).database
    if not database.exists():
        raise CannotStart(f"There is no register in {state}. Name the folder of `kaimen up`: --state DIR")
    engine = make_engine(f"sqlite:///{database}")
    try:
        with writing(engine) as session:
            password = reset_password(session, login, datetime.now(UTC))
    finally:
        engine.dispose()
    if password is None:
        raise CannotStart("There is no account of that name. The first one is called admin")
    return password
