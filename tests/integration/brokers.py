"""Real brokers as Kaimen runs them, each in its own folder and on its own loopback port."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import psutil
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from admin.dispatch.broker import (
    DISPATCH,
    INGEST,
    BrokerAccess,
    BrokerUser,
    dispatch_rights,
    ingest_rights,
)
from admin.dispatch.broker_mosquitto import KEEPER, MosquittoAccess, first_users
from admin.security.authority import AUTHORITY_CERTIFICATE, load_authority, make_authority
from admin.security.client_id import GATE_USERS
from admin.settings import BrokerSettings
from contracts.ids import GateId
from kaimen.broker import BrokerFiles, EmbeddedBroker
from tests.brokers import free_port

PATIENCE_S = 30.0
PASSWORD = "a-password-of-a-test"
DEVNULL = subprocess.DEVNULL


def until(what: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Waits for another process; fails when it takes too long."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Papers:
    """An authority and what it signed, as PEM files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ca = folder, folder / AUTHORITY_CERTIFICATE
        make_authority(folder, folder, "Kaimen test", datetime.now(UTC))
        self.authority = load_authority(folder)

    def server(self) -> BrokerFiles:
        issued = self.authority.server_certificate(["127.0.0.1", "localhost"], datetime.now(UTC))
        return BrokerFiles(*self._written("server", issued.chain, issued.key), self.ca)

    def client(self, name: str) -> tuple[Path, Path]:
        """Certificate and key, made once a name."""
        if (self.folder / f"{name}.crt").exists():
            return self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if name.startswith(GATE_USERS):
            return self._written(name, *self._as_a_box_asks(GateId(name.removeprefix(GATE_USERS))))
        issued = self.authority.client_certificate(name, datetime.now(UTC))
        return self._written(name, issued.chain, issued.key)

    def _as_a_box_asks(self, gate: GateId) -> tuple[bytes, bytes]:
        """A gate's certificate for a key that never left its box, and that key."""
        key = ec.generate_private_key(ec.SECP256R1())
        wish = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256())
        pem = self.authority.gate_certificate(wish.public_bytes(Encoding.PEM), gate, datetime.now(UTC))
        return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def context(self, name: str | None) -> ssl.SSLContext:
        """Shows the certificate of that name, or none."""
        context = ssl.create_default_context(cafile=self.ca)
        if name is not None:
            context.load_cert_chain(*self.client(name))
        return context

    def settings(self, port: int, name: str, password_file: Path) -> BrokerSettings:
        """As whom a process of the server comes."""
        certificate, key = self.client(name)
        return BrokerSettings(
            port=port,
            username=name,
            password_file=password_file,
            ca_file=self.ca,
            certificate_file=certificate,
            key_file=key,
        )

    def _written(self, name: str, chain: bytes, key: bytes) -> tuple[Path, Path]:
        files = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        for file, content in zip(files, (chain, key), strict=True):
            file.write_bytes(content)
        return files


class Broker(Protocol):
    """A broker that can be stopped, killed and started again with what it kept."""

    port: int
    papers: Papers | None  # where it asks for certificates

    @property
    def access(self) -> BrokerAccess: ...

    def start(self) -> None: ...

    def stop(self, number: int = signal.SIGTERM) -> None: ...

    def lose_data(self) -> None:
        """Stream, sessions and retained messages are gone; the users stay."""
        ...


class Program:
    """One child process, ended by its own id."""

    def __init__(self, words: list[str], log: Path) -> None:
        self.words, self.log = words, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.words, stdout=log, stderr=log, stdin=DEVNULL)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None

    @property
    def rss_mb(self) -> float:
        assert self.process is not None
        return psutil.Process(self.process.pid).memory_info().rss / 1e6


class Nats(Program):
    """The embedded broker, on loopback without TLS."""

    papers: Papers | None = None

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        tls = self.papers.server() if self.papers else None
        self._embedded = EmbeddedBroker(folder, self.port, tls=tls)
        self._embedded.write(PASSWORD, PASSWORD)
        super().__init__(self._embedded.command(), folder / "log")

    @property
    def access(self) -> BrokerAccess:
        return self._embedded.access

    def lose_data(self) -> None:
        shutil.rmtree(self.log.parent / "jetstream")

    def start(self) -> None:
        super().start()
        until(lambda: listens(self.port))


class CertifiedNats(Nats):
    """The embedded broker as it is reached from other machines."""

    def __init__(self, folder: Path) -> None:
        self.papers = Papers(folder / "papers")
        super().__init__(folder)


class Mosquitto(Program):
    """As operations run it, on loopback: by deploy/mosquitto.conf."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.papers: Papers | None = Papers(folder / "papers")
        users = (
            BrokerUser(INGEST, PASSWORD, ingest_rights()),
            BrokerUser(DISPATCH, PASSWORD, dispatch_rights()),
        )
        (folder / "dynamic-security.json").write_bytes(first_users(users, PASSWORD))
        files = self.papers.server()
        settings = folder / "mosquitto.conf"
        settings.write_text(deployed_mosquitto(folder, self.port, files) + "user root\n")
        (folder / "keeper.password").write_text(PASSWORD)
        super().__init__([_mosquitto(), "-c", str(settings)], folder / "log")

    @property
    def access(self) -> BrokerAccess:
        assert self.papers is not None
        return MosquittoAccess(self.papers.settings(self.port, KEEPER, self.log.parent / "keeper.password"))

    def lose_data(self) -> None:
        (self.log.parent / "mosquitto.db").unlink()

    def start(self) -> None:
        super().start()
        until(lambda: listens(self.port))


DEPLOYED = Path(__file__).parents[2] / "deploy" / "mosquitto.conf"


def deployed_mosquitto(folder: Path, port: int, files: BrokerFiles) -> str:
    """The configuration that is shipped, in another folder and on another port."""
    text = DEPLOYED.read_text()
    for shipped, here in {
        "listener 8883": f"listener {port} 127.0.0.1",
        "/etc/mosquitto/kaimen/server.crt": str(files.certificate),
        "/etc/mosquitto/kaimen/server.key": str(files.key),
        "/etc/mosquitto/kaimen/ca.crt": str(files.authority),
        "/var/lib/mosquitto/": f"{folder}/",
        "/run/mosquitto/mosquitto.pid": f"{folder}/pid",
    }.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    return text


def _mosquitto() -> str:
    found = next(
        (path for path in ("/usr/sbin/mosquitto", "/usr/bin/mosquitto") if os.access(path, os.X_OK)), None
    )
    assert found is not None, "mosquitto is missing: `make test` installs it"
    return found
