"""Settings of the server's four processes: one frozen value each, read once from a TOML file."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from contracts.loopback import is_loopback

Port = Annotated[int, Field(ge=1, le=65535)]


class WrongSettings(Exception):
    """A settings file that cannot be used; names the file and each key, never a value."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        super().__init__(f"Settings {path}: " + "; ".join(faults))
        self.path, self.faults = path, faults


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BrokerSettings(Frozen):
    """Where the broker listens, and as whom to come."""

    host: str = "127.0.0.1"
    port: Port
    username: str
    password_file: Path
    # TLS where set; without it only loopback is allowed.
    ca_file: Path | None = None
    certificate_file: Path | None = None  # the process' own, which the broker asks for
    key_file: Path | None = None

    @model_validator(mode="after")
    def _guards_the_way(self) -> Self:
        if self.ca_file is None and not is_loopback(self.host):
            raise ValueError("off loopback the broker is reached by TLS alone: set ca_file")
        _go_together(self.certificate_file, self.key_file)
        if self.certificate_file is not None and self.ca_file is None:
            raise ValueError("a certificate is shown over TLS alone: set ca_file")
        return self


class NatsAccessSettings(Frozen):
    """The users of a NATS server: files that its configuration includes."""

    kind: Literal["nats"]
    folder: Path
    pid_file: Path


class MosquittoAccessSettings(BrokerSettings):
    """The users of Mosquitto: as whom to speak to its dynamic-security plugin."""

    kind: Literal["mosquitto"]


class BrokerForGates(Frozen):
    """Where a gate that joins finds the broker. With `tls` it shows the certificate that dispatch signs for it."""

    host: str
    port: Port
    tls: bool = True

    @model_validator(mode="after")
    def _guards_the_way(self) -> Self:
        if not (self.tls or is_loopback(self.host)):
            raise ValueError("off loopback gates reach the broker by TLS alone: set tls = true")
        return self


class ProcessSettings(Frozen):
    """What every process of the server needs. Folders hold key files named in `admin.security.keys`."""

    database: str  # an SQLAlchemy URL of SQLite or PostgreSQL; off this machine by verified TLS alone
    own_keys: Path  # private halves: this process alone can read the folder
    # Public halves of all: receipt.pub manifest.pub order.pub pass.pub web.pub worker.pub dispatch.pub
    public_keys: Path

    @field_validator("database")
    @classmethod
    def _guards_the_way_to_the_register(cls, database: str) -> str:
        if not _stays_private(database):
            raise ValueError(
                "off this machine PostgreSQL is reached by TLS alone, with the server's certificate verified: "
                "add ?sslmode=verify-full&sslrootcert=FILE"
            )
        return database

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises WrongSettings with the remedy for an absent file, an unknown key, a missing or a wrong one."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise WrongSettings(
                path, ["no such file; `kaimen up` writes one, docs/operations.md shows one"]
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
            raise WrongSettings(path, [f"not TOML: {wrong}"]) from None
        except ValidationError as wrong:
            faults = wrong.errors(include_input=False, include_url=False, include_context=False)
            raise WrongSettings(
                path, [_fault(one["loc"], one["type"], one["msg"]) for one in faults]
            ) from None


class WebSettings(ProcessSettings):
    """Own keys: web.key (X25519), session.secret."""

    host: str = "127.0.0.1"
    port: Port = 8750
    base_url: str  # what links in messages and QR codes begin with
    certificate_file: Path | None = None  # of this server and its authority, PEM: pages come by HTTPS
    key_file: Path | None = None
    # Off loopback without a certificate, where a proxy on a line of its own has one.
    allow_cleartext: bool = False
    secure_cookies: bool = True  # off only for http on loopback
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0

    @model_validator(mode="after")
    def _guards_the_way(self) -> Self:
        _go_together(self.certificate_file, self.key_file)
        if self.certificate_file is None and not (self.allow_cleartext or is_loopback(self.host)):
            raise ValueError("off loopback pages are served by HTTPS: set certificate_file and key_file")
        return self


class IngestSettings(ProcessSettings):
    """Own keys: receipt.key (Ed25519)."""

    broker: BrokerSettings


class VaultSettings(Frozen):
    """The vault's two stores. Keys lie outside every backup that holds the templates."""

    templates: Path
    keys: Path
    master_key: Path


class WorkerSettings(ProcessSettings):
    """Own keys: worker.key (X25519)."""

    vault: VaultSettings
    weights: Path  # cache of converted model files


class DispatchSettings(ProcessSettings):
    """Own keys: manifest.key, order.key, pass.key (Ed25519), dispatch.key (X25519), ca.key (P-256)."""

    broker: BrokerSettings
    # Without it the broker's users are not kept in line with the register.
    broker_access: (
        Annotated[NatsAccessSettings | MosquittoAccessSettings, Field(discriminator="kind")] | None
    ) = None
    # Without it, or without broker_access, no gate can be added from the pages.
    broker_for_gates: BrokerForGates | None = None
    vault: VaultSettings


def _stays_private(database: str) -> bool:
    """Whether nobody on the way can read or change what goes to the register. Raises ValueError for no address.

    libpq's own choice, sslmode `prefer`, goes on in cleartext where the server or somebody before it wishes so.
    """
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        raise ValueError("not an SQLAlchemy URL") from None  # the error's own words may quote it
    asked = url.normalized_query
    hosts = [url.host or "", *asked.get("host", ()), *asked.get("hostaddr", ())]
    if "service" not in asked and all(not host or _is_here(host) for host in hosts):
        return True
    return asked.get("sslmode") == ("verify-full",)


def _is_here(host: str) -> bool:
    return host.startswith(("/", "@")) or is_loopback(host)  # the folder or name of a socket, or loopback


def _go_together(certificate_file: Path | None, key_file: Path | None) -> None:
    if (certificate_file is None) != (key_file is None):
        raise ValueError("certificate_file and key_file go together")


def _fault(place: tuple[int | str, ...], kind: str, said: str) -> str:
    key = ".".join(str(step) for step in place)
    if kind == "value_error":  # ours alone: pydantic's own may quote the value
        return f"{key or 'file'}: {said.removeprefix('Value error, ')}"
    if kind == "extra_forbidden":
        return f"unknown key '{key}'"
    return f"missing key '{key}'" if kind == "missing" else f"wrong value for '{key}' ({kind})"
