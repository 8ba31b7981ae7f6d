"""The certificates of one box that is reached from others: its own authority once, all else anew at each start."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from admin.dispatch.broker import DISPATCH, INGEST
from admin.security.authority import (
    AUTHORITY_CERTIFICATE,
    IssuedCertificate,
    load_authority,
    make_authority,
)
from admin.security.keys import write_private
from kaimen.state import CannotStart, StateFolder

SERVERS: Final = ("web", "broker")
CLIENTS: Final = (INGEST, DISPATCH)
NAME: Final = "Kaimen 开门"


@dataclass(frozen=True, slots=True)
class Papers:
    """Certificates and keys as PEM files, each beside the other keys of its owner."""

    folder: StateFolder
    host: str
    fingerprint: str  # of the authority's certificate, SHA-256

    @property
    def authority(self) -> Path:
        return self.folder.public_keys / AUTHORITY_CERTIFICATE

    def certificate(self, owner: str) -> Path:
        return self.folder.keys(owner) / "tls.crt"

    def key(self, owner: str) -> Path:
        return self.folder.keys(owner) / "tls.key"

    def shown_by(self, owner: str) -> Mapping[str, str]:
        """The lines of a broker's table that make the owner believe the broker and show itself."""
        return {
            "ca_file": str(self.authority),
            "certificate_file": str(self.certificate(owner)),
            "key_file": str(self.key(owner)),
        }

    def make_client(self, owner: str, user: str, now: datetime) -> None:
        """A new certificate for what comes to the broker as `user`."""
        self._write(owner, load_authority(self.folder.keys("dispatch")).client_certificate(user, now))

    def make_server(self, owner: str, now: datetime) -> None:
        """A new certificate for what is reached under the host's name."""
        self._write(owner, load_authority(self.folder.keys("dispatch")).server_certificate([self.host], now))

    def _write(self, owner: str, issued: IssuedCertificate) -> None:
        write_private(self.key(owner), issued.key)
        write_private(self.certificate(owner), issued.chain)


def make_papers(folder: StateFolder, host: str, now: datetime) -> Papers:
    """For every process of the server. The authority's key stays in dispatch's folder."""
    make_authority(folder.keys("dispatch"), folder.public_keys, NAME, now)
    papers = Papers(folder, host, load_authority(folder.keys("dispatch")).fingerprint)
    for server in SERVERS:
        papers.make_server(server, now)
    for client in CLIENTS:
        papers.make_client(client, client, now)
    return papers


def own_address() -> str:
    """The address under which others on the network reach this machine; raises CannotStart where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: this asks the routing table alone
            return str(probe.getsockname()[0])
        except OSError:
            raise CannotStart(
                "This machine's address on the network was not found. Say it: --lan 192.168.1.10"
            ) from None
