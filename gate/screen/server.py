"""The page's server: standard library, loopback, its own files only."""

import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswerYet
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Final

import cv2
from pydantic import BaseModel, ValidationError

from gate.screen.messages import Look, PageAnswer, PageBoard, TypedPin
from gate.screen.stage import Answer, Picture, Stage

LARGEST_BODY: Final = 512  # bytes
LONGEST_WAIT_S: Final = 5.0  # for the answer to a PIN: longer than a claim of a pass may take
KEEP_ALIVE_S: Final = 10.0
PICTURE_WIDTH: Final = 720
JPEG_QUALITY: Final = 78
MOST_CONNECTIONS: Final = 24

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PAGES: Final = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/favicon.ico": ("door.svg", "image/svg+xml"),
}

AskLoop = Callable[[TypedPin], Future[Answer]]
"""Hands a typed PIN to the loop; the future is the loop's answer."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where the page listens; port 0 takes a free one."""

    host: str
    port: int


class Screen:
    """The page, served from threads of its own until `close`."""

    def __init__(self, sockets: Sockets, stage: Stage, ask: AskLoop, look: Look) -> None:
        """Raises OSError where the port is taken."""
        self._stage = stage
        self._server = _Server((sockets.host, sockets.port), _Page)
        self._server.room = _Room(stage, ask, look, _own_names(sockets.host, self._server.server_port))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="screen", daemon=True
        )
        self.address = f"http://{_bracketed(sockets.host)}:{self._server.server_port}/"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends the page; open streams end within a moment."""
        self._stage.close()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True, slots=True)
class _Room:
    """What every request of one screen shares."""

    stage: Stage
    ask: AskLoop
    look: Look
    hosts: frozenset[str]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    room: _Room

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.free = threading.Semaphore(MOST_CONNECTIONS)
        self.typing = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: object, client_address: object) -> None:
        """Refuses more connections than a screen can want, instead of a thread for each."""
        if self.free.acquire(blocking=False):
            super().process_request(request, client_address)  # pyright: ignore[reportArgumentType]
        else:
            self.shutdown_request(request)  # pyright: ignore[reportArgumentType]

    def process_request_thread(self, request: object, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)  # pyright: ignore[reportArgumentType]
        finally:
            self.free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away in the middle is no trouble, and nothing of a request is printed."""


class _Page(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "kaimen", ""
    timeout = 30
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        if not self._is_own():
            return
        if self.path == "/events":
            self._stream()
        elif self.path.split("?")[0] == "/picture.jpg":
            self._picture()
        elif self.path in PAGES:
            name, kind = PAGES[self.path]
            self._answer(HTTPStatus.OK, kind, (files("gate.screen") / "static" / name).read_bytes())
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        if not self._is_own():
            return
        is_pin = self.path == "/pin" and self.headers.get("Content-Type", "") == "application/json"
        if not (is_pin and self.server.room.look.pin):
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        typed = self._typed()
        if typed is None:
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif self.server.typing.acquire(blocking=False):
            try:
                self._try(typed)
            finally:
                self.server.typing.release()
        else:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Requests are not logged: their bodies are PINs, their answers faces."""

    def _is_own(self) -> bool:
        """Only the page itself: a name that somebody's DNS points at loopback is not ours (rebinding)."""
        hosts = self.server.room.hosts
        origin = self.headers.get("Origin")
        own = self.headers.get("Host") in hosts and self.headers.get_all("Host", [])[1:] == []
        same = (origin is None and self.command == "GET") or origin in {f"http://{host}" for host in hosts}
        alone = self.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}
        if not (own and same and alone):
            self._refuse(HTTPStatus.FORBIDDEN)
        return own and same and alone

    def _typed(self) -> TypedPin | None:
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 < length <= LARGEST_BODY:
                return None
            return TypedPin.model_validate_json(self.rfile.read(length))
        except (ValueError, ValidationError):
            return None

    def _try(self, typed: TypedPin) -> None:
        try:
            answer = self.server.room.ask(typed).result(LONGEST_WAIT_S)
        except NoAnswerYet:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._json(PageAnswer.of(answer))

    def _picture(self) -> None:
        picture = self.server.room.stage.newest_picture()
        if picture is None:
            self._answer(HTTPStatus.NO_CONTENT, None, b"")
            return
        faces = ";".join(",".join(f"{share:.4f}" for share in face) for face in picture.faces)
        self._answer(HTTPStatus.OK, "image/jpeg", as_jpeg(picture), {"X-Faces": faces})

    def _stream(self) -> None:
        """Server-sent events: the whole board at once, then after every change."""
        self._head(HTTPStatus.OK, {"Content-Type": "text/event-stream", "Connection": "close"})
        self.close_connection = True
        room, seen = self.server.room, -1
        while not room.stage.is_closed:
            board = room.stage.wait(seen, KEEP_ALIVE_S)
            seen = board.change
            page = PageBoard.of(board, min(room.stage.age_s(board), 3600.0), room.look)
            self.wfile.write(f"data: {page.model_dump_json()}\n\n".encode())
            self.wfile.flush()

    def _json(self, content: BaseModel) -> None:
        self._answer(HTTPStatus.OK, "application/json", content.model_dump_json().encode())

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # what else was sent with a refused request is not read
        self._answer(status, "text/plain; charset=utf-8", f"{status.phrase}\n".encode())

    def _answer(
        self, status: HTTPStatus, kind: str | None, body: bytes, more: Mapping[str, str] | None = None
    ) -> None:
        head = {"Content-Length": str(len(body)), **(more or {})}
        self._head(status, {**head, "Content-Type": kind} if kind else head)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **headers}.items():
            self.send_header(name, value)
        if self.close_connection and "Connection" not in headers:
            self.send_header("Connection", "close")
        self.end_headers()


def as_jpeg(picture: Picture) -> bytes:
    """The picture, at most 720 pixels wide."""
    height, width = picture.pixels.shape[:2]
    pixels = picture.pixels
    if width > PICTURE_WIDTH:
        size = (PICTURE_WIDTH, round(height * PICTURE_WIDTH / width))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encoded.tobytes()


def _own_names(host: str, port: int) -> frozenset[str]:
    return frozenset({f"{_bracketed(host)}:{port}", f"localhost:{port}"})


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
