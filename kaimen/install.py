"""Prepares one box: keys, database, settings of every process. Running it again changes nothing that is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from admin.db.consent_texts import ensure_consent_texts
from admin.db.migrate import upgrade
from admin.db.session import make_engine, writing
from admin.security.keys import make_sealing_key, make_secret, make_signing_key
from admin.web.staff.service import ensure_first_admin
from kaimen.broker import PID_FILE
from kaimen.gatefile import Table, write_toml
from kaimen.papers import Papers, make_papers
from kaimen.register import register_address
from kaimen.state import StateFolder

SIGNING: Final = (
    ("ingest", "receipt"),
    ("dispatch", "manifest"),
    ("dispatch", "order"),
    ("dispatch", "pass"),
)
SEALING: Final = (("web", "web"), ("worker", "worker"), ("dispatch", "dispatch"))


@dataclass(frozen=True, slots=True)
class Ports:
    """Where things listen; the gate's screen on loopback always."""

    web: int
    broker: int
    screen: int


@dataclass(frozen=True, slots=True)
class Installation:
    """A prepared box."""

    folder: StateFolder
    ports: Ports
    weights: Path
    engine: Engine
    one_time_password: str | None  # of the first administrator, shown once
    papers: Papers | None = None  # where other machines reach it: by TLS alone

    @property
    def host(self) -> str:
        """Where pages and broker listen."""
        return self.papers.host if self.papers else "127.0.0.1"

    @property
    def address(self) -> str:
        return f"{'https' if self.papers else 'http'}://{self.host}:{self.ports.web}"

    @property
    def screen_address(self) -> str:
        return f"http://127.0.0.1:{self.ports.screen}"


def prepare(
    folder: StateFolder, ports: Ports, weights: Path, now: datetime, lan: str | None = None
) -> Installation:
    """Makes what is missing: keys, tables, consent texts, the first administrator; with `lan` certificates for it."""
    _make_keys(folder)
    folder.database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(register_address(folder))
    upgrade(engine)
    with writing(engine) as session:
        ensure_consent_texts(session, now)
        password = ensure_first_admin(session, now)
    papers = make_papers(folder, lan, now) if lan else None
    return Installation(folder, ports, weights, engine, password, papers)


def write_server_settings(
    box: Installation, broker_passwords: Mapping[str, Path], access: Table | None = None
) -> None:
    """One file a process; secrets are files that they name. Without `access` the broker is the embedded one."""
    tables = _server_tables(box, broker_passwords)
    tables["dispatch"] = dict(tables["dispatch"]) | _broker_users(box, access)
    for process, table in tables.items():
        write_toml(box.folder.config(process), table)


def _make_keys(folder: StateFolder) -> None:
    for process, name in SIGNING:
        make_signing_key(folder.keys(process) / f"{name}.key", folder.public_keys / f"{name}.pub")
    for process, name in SEALING:
        make_sealing_key(folder.keys(process) / f"{name}.key", folder.public_keys / f"{name}.pub")
    make_secret(folder.keys("web") / "session.secret")
    make_secret(folder.keys("vault") / "master.key")


def _server_tables(box: Installation, passwords: Mapping[str, Path]) -> dict[str, Table]:
    folder = box.folder
    vault = {
        "templates": str(folder.root / "vault" / "templates.sqlite3"),
        "keys": str(folder.root / "keystore" / "keys.sqlite3"),
        "master_key": str(folder.keys("vault") / "master.key"),
    }
    return {
        "web": _common(folder, "web") | _web(box),
        "ingest": _common(folder, "ingest") | {"broker": _broker(box, "ingest", passwords)},
        "worker": _common(folder, "worker") | {"vault": vault, "weights": str(box.weights)},
        "dispatch": _common(folder, "dispatch")
        | {"broker": _broker(box, "dispatch", passwords), "vault": vault},
    }


def _common(folder: StateFolder, process: str) -> dict[str, object]:
    return {
        "database": register_address(folder),
        "own_keys": str(folder.keys(process)),
        "public_keys": str(folder.public_keys),
    }


def _web(box: Installation) -> dict[str, object]:
    table: dict[str, object] = {"host": box.host, "port": box.ports.web, "base_url": box.address}
    if box.papers is None:
        return table | {"secure_cookies": False}
    certificate, key = box.papers.certificate("web"), box.papers.key("web")
    return table | {"certificate_file": str(certificate), "key_file": str(key)}


def _broker(box: Installation, user: str, passwords: Mapping[str, Path]) -> Table:
    table: dict[str, object] = {"host": box.host, "port": box.ports.broker, "username": user}
    table["password_file"] = str(passwords[user])
    return table | dict(box.papers.shown_by(user)) if box.papers else table


def _broker_users(box: Installation, access: Table | None) -> dict[str, object]:
    """How dispatch keeps the broker's users, and where gates that join find it."""
    folder, tls = box.folder.broker, box.papers is not None
    embedded = {"kind": "nats", "folder": str(folder), "pid_file": str(folder / PID_FILE)}
    return {
        "broker_access": access or embedded,
        "broker_for_gates": {"host": box.host, "port": box.ports.broker, "tls": tls},
    }
