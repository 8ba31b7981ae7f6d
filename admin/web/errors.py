"""What people read when a page cannot be given: what happened and what to do next, never a traceback."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog
from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError  # pyright: ignore[reportMissingTypeStubs] # the package has none
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from admin.catalogue import say_later as _l

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Words:
    """A heading, and what to do next."""

    title: str
    remedy: str


WORDS: Final = {
    400: Words(_l("This request was not understood"), _l("Go back, reload the page and try again.")),
    401: Words(_l("Please log in"), _l("Your session has ended. Log in and try again.")),
    403: Words(
        _l("Not open to your post"),
        _l("If you need this page for your work, ask your manager for the right."),
    ),
    404: Words(
        _l("Nothing is here"), _l("The address may be mistyped, or it belongs to a place outside your scope.")
    ),
    405: Words(_l("This address does not take that"), _l("Go back and use the buttons of the page.")),
    409: Words(_l("Somebody else was faster"), _l("Reload the page to see how it stands now.")),
    410: Words(_l("This link has ended"), _l("Ask the property office for a new one.")),
    413: Words(_l("The file is too large"), _l("Choose a picture of at most 12 MB.")),
    415: Words(_l("This kind of file cannot be read"), _l("Choose a JPEG or PNG picture.")),
    429: Words(_l("Too many tries"), _l("Wait fifteen minutes, then try again.")),
    500: Words(
        _l("Something went wrong on our side"),
        _l("Nothing was changed. Try again; if it stays so, tell the operator when it was."),
    ),
    503: Words(_l("The server is busy"), _l("Nothing was changed. Try again in a moment.")),
}
EXPIRED_FORM: Final = Words(
    _l("This form is too old"),
    _l("It was opened before you logged in. Go back, reload the page and send it again."),
)


def explain(app: Flask) -> None:
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(OverflowError, _out_of_range)
    app.register_error_handler(DataError, _out_of_range)
    app.register_error_handler(Exception, _unexpected)


def _expired_form(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, EXPIRED_FORM)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    return _page(
        error.code,
        WORDS.get(error.code, WORDS[500 if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR else 400]),
    )


def _busy(error: OperationalError) -> ResponseReturnValue:
    # The class alone: a statement's parameters may hold names, and a path a link's secret.
    log.error("database refused", endpoint=request.endpoint, error=type(error.orig).__name__)
    return _page(503, WORDS[503])


def _out_of_range(error: Exception) -> ResponseReturnValue:
    """A number or a day in an address that no column holds."""
    log.warning("value out of range", endpoint=request.endpoint, error=type(error).__name__)
    return _page(400, WORDS[400])


def _unexpected(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException):
        return _http(error)
    log.error("page failed", endpoint=request.endpoint, exc_info=error)
    return _page(500, WORDS[500])


def nothing_here(_error: Exception) -> ResponseReturnValue:
    """For a room's own error that must look like an address that does not exist."""
    return _page(404, WORDS[404])


def _page(status: int, words: Words) -> ResponseReturnValue:
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify({"error": status}), status
    return render_template("error.html", status=status, words=words), status
