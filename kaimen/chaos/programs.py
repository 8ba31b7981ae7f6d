"""Processes that die and come back, as a service manager would bring them back."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from admin.dispatch.broker import DISPATCH, INGEST, BrokerUser, Rights
from contracts.topics import ORDER
from kaimen.broker import EmbeddedBroker
from kaimen.house import OF_A_CHILD
from kaimen.state import CannotStart, free_port
from kaimen.supervisor import Command, spawn

ANY: Final = 0  # port
AGAIN_S: Final = 0.3
STOP_S: Final = 10.0
READY_S: Final = 20.0
LOOK_S: Final = 0.02
EAR: Final = "ear"
"""The broker's user that hears every order and says some of them again."""
EAR_RIGHTS: Final = Rights(publish=(ORDER.everywhere,), subscribe=(ORDER.everywhere,))


class Program:
    """One process. `tend` starts it again when it has ended, unless it is held down."""

    def __init__(self, name: str, words: list[str], log: Path) -> None:
        self.command = Command(name, tuple(words), log, {**os.environ, **OF_A_CHILD})
        self._process: subprocess.Popen[bytes] | None = None
        self._ended_at: float | None = None
        self._held = 0

    @property
    def said(self) -> bytes:
        """Its log so far."""
        log = self.command.log
        return log.read_bytes() if log.exists() else b""

    def start(self) -> None:
        self._process = spawn(self.command)
        self._ended_at = None

    def kill(self) -> None:
        """As a power cut would end it; it stays down until `release`."""
        self._held += 1
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_S)

    def release(self) -> None:
        """It may live again, and does at once where nobody else holds it."""
        self._held = max(0, self._held - 1)
        if not self._held and not self._lives():
            self.start()

    def tend(self, now: float) -> None:
        """Starts it again some time after it has ended by itself."""
        if self._held or self._lives():
            return
        if self._ended_at is None:
            self._ended_at = now
        elif now - self._ended_at >= AGAIN_S:
            self.start()

    def stop(self) -> None:
        """In order; killed where it does not end."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_S)
        self._process = None

    def _lives(self) -> bool:
        return self._process is not None and self._process.poll() is None


class Broker(Protocol):
    """A broker's process and what it keeps."""

    port: int
    program: Program

    def lose_data(self) -> None:
        """Streams, sessions and retained messages are gone; the users stay. While it is down."""
        ...


class Nats:
    """The embedded broker, as `kaimen up` runs it."""

    def __init__(self, folder: Path, users: Mapping[str, str], gates: list[BrokerUser]) -> None:
        self.port, self._folder = free_port(ANY), folder
        broker = EmbeddedBroker(folder, self.port)
        broker.write(users[INGEST], users[DISPATCH])
        broker.access.grant(BrokerUser(EAR, users[EAR], EAR_RIGHTS))
        for gate in gates:
            broker.access.grant(gate)
        self.program = Program("broker", broker.command(), folder.parent / "logs" / "broker.log")

    def lose_data(self) -> None:
        shutil.rmtree(self._folder / "jetstream", ignore_errors=True)


class Mosquitto:
    """Debian's, saving its state on every change. Who may say what is tested elsewhere: here users have passwords."""

    def __init__(self, folder: Path, users: Mapping[str, str], gates: list[BrokerUser]) -> None:
        """Raises CannotStart where it is not installed."""
        self.port, self._folder = free_port(ANY), folder
        server, passwd = _debian("mosquitto"), _debian("mosquitto_passwd")
        folder.mkdir(parents=True, exist_ok=True)
        passwords = folder / "passwords"
        known = {**users, **{gate.name: gate.password for gate in gates}}
        passwords.write_text("".join(f"{name}:{word}\n" for name, word in known.items()))
        passwords.chmod(0o600)
        subprocess.run([passwd, "-U", str(passwords)], check=True, capture_output=True)
        settings = folder / "mosquitto.conf"
        settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\nset_tcp_nodelay true\n"
            f"password_file {passwords}\nuser root\npersistence true\npersistence_location {folder}/\n"
            "autosave_on_changes true\nautosave_interval 1\n"
            "message_size_limit 65536\nmax_queued_messages 100000\nmax_inflight_messages 1000\n"
        )
        self.program = Program("broker", [server, "-c", str(settings)], folder.parent / "logs" / "broker.log")

    def lose_data(self) -> None:
        (self._folder / "mosquitto.db").unlink(missing_ok=True)


def wait_for_port(port: int) -> None:
    """Raises CannotStart."""
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(LOOK_S)
    raise CannotStart(f"Nothing listens on port {port}. The logs say more.")


def _debian(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise CannotStart(f"{name} is missing. `make test` installs it, or choose --broker nats.")
    return found
