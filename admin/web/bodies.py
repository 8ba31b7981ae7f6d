"""What is sent with a request: no more than its endpoint takes, waited for where that stops nobody, in memory alone."""

from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import IO, Any, Final, TypeVar

from flask import Request, current_app, request, session
from werkzeug.exceptions import HTTPException

from admin.web.ground import Patience

View = TypeVar("View", bound=Callable[..., Any])
MARK: Final = "kaimen_most_bytes"
LARGEST_FORM: Final = 64 * 1024
LARGEST_UPLOAD: Final = 12 * 1024 * 1024
FORM_S: Final = 20.0
UPLOAD_S: Final = 300.0
"""How long a body may be on its way: a photo comes over a slow line, a stranger's few bytes do not."""


class InMemory(Request):
    """A request whose files are never spooled to a disk: they are photos of faces."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        del total_content_length, content_type, filename, content_length
        return BytesIO()


def takes(most: int) -> Callable[[View], View]:
    """Marks an endpoint that takes another number of bytes than a form has; more only from whoever is logged in."""

    def mark(view: View) -> View:
        setattr(view, MARK, most)
        return view

    return mark


def take_in(patience: Patience) -> None:
    """Reads the body before the endpoint's thread begins, where gevent can wait for what is still on its way.

    What is wrong with it is met again, and answered, when the endpoint asks for it. Raises TooSlow where it does not
    come: each connection that is waited for is one of those there are.
    """
    most: int = getattr(current_app.view_functions.get(request.endpoint or ""), MARK, LARGEST_FORM)
    known = "_user_id" in session
    request.max_content_length = most if known else min(most, LARGEST_FORM)
    with patience(UPLOAD_S if known else FORM_S), suppress(HTTPException):
        request.get_data(cache=True)
