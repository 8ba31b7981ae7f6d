"""One trial's world: a register, a broker, ingest, dispatch and gates, each behind a line that can be cut."""

import secrets
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine

from admin.db.base import Base
from admin.db.session import make_engine, writing
from admin.db.tables import Account, Compound, Place, Server
from admin.dispatch.broker import DISPATCH, INGEST
from admin.dispatch.provision import GateSecrets, NewGate, register_gate
from admin.security.keys import (
    load_seal_public,
    load_secret,
    make_sealing_key,
    make_secret,
    make_signing_key,
    write_private,
)
from admin.security.principals import process
from bench.postgresql import PostgreSql
from contracts.ids import GateId
from contracts.signing import key_id_of
from contracts.words import Direction
from kaimen.chaos.plan import Cast
from kaimen.chaos.programs import EAR, Broker, Mosquitto, Nats, Program
from kaimen.chaos.proxy import Proxy
from kaimen.chaos.relay import Relays
from kaimen.chaos.walls import SmallDisk
from kaimen.gatefile import write_toml
from kaimen.install import SIGNING

BrokerKind = Literal["nats", "mosquitto"]
BROKERS: Final[Mapping[BrokerKind, type[Nats | Mosquitto]]] = {"nats": Nats, "mosquitto": Mosquitto}
GATES: Final = ("gate-0", "gate-1")
COMPOUND: Final = "chaos"
BUSY_S: Final = 5.0


class Database(Protocol):
    """The register's database, and how it is hurt."""

    url: str

    def hurt(self) -> None: ...

    def heal(self) -> None: ...


class SqliteFile:
    """Hurt by whoever holds the writers' lock."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "register.sqlite3"
        self.url = f"sqlite:///{self._path}"
        self._lock: sqlite3.Connection | None = None

    def hurt(self) -> None:
        if self._lock is None:
            self._lock = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
            self._lock.execute("BEGIN IMMEDIATE")

    def heal(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class PostgreSqlServer:
    """Hurt by stopping it as a crash would."""

    def __init__(self, server: PostgreSql) -> None:
        self._server, self.url, self._down = server, server.address, False

    def hurt(self) -> None:
        if not self._down:
            self._server.stop("immediate")
            self._down = True

    def heal(self) -> None:
        if self._down:
            self._server.start()
            self._down = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who comes to each gate: one every `each_s` on average, until the trial closes its gates."""

    seed: int
    each_s: float


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a trial keeps what."""

    root: Path

    @property
    def public(self) -> Path:
        return self.root / "public"

    @property
    def closed(self) -> Path:
        """Once this file is there nobody comes to a gate any more."""
        return self.root / "closed"

    def own(self, name: str) -> Path:
        return self.root / name

    def state(self, gate: str) -> Path:
        return self.root / gate / "state"

    def journal(self, gate: str) -> Path:
        return self.state(gate) / "journal.sqlite3"

    def witness(self, gate: str) -> Path:
        return self.root / gate / "witness"


@dataclass(slots=True)
class World:
    """Built, and not yet started."""

    paths: Paths
    engine: Engine
    database: Database
    account: int
    words: dict[str, str]
    broker: Broker
    relays: Relays
    lines: dict[str, Proxy]
    programs: dict[str, Program]
    disks: dict[str, SmallDisk] = field(default_factory=dict[str, SmallDisk])

    @property
    def cast(self) -> Cast:
        return Cast(tuple(self.programs), tuple(self.lines), tuple(self.disks))

    def close(self) -> None:
        """Ends every process, gates first, and lets go of lines and disks."""
        for name in reversed(list(self.programs)):
            self.programs[name].stop()
        self.database.heal()
        self.engine.dispose()
        self.relays.close()
        for line in self.lines.values():
            line.close()
        for disk in self.disks.values():
            disk.close()


def build_world(paths: Paths, kind: BrokerKind, database: Database, traffic: Traffic, disks: bool) -> World:
    """Register, keys and settings of every process. Raises CannotStart, and OSError where a disk cannot be had."""
    small = {gate: SmallDisk(paths.state(gate)) for gate in GATES} if disks else {}
    engine = make_engine(database.url)
    account = _register(engine)
    _make_keys(paths)
    gates = [_add_gate(paths, engine, name) for name in GATES]
    words = {name: secrets.token_urlsafe(32) for name in (INGEST, DISPATCH, EAR)}
    broker = BROKERS[kind](paths.own("broker"), words, [gate.broker for gate in gates])
    lines = {name: Proxy(broker.port, traffic.seed) for name in (INGEST, DISPATCH, *GATES)}
    relays = Relays({gate: paths.journal(gate) for gate in GATES})
    _write_settings(paths, database.url, words, lines)
    programs = {"broker": broker.program}
    programs |= {name: _server_program(paths, name) for name in (INGEST, DISPATCH)}
    for gate in gates:
        write_toml(
            paths.own(gate.gate) / "gate.toml",
            _gate_settings(paths, gate, lines[gate.gate].port, relays.port),
        )
        programs[gate.gate] = _gate_program(paths, gate.gate, traffic)
    return World(paths, engine, database, account, words, broker, relays, lines, programs, small)


def _register(engine: Engine) -> int:
    """One compound and one person at the desk, whose number is given back."""
    Base.metadata.create_all(engine)
    with writing(engine) as session:
        session.add(Server(id=1, generation=1, revision=1))
        session.add(Place(id=1, kind="compound", name_zh="试验", name_en="Trial", path="/1/"))
        session.flush()
        session.add(Compound(place_id=1, wire_id=COMPOUND, operator_zh="无", operator_en="None", phone="0"))
        guard = Account(
            login="guard",
            name="guard",
            password_hash="-",  # noqa: S106 - nobody logs in
            role="guard",
            session_number=1,
            added_at=datetime.now(UTC),
        )
        session.add(guard)
        session.flush()
        return guard.id


def _make_keys(paths: Paths) -> None:
    for owner, name in SIGNING:
        make_signing_key(paths.own(owner) / f"{name}.key", paths.public / f"{name}.pub")
    for owner in (DISPATCH, "web"):
        make_sealing_key(paths.own(owner) / f"{owner}.key", paths.public / f"{owner}.pub")
    make_secret(paths.own("vault") / "master.key")


def _add_gate(paths: Paths, engine: Engine, name: str) -> GateSecrets:
    own = paths.own(name)
    make_sealing_key(own / "gate.key", own / "gate.pub")
    new = NewGate(GateId(name), 1, "门", "Gate", Direction.IN, load_seal_public(own / "gate.pub"))
    with writing(engine) as session:
        secrets_ = register_gate(session, new, process("chaos"), datetime.now(UTC))
    write_private(own / "credential", secrets_.credential.encode())
    write_private(own / "broker", secrets_.broker.password.encode())
    return secrets_


def _write_settings(paths: Paths, url: str, words: Mapping[str, str], lines: Mapping[str, Proxy]) -> None:
    vault = {
        "templates": str(paths.own("vault") / "templates.sqlite3"),
        "keys": str(paths.own("vault") / "keys.sqlite3"),
        "master_key": str(paths.own("vault") / "master.key"),
    }
    for name, more in ((INGEST, {}), (DISPATCH, {"vault": vault})):
        password = paths.own(name) / "broker.password"
        write_private(password, words[name].encode())
        broker = {"port": lines[name].port, "username": name, "password_file": str(password)}
        common = {"database": url, "own_keys": str(paths.own(name)), "public_keys": str(paths.public)}
        write_toml(paths.own(name) / f"{name}.toml", {**common, "broker": broker, **more})


def _gate_settings(paths: Paths, gate: GateSecrets, line: int, relays: int) -> dict[str, object]:
    own, user = paths.own(gate.gate), gate.broker
    return {
        "compound": str(gate.compound),
        "gate": str(gate.gate),
        "camera": "0",
        "state_folder": str(paths.state(gate.gate)),
        "weights_folder": str(own),
        "second_credentials": ["pin"],
        # No pages run here: who may pass is not what is tried.
        "server": {"url": "http://127.0.0.1:1", "credential_file": str(own / "credential")},
        "broker": {
            "host": "127.0.0.1",
            "port": line,
            "user": user.name,
            "password_file": str(own / "broker"),
        },
        "keys": {
            "own_file": str(own / "gate.key"),
            **{
                name: [_public_key(paths.public / f"{name}.pub")] for name in ("receipt", "manifest", "order")
            },
        },
        "door": {
            "kind": "http",
            "url": f"http://127.0.0.1:{relays}/{gate.gate}",
            "pulse_seconds": 1.0,
            "mechanical_exit": True,
        },
        "screen": {"port": 0},
    }


def _server_program(paths: Paths, name: str) -> Program:
    words = [sys.executable, "-m", f"admin.{name}", "--config", str(paths.own(name) / f"{name}.toml")]
    return Program(name, words, paths.own("logs") / f"{name}.log")


def _gate_program(paths: Paths, gate: str, traffic: Traffic) -> Program:
    words = [sys.executable, "-m", "kaimen.chaos.gate", "--config", str(paths.own(gate) / "gate.toml")]
    words += ["--witness", str(paths.witness(gate)), "--closed", str(paths.closed)]
    words += ["--each", str(traffic.each_s), "--seed", str(traffic.seed)]
    return Program(gate, words, paths.own("logs") / f"{gate}.log")


def _public_key(path: Path) -> dict[str, str]:
    public = Ed25519PublicKey.from_public_bytes(load_secret(path))
    return {"id": str(key_id_of(public)), "public": path.read_text().strip()}
