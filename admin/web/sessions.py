"""Browser sessions of accounts: who a cookie stands for, and for how long."""

from dataclasses import dataclass
from typing import Any, cast

import flask_login  # pyright: ignore[reportMissingTypeStubs] # the package has none
from flask import Flask, current_app, request, session
from sqlalchemy.orm import Session

from admin.db.session import reading
from admin.db.tables.accounts import Account
from admin.db.tables.places import Place
from admin.security.permissions import PERMISSIONS, Role
from admin.security.principals import Principal, PrincipalKind
from admin.security.scope import Scope
from admin.web import guard
from admin.web.languages import CHOICE
from admin.web.shell import STATIC

NOWHERE = Scope("-")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What Flask-Login keeps: the account and what it may do. The cookie names the account's session number too."""

    account: Account
    principal: Principal
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return f"{self.account.id}:{self.account.session_number}"


def keep(app: Flask) -> None:
    manager = cast(Any, flask_login.LoginManager(app))
    manager.session_protection = None  # phones change their address; the session number ends stolen cookies
    manager.user_loader(_load)
    app.before_request(_identify)


def begin(db: Session, account: Account) -> None:
    """A fresh session for an account that proved itself: nothing of the browser's earlier one but the language."""
    language = session.get(CHOICE)
    session.clear()
    if language:
        session[CHOICE] = language
    session.permanent = True
    signed_in = SignedIn(account, principal_of(db, account))
    cast(Any, flask_login.login_user)(signed_in)
    guard.become(signed_in.principal, account)


def end() -> None:
    """This browser's session, all of it but the language."""
    language = session.get(CHOICE)
    session.clear()
    if language:
        session[CHOICE] = language


def principal_of(db: Session, account: Account) -> Principal:
    """The account's post and place as permissions and scope."""
    if account.place_id is None:
        scope = Scope.everywhere()
    else:
        place = db.get(Place, account.place_id)
        scope = Scope(place.path) if place else NOWHERE
    return Principal(PrincipalKind.ACCOUNT, str(account.id), scope, PERMISSIONS[Role(account.role)])


def _load(cookie: str) -> SignedIn | None:
    number, _, session_number = cookie.partition(":")
    with reading(guard.engine()) as db:
        account = db.get(Account, int(number))
        if account is None or account.disabled_at or str(account.session_number) != session_number:
            return None
        return SignedIn(account, principal_of(db, account))


def _identify() -> None:
    if request.endpoint in STATIC or "_user_id" not in session:
        return
    user = cast(Any, flask_login.current_user)
    if user.is_authenticated:
        guard.become(user.principal, user.account)
    else:
        current_app.logger.debug("session ended")
