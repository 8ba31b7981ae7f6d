"""A forgotten password, for whoever runs the server."""

from datetime import UTC, datetime
from pathlib import Path

from admin.db.session import writing
from admin.web.staff.service import reset_password
from kaimen.register import register_in
from kaimen.state import CannotStart, StateFolder


def reset(state: Path, login: str) -> str:
    """The one-time password. Raises CannotStart where there is no register or no such account."""
    with register_in(StateFolder(state.resolve())) as engine, writing(engine) as session:
        password = reset_password(session, login, datetime.now(UTC))
    if password is None:
        raise CannotStart("There is no account of that name. The first one is called admin")
    return password
