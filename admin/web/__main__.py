"""`python -m admin.web --config web.toml`: one gunicorn worker on gevent, stopped gently by TERM or INT."""

import argparse
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication

from admin.logs import start_log
from admin.settings import WebSettings, WrongSettings

if TYPE_CHECKING:
    from flask import Flask

STOP_SECONDS = 5
HANDSHAKE_SECONDS = 10.0


class Handshakes:
    """All that gevent's server asks of an SSLContext. Who connects and says nothing is not waited for."""

    def __init__(self, context: ssl.SSLContext, seconds: float = HANDSHAKE_SECONDS) -> None:
        self._context, self._seconds = context, seconds

    def wrap_socket(self, sock: socket.socket, *, server_side: bool) -> ssl.SSLSocket:
        """Raises SSLError, also where it takes too long."""
        from gevent import Timeout  # in the worker alone: see Served

        with Timeout(self._seconds, ssl.SSLError("no handshake in time")):
            return self._context.wrap_socket(sock, server_side=server_side)


class Served(BaseApplication):
    """gunicorn around the app. The app is imported in the worker, after gevent has patched the sockets."""

    def __init__(self, settings: WebSettings) -> None:
        self.kaimen = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"{self.kaimen.host}:{self.kaimen.port}",
            "workers": 1,
            "worker_class": "gevent",
            "worker_connections": 500,
            "graceful_timeout": STOP_SECONDS,
            "timeout": 120,
            "keepalive": 30,
            "proc_name": "kaimen-web",
            "limit_request_line": 4094,
            "loglevel": "warning",
            "accesslog": None,  # addresses hold what people searched for
            "errorlog": "-",
            **_tls(self.kaimen),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> "Flask":  # pyright: ignore[reportIncompatibleMethodOverride] # Flask is WSGI
        from gevent.hub import Hub

        from admin.web.app import create_app  # in the worker alone: see the class
        from admin.web.ground import Surroundings, in_gevent_threads, on_gevents_clock

        # Whoever fails to shake hands would write a traceback into the log each time.
        Hub.NOT_ERROR = (*Hub.NOT_ERROR, ssl.SSLError)
        return create_app(self.kaimen, Surroundings(aside=in_gevent_threads, patience=on_gevents_clock))


def _tls(settings: WebSettings) -> dict[str, object]:
    """HTTPS where there is a certificate, TLS 1.2 or later."""
    if settings.certificate_file is None:
        return {}

    def context(_config: object, usual: Callable[[], ssl.SSLContext]) -> Handshakes:
        made = usual()
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        return Handshakes(made)

    return {
        "certfile": str(settings.certificate_file),
        "keyfile": str(settings.key_file),
        "ssl_context": context,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m admin.web", description="Kaimen's pages.")
    parser.add_argument("--config", type=Path, required=True, help="web.toml, see docs/operations.md")
    path = parser.parse_args().config
    start_log("web")
    try:
        settings = WebSettings.read(path)
    except WrongSettings as wrong:
        parser.exit(2, f"{wrong}\n")
    Served(settings).run()


if __name__ == "__main__":
    main()
