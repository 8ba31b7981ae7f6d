"""Who asks, whether they may, and the request's one transaction.

Every endpoint is refused unless it names its permission.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar, cast

import structlog
from flask import Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from admin.db.session import reading, writer
from admin.db.tables.accounts import Account
from admin.security.permissions import MACHINES, Permission
from admin.security.principals import NOBODY, Principal
from admin.settings import WebSettings
from admin.web.ground import Ground, Keys

View = TypeVar("View", bound=Callable[..., Any])
T = TypeVar("T")
MARK: Final = "kaimen_permission"
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
log = structlog.get_logger()


def may(permission: Permission) -> Callable[[View], View]:
    """Marks an endpoint with the one permission it takes; `enforce` refuses those without a mark."""

    def mark(view: View) -> View:
        setattr(view, MARK, permission)
        return view

    return mark


def permission_of(endpoint: str) -> Permission | None:
    return cast(Permission | None, getattr(current_app.view_functions[endpoint], MARK, None))


def current() -> Principal:
    """Who asks; NOBODY where nobody is known."""
    return cast(Principal, g.get("principal", NOBODY))


def current_account() -> Account:
    """The account that is logged in, read only and detached. For endpoints that only accounts may reach."""
    account = signed_in()
    return account if account is not None else abort(403)


def signed_in() -> Account | None:
    return cast(Account | None, g.get("account"))


def become(principal: Principal, account: Account | None = None) -> None:
    """For a log-in, a personal link, a visitor's link or a gate's credential that was just verified.

    Rooms with callers of their own kind call it in their blueprint's `before_request`, which runs before `enforce`.
    """
    g.principal, g.account = principal, account


def db() -> Session:
    """The request's session: a GET reads, everything else writes. Committed when the endpoint has returned."""
    if "session" not in g:
        bind = engine() if request.method in READS else writer(engine())
        g.session = Session(bind, expire_on_commit=False)
    return cast(Session, g.session)


def aside(question: Callable[[Session], T]) -> T:
    """A short reading transaction on a thread of its own: for generators of streams, after the request's is over."""
    house = ground()

    def ask() -> T:
        with reading(house.engine) as session:
            return question(session)

    return house.around.aside(ask)


def now() -> datetime:
    """Now, UTC."""
    return ground().around.clock()


def engine() -> Engine:
    return ground().engine


def keys() -> Keys:
    return ground().keys


def settings() -> WebSettings:
    return ground().settings


def ground() -> Ground:
    return cast(Ground, current_app.extensions["kaimen"])


def enforce() -> ResponseReturnValue | None:
    """None where the caller may go on; else where to go instead. Raises Forbidden."""
    permission = permission_of(request.endpoint or "")
    if permission is None:
        log.error("endpoint without permission", endpoint=request.endpoint)
        abort(403)
    if current().may(permission):
        return _new_password_first(permission)
    if signed_in() is None and permission not in MACHINES and request.method in READS and _wants_a_page():
        return redirect(url_for("staff.log_in", next=request.full_path.rstrip("?")))
    return abort(403 if current() is not NOBODY else 401)


def commit() -> None:
    if "session" in g:
        db().commit()


def close() -> None:
    """What was not committed is rolled back."""
    session = g.pop("session", None)
    if session is not None:
        session.close()


def _new_password_first(permission: Permission) -> Response | None:
    account = signed_in()
    if (
        account is None
        or not account.must_change
        or permission in (Permission.PUBLIC, Permission.OWN_ACCOUNT)
    ):
        return None
    return cast(Response, redirect(url_for("staff.new_password")))


def _wants_a_page() -> bool:
    return request.accept_mimetypes.accept_html or not request.accept_mimetypes
