"""Another account of staff, for whoever runs the server: a gate's box is confirmed by a second person."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from admin.db.session import make_engine, writing
from admin.security.permissions import Role
from admin.security.principals import process
from admin.web.staff.service import LoginTaken, NewAccount, add_account
from kaimen.state import CannotStart, StateFolder

LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


def add(state: Path, login: str, name: str, role: str) -> str:
    """The one-time password. Raises CannotStart where there is no register, or the name is taken or not usable."""
    database = StateFolder(state.resolve()).database
    if not database.exists():
        raise CannotStart(f"There is no register in {state}. Name the folder of `kaimen up`: --state DIR")
    if not LOGIN.fullmatch(login) or not name.strip() or role not in set(Role):
        posts = ", ".join(one.value for one in Role)
        raise CannotStart(
            f"A login is 2 to 64 of a-z, 0-9, . _ - and needs a name; a role is one of {posts}."
        )
    engine = make_engine(f"sqlite:///{database}")
    try:
        with writing(engine) as session:
            made = add_account(
                session, process("operator"), NewAccount(login, name, Role(role)), datetime.now(UTC)
            )
    finally:
        engine.dispose()
    if isinstance(made, LoginTaken):
        raise CannotStart(
            f"There is an account {login} already. `kaimen reset-password {login}` gives it a password."
        )
    return made
