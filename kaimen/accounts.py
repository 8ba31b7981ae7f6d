"""Another account of staff, for whoever runs the server: a gate's box is confirmed by a second person."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from admin.db.session import writing
from admin.security.permissions import Role
from admin.security.principals import process
from admin.web.staff.service import LoginTaken, NewAccount, add_account
from kaimen.register import register_in
from kaimen.state import CannotStart, StateFolder

LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


def add(state: Path, login: str, name: str, role: str) -> str:
    """The one-time password. Raises CannotStart where there is no register, or the name is taken or not usable."""
    if not LOGIN.fullmatch(login) or not name.strip() or role not in set(Role):
        posts = ", ".join(one.value for one in Role)
        raise CannotStart(
            f"A login is 2 to 64 of a-z, 0-9, . _ - and needs a name; a role is one of {posts}."
        )
    new = NewAccount(login, name, Role(role))
    with register_in(StateFolder(state.resolve())) as engine, writing(engine) as session:
        made = add_account(session, process("operator"), new, datetime.now(UTC))
    if isinstance(made, LoginTaken):
        raise CannotStart(
            f"There is an account {login} already. `kaimen reset-password {login}` gives it a password."
        )
    return made
