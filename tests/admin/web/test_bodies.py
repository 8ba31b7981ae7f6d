"""Where a request's body is waited for, how much of it is taken, and where it never goes."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from io import BytesIO
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from admin.security.permissions import Role
from admin.settings import WebSettings
from admin.web.bodies import LARGEST_FORM, LARGEST_UPLOAD
from admin.web.ground import Surroundings
from tests.admin.conftest import MakeApp

T = TypeVar("T")
Login = Callable[..., FlaskClient]


def on_another_thread(work: Callable[[], T]) -> T:
    """As the served process does, where only the first thread may wait for the network."""
    done: list[T] = []
    context = copy_context()
    thread = threading.Thread(target=lambda: done.append(context.run(work)))
    thread.start()
    thread.join()
    return done[0]


class Watched(BytesIO):
    """A body that notes which threads read it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.readers: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        self.readers.add(threading.get_ident())
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        self.readers.add(threading.get_ident())
        return super().readinto(buffer)


def an_upload(size: int) -> dict[str, Any]:
    """What a browser sends; the test client would write a large one to a file of its own."""
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="face.jpg"\r\n\r\n'
    return {"data": head + bytes(size) + b"\r\n--x--\r\n", "content_type": "multipart/form-data; boundary=x"}


def test_a_body_that_comes_late_is_waited_for_outside_the_thread_of_the_endpoint(
    app: Flask, web_settings: WebSettings, make_app: MakeApp
) -> None:
    served = make_app(web_settings, Surroundings(aside=on_another_thread))
    served.config["WTF_CSRF_METHODS"] = set()
    body = Watched(b"login=nobody&password=nothing")
    kind = "application/x-www-form-urlencoded"
    answer = served.test_client().post(
        "/login", input_stream=body, content_length=len(body.getvalue()), content_type=kind
    )
    assert answer.status_code == 422
    assert body.readers == {threading.get_ident()}


@pytest.mark.promise(9)
def test_a_photo_is_never_spooled_to_a_disk(logged_in: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a photo went to a temporary file")

    for name in ("SpooledTemporaryFile", "TemporaryFile"):
        monkeypatch.setattr(f"werkzeug.formparser.{name}", refuse, raising=False)
    answer = logged_in(Role.STAFF).post(f"/enrol/{uuid4()}/photo", **an_upload(2_000_000))
    assert answer.status_code == 404  # nobody by that id; the photo was read to its end


def test_a_form_is_no_larger_than_forms_are(client: FlaskClient) -> None:
    answer = client.post("/login", data={"login": "a", "password": "b" * LARGEST_FORM})
    assert answer.status_code == 413


def test_a_stranger_uploads_nothing(client: FlaskClient) -> None:
    body = Watched(bytes(2 * LARGEST_FORM))
    answer = client.post(f"/enrol/{uuid4()}/photo", input_stream=body, content_length=len(body.getvalue()))
    assert answer.status_code == 401
    assert body.readers == set()


def test_a_photo_beyond_twelve_megabytes_is_refused_with_words(logged_in: Login) -> None:
    answer = logged_in(Role.STAFF).post(f"/enrol/{uuid4()}/photo", **an_upload(LARGEST_UPLOAD))
    assert answer.status_code == 413
    assert "12 MB" in answer.text


def test_an_error_outside_an_endpoint_is_logged_without_its_address(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_patience: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("admin.web.bodies.take_in", fail)
    with capture_logs() as heard:
        assert client.get("/p/the-secret-of-a-link").status_code == 500
    assert [(one["event"], one["endpoint"]) for one in heard] == [("page failed", "portal.pass_page")]
    assert "the-secret" not in caplog.text
