"""The page over real loopback connections."""

import http.client
import json
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import numpy as np
import pytest

from contracts.words import Method, Outcome, Reason
from gate.screen.messages import Look, TypedPin
from gate.screen.server import MOST_CONNECTIONS, PAGES, Screen, Sockets
from gate.screen.stage import Answer, Picture, Stage

pytestmark = [pytest.mark.real, pytest.mark.enable_socket]
NO = Answer(Outcome.DENIED, Method.PIN, Reason.WRONG_PIN)


class Shown:
    """A screen in front of a loop that refuses every PIN."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.typed: list[tuple[str, str]] = []
        self.screen = Screen(Sockets("127.0.0.1", 0), self.stage, self._refuse, Look())
        self.host = self.screen.address.removeprefix("http://").rstrip("/")

    def _refuse(self, typed: TypedPin) -> Future[Answer]:
        self.typed.append((typed.room, typed.pin.get_secret_value()))
        future: Future[Answer] = Future()
        future.set_result(NO)
        return future

    @contextmanager
    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> Generator[http.client.HTTPResponse]:
        line = http.client.HTTPConnection(self.host, timeout=5)
        try:
            line.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            yield line.getresponse()
        finally:
            line.close()

    def status(self, method: str, path: str, body: str | None = None, **headers: str) -> int:
        with self.ask(method, path, body, **headers) as answer:
            return answer.status

    def type_pin(self, body: str, **headers: str) -> int:
        own = {"Origin": f"http://{self.host}", "Content_Type": "application/json"}
        return self.status("POST", "/pin", body, **{**own, **headers})


@pytest.fixture
def shown() -> Iterator[Shown]:
    shown = Shown()
    shown.screen.start()
    yield shown
    shown.screen.close()


def test_the_page_and_its_files_are_served_with_a_policy_that_allows_nothing_foreign(shown: Shown) -> None:
    for path in PAGES:
        with shown.ask("GET", path) as answer:
            assert answer.status == 200
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert b"style=" not in answer.read()


def test_nothing_else_is_served(shown: Shown) -> None:
    for path in ("/page.html/../server.py", "/static/page.html", "/../settings.py", "/events/x"):
        assert shown.status("GET", path) == 404
    assert shown.status("POST", "/", "{}", Origin=f"http://{shown.host}") == 404


def test_a_foreign_name_that_points_at_loopback_sees_no_picture(shown: Shown) -> None:
    shown.stage.picture(Picture(np.zeros((24, 32, 3), np.uint8)))
    assert shown.status("GET", "/picture.jpg", Host="evil.example") == 403
    assert shown.status("GET", "/picture.jpg", Origin="http://evil.example") == 403
    assert shown.status("GET", "/picture.jpg", Sec_Fetch_Site="cross-site") == 403
    assert shown.status("GET", "/picture.jpg") == 200


def test_a_foreign_page_types_no_pin(shown: Shown) -> None:
    body = json.dumps({"room": "1", "pin": "0000"})
    assert shown.type_pin(body, Origin="http://evil.example") == 403
    assert shown.status("POST", "/pin", body, Content_Type="application/json") == 403
    assert shown.type_pin(body, Content_Type="text/plain") == 404
    assert shown.typed == []


def test_a_typed_pin_goes_to_the_loop_and_its_answer_comes_back_in_both_languages(shown: Shown) -> None:
    own = {"Origin": f"http://{shown.host}", "Content_Type": "application/json"}
    with shown.ask("POST", "/pin", json.dumps({"room": "3-2-1201", "pin": "246810"}), **own) as answer:
        said = json.loads(answer.read())
    assert shown.typed == [("3-2-1201", "246810")]
    assert (said["outcome"], said["reason"], said["shape"]) == ("denied", "wrong_pin", "refused")
    assert said["text"]["zh"]["word"]
    assert said["text"]["en"]["remedy"]


@pytest.mark.parametrize("body", ["", "no json", "[]", '{"pin": "1"}', '{"pin": "1234", "x": 1}', "x" * 600])
def test_what_is_not_a_pin_never_reaches_the_loop(shown: Shown, body: str) -> None:
    assert shown.type_pin(body) == 400
    assert shown.typed == []


def test_a_picture_carries_its_faces_and_a_lost_camera_has_none(shown: Shown) -> None:
    assert shown.status("GET", "/picture.jpg") == 204
    shown.stage.picture(Picture(np.zeros((24, 32, 3), np.uint8), ((0.1, 0.2, 0.5, 0.75),)))
    with shown.ask("GET", "/picture.jpg?1") as answer:
        assert answer.headers["X-Faces"] == "0.1000,0.2000,0.5000,0.7500"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.read().startswith(b"\xff\xd8")


def test_answers_are_streamed_as_they_come(shown: Shown) -> None:
    with shown.ask("GET", "/events") as stream:
        first = json.loads(stream.readline().removeprefix(b"data: "))
        assert first["answer"] is None
        stream.readline()
        shown.stage.show(NO)
        assert json.loads(stream.readline().removeprefix(b"data: "))["answer"]["reason"] == "wrong_pin"


def test_a_closed_screen_ends_its_streams(shown: Shown) -> None:
    with shown.ask("GET", "/events") as stream:
        assert stream.readline().startswith(b"data: ")
        threading.Thread(target=shown.screen.close).start()
        stream.read()  # comes back: the stream is over


def test_more_connections_than_a_screen_can_want_are_refused(shown: Shown) -> None:
    lines = [http.client.HTTPConnection(shown.host, timeout=5) for _ in range(MOST_CONNECTIONS)]
    try:
        for line in lines:
            line.request("GET", "/events")
            assert line.getresponse().status == 200
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            shown.status("GET", "/")
    finally:
        for line in lines:
            line.close()
