"""A fetch that was cut off goes on where it was, over a real line."""

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import SecretStr

from contracts.roster import RosterBody, encode_roster
from contracts.sealing import seal
from gate.mqtt.fetch import Fetched, NotFetched, Server, ServerSettings, Trouble
from tests.gate.mqtt.test_fetch import GATE, KEY, a_body, a_manifest

LONG = RosterBody(a_body().roster.model_copy(update={"rows": [0] * 40_000}), bytes(320_000))
PLAIN = encode_roster(LONG)
SEALED = seal(KEY.public_key(), "roster", PLAIN)
CUT = 100_000


@dataclass
class Line:
    """What the server sends: each answer is cut off after `cuts` bytes; None lets it through."""

    cuts: list[int | None]
    sealed: bytes = SEALED
    tag: str = '"one"'
    asked: list[str | None] = field(default_factory=list)
    sent: int = 0


class Cutting(BaseHTTPRequestHandler):
    line: Line

    def do_GET(self) -> None:
        line = self.line
        line.asked.append(self.headers["Range"])
        begin = self._begin()
        rest = line.sealed[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("ETag", line.tag)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(line.sealed) - 1}/{len(line.sealed)}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        cut = line.cuts.pop(0) if line.cuts else None
        line.sent += len(rest[:cut])  # first: whoever has read it looks at the number
        self.wfile.write(rest[:cut])
        self.close_connection = True

    def _begin(self) -> int:
        asked = self.headers["Range"]
        same = self.headers["If-Range"] == self.line.tag
        return int(asked.removeprefix("bytes=").removesuffix("-")) if asked and same else 0

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it overrides
        """Says nothing."""


@pytest.fixture
def line() -> Line:
    return Line([])


@pytest.fixture
def server(line: Line, socket_enabled: None) -> Iterator[Server]:
    handler = type("Handler", (Cutting,), {"line": line})
    with HTTPServer(("127.0.0.1", 0), handler) as web:
        assert isinstance(web, socketserver.TCPServer)
        thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server = Server(
            ServerSettings(f"http://127.0.0.1:{web.server_address[1]}", SecretStr("credential")), GATE, KEY
        )
        yield server
        server.close()
        web.shutdown()
        thread.join()


def test_what_came_before_the_cut_is_not_sent_again(server: Server, line: Line) -> None:
    line.cuts = [CUT, 50_000]
    wanted = a_manifest(PLAIN)
    assert server.fetch(wanted) == NotFetched(Trouble.NOT_REACHED)
    assert server.fetch(wanted) == NotFetched(Trouble.NOT_REACHED)
    fetched = server.fetch(wanted)
    assert isinstance(fetched, Fetched)
    assert fetched.body == LONG
    assert line.asked == [None, f"bytes={CUT}-", f"bytes={CUT + 50_000}-"]
    assert line.sent == len(SEALED)


def test_a_body_that_is_another_by_then_begins_anew(server: Server, line: Line) -> None:
    line.cuts = [CUT]
    server.fetch(a_manifest(PLAIN))
    line.sealed, line.tag = seal(KEY.public_key(), "roster", PLAIN), '"two"'
    assert isinstance(server.fetch(a_manifest(PLAIN)), Fetched)
    assert line.sent == CUT + len(SEALED)


def test_a_newer_manifest_lets_go_of_the_part(server: Server, line: Line) -> None:
    line.cuts = [CUT]
    server.fetch(a_manifest(PLAIN))
    newer = RosterBody(LONG.roster, bytes(319_999) + b"x")
    line.sealed = seal(KEY.public_key(), "roster", encode_roster(newer))
    assert isinstance(server.fetch(a_manifest(encode_roster(newer))), Fetched)
    assert line.asked == [None, None]


def test_a_part_that_does_not_fit_is_thrown_away_and_the_next_try_begins_anew(
    server: Server, line: Line
) -> None:
    line.cuts = [CUT]
    server.fetch(a_manifest(PLAIN))
    line.sealed = seal(KEY.public_key(), "roster", PLAIN)  # other bytes under the same tag
    assert server.fetch(a_manifest(PLAIN)) == NotFetched(Trouble.NOT_FOR_US)
    assert isinstance(server.fetch(a_manifest(PLAIN)), Fetched)
    assert line.asked[-1] is None


def test_a_body_that_does_not_end_is_not_read_on(server: Server, line: Line) -> None:
    line.cuts = [CUT]
    server.fetch(a_manifest(PLAIN))
    line.sealed = SEALED + bytes(500_000)
    assert server.fetch(a_manifest(PLAIN)) == NotFetched(Trouble.WRONG_SIZE)
