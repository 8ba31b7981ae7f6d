"""The doors' relays: over HTTP, outside the gates. Each pulse is noted with the record that stood for it just then."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kaimen.chaos.journals import waiting


@dataclass(frozen=True, slots=True)
class Pulse:
    """A door that was unlocked, by the machine's monotonic clock, which is the gate's.

    `passage` is the id that the gate's journal had committed as waiting for its pulse; None where it had none.
    """

    gate: str
    at_ms: int
    passage: str | None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A gate that was killed hears no answer: nothing to print."""


class Relays:
    """One address a gate: `http://127.0.0.1:{port}/{gate}`. Answers every pulse."""

    def __init__(self, journals: Mapping[str, Path]) -> None:
        """`journals` are the gates' files, read and never written."""
        self._journals, self._lock = journals, threading.Lock()
        self._pulses: list[Pulse] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="relays", daemon=True)
        self._thread.start()

    @property
    def pulses(self) -> list[Pulse]:
        """So far, in order."""
        with self._lock:
            return list(self._pulses)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def pulse(self, gate: str) -> None:
        """Notes that a door is unlocked now."""
        at_ms = int(time.monotonic() * 1000)
        seen = Pulse(gate, at_ms, waiting(self._journals[gate]))
        with self._lock:
            self._pulses.append(seen)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        relays = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if asked["seconds"] > 0:
                    relays.pulse(self.path.strip("/"))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Pulses are kept, not printed."""

        return Handler
