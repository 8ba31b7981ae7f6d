"""Real brokers for tests marked `real`: nats-server and mosquitto, each on a random port of this machine.

    broker = Broker("nats", folder, {"gate-a": "secret"})
    broker.start(); broker.kill(); broker.start(); broker.stop()

`free_port` and `Broker.port` are known before the start, so that a client may try while there is no broker.
"""

import json
import secrets
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

Kind = Literal["nats", "mosquitto"]
READY_S = 20.0
FIRST_OF_ANYBODY, FIRST_OUTGOING = 20_000, 32_768  # net.ipv4.ip_local_port_range


def free_port() -> int:
    """Below those that the system gives to outgoing connections, of which one could be taken before it is used."""
    while True:
        port = secrets.randbelow(FIRST_OUTGOING - FIRST_OF_ANYBODY) + FIRST_OF_ANYBODY
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def program(kind: Kind) -> str | None:
    """Where the broker's program is; None where it is not installed."""
    if kind == "nats":
        beside_python = Path(sysconfig.get_path("scripts")) / "nats-server"
        return str(beside_python) if beside_python.exists() else shutil.which("nats-server")
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


class Broker:
    """One broker over one folder: its sessions and retained messages outlive `kill`."""

    def __init__(self, kind: Kind, folder: Path, users: Mapping[str, str]) -> None:
        """`users` are names and passwords; each may do everything."""
        self.kind: Kind = kind
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._command = (
            _nats(self.port, folder, users) if kind == "nats" else _mosquitto(self.port, folder, users)
        )

    def start(self) -> None:
        """Returns once the broker takes connections."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        until = time.monotonic() + READY_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
                return
            except OSError:
                time.sleep(0.02)  # there is nothing to wait on but the port
        raise RuntimeError(f"{self.kind} did not start: {(self._folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        self._end("terminate")

    def kill(self) -> None:
        """As a power cut of the broker's machine would."""
        self._end("kill")

    def _end(self, how: Literal["terminate", "kill"]) -> None:
        if self._process is not None:
            self._process.terminate() if how == "terminate" else self._process.kill()
            self._process.wait(timeout=20)
            self._process = None


def _nats(port: int, folder: Path, users: Mapping[str, str]) -> list[str]:
    config = {
        "server_name": "test",
        "host": "127.0.0.1",
        "port": free_port(),
        "jetstream": {"store_dir": str(folder / "store"), "sync_interval": "always"},
        "mqtt": {"host": "127.0.0.1", "port": port, "ack_wait": "1s"},
        "authorization": {"users": [{"user": name, "password": word} for name, word in users.items()]},
    }
    file = folder / "nats.conf"
    file.write_text(json.dumps(config))
    return [str(program("nats")), "-c", str(file)]


def _mosquitto(port: int, folder: Path, users: Mapping[str, str]) -> list[str]:
    passwords = folder / "passwords"
    passwords.write_text("".join(f"{name}:{word}\n" for name, word in users.items()))
    passwords.chmod(0o600)
    subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, capture_output=True)
    file = folder / "mosquitto.conf"
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous false",
        f"password_file {passwords}",
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_interval 1",
        "autosave_on_changes true",
        "max_queued_messages 20000",
        # Debian's mosquitto otherwise gives up root and cannot read a folder of a test.
        "user root",
    ]
    file.write_text("\n".join(lines) + "\n")
    return [str(program("mosquitto")), "-c", str(file)]
