"""Flask with this house's order of things: a thread aside, permission, CSRF, the endpoint, the commit."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Any, cast

import structlog
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from admin.security.permissions import MACHINES, Permission
from admin.web import bodies, guard
from admin.web.ground import TooSlow, in_place

STATIC = frozenset({"static", "bootstrap.static"})
log = structlog.get_logger()


class Shell(Flask):
    """The app. A request's database work, and its hashing, happen on one thread aside; a stream's body does not."""

    request_class = bodies.InMemory

    def full_dispatch_request(self) -> Response:
        if request.endpoint in STATIC:
            return in_place(self._answer)
        try:
            bodies.take_in(guard.ground().around.patience)
        except TooSlow:
            return Response(status=HTTPStatus.REQUEST_TIMEOUT)
        return guard.ground().around.aside(self._answer)

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Without the address, which Flask would write: a link's secret may stand in it."""
        log.error("page failed", endpoint=request.endpoint, exc_info=exc_info)

    def dispatch_request(self) -> ResponseReturnValue:
        if request.routing_exception is not None or request.endpoint in STATIC:
            return super().dispatch_request()
        elsewhere = guard.enforce()
        if elsewhere is not None:
            return elsewhere
        # Gates and boxes come with a proof in header or body, which no other page can make a browser send.
        if guard.permission_of(request.endpoint or "") not in MACHINES:
            _csrf(self).protect()
        answer = super().dispatch_request()
        guard.commit()
        return answer

    def _answer(self) -> Response:
        try:
            return super().full_dispatch_request()
        finally:
            guard.close()


def mark_static(app: Flask) -> None:
    """Flask's own two endpoints are for anybody."""
    for endpoint in STATIC:
        public = partial(cast(Callable[..., Response], app.view_functions[endpoint]))
        app.view_functions[endpoint] = guard.may(Permission.PUBLIC)(public)


def check_forms(app: Flask) -> None:
    """Makes tokens for templates; `dispatch_request` asks for them."""
    cast(Any, CSRFProtect()).init_app(app)


def _csrf(app: Flask) -> CSRFProtect:
    return cast(CSRFProtect, app.extensions["csrf"])
