"""gate.toml, written in one place: for the gate of `kaimen up` and for a box that joins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from admin.security.keys import write_private
from contracts.ids import CompoundId, GateId
from contracts.join import PublicKey
from contracts.words import Direction

Table = Mapping[str, object]


def write_toml(path: Path, table: Table) -> None:
    """Private: settings name where secrets lie."""
    write_private(path, tomli_w.dumps(dict(table)).encode())


@dataclass(frozen=True, slots=True)
class Camera:
    """What the gate looks through: an index, an rtsp:// address, or a clip."""

    source: str
    loop: bool = False
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """Where the pages are, the gate's credential there, and whose certificate it believes."""

    url: str
    credential_file: Path
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and as whom to come; with TLS the gate shows its own certificate."""

    host: str
    port: int
    user: str
    password_file: Path
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """The gate's own key, and whose signatures it believes."""

    own_file: Path
    receipt: Sequence[PublicKey]
    manifest: Sequence[PublicKey]
    order: Sequence[PublicKey]


@dataclass(frozen=True, slots=True)
class Box:
    """What the box itself has: its camera, its folders, the port of its screen."""

    camera: Camera
    state: Path
    weights: Path
    screen_port: int


@dataclass(frozen=True, slots=True)
class GateFile:
    """A gate's settings as they begin. The door is simulated until somebody has said how it is wired."""

    gate: GateId
    compound: CompoundId
    direction: Direction
    liveness: str
    box: Box
    server: Server
    broker: Broker
    keys: Keys

    def write(self, path: Path) -> None:
        write_toml(path, self._table())

    def _table(self) -> dict[str, object]:
        camera = self.box.camera
        return {
            "compound": str(self.compound),
            "gate": str(self.gate),
            "direction": self.direction.value,
            "camera": camera.source,
            "camera_allow_cleartext": True,  # the operator has typed the address; docs/gate.md says what it means
            "loop_video": camera.loop,
            "demonstration": camera.demonstration,
            "state_folder": str(self.box.state),
            "weights_folder": str(self.box.weights),
            "liveness": self.liveness,
            # The demonstration's clip is made of stills: networks would rightly call them copies.
            "antispoof": "off" if camera.demonstration else "auto",
            "second_credentials": ["pin", "qr"],
            "server": _server(self.server),
            "broker": _broker(self.broker),
            "keys": {
                "own_file": str(self.keys.own_file),
                "receipt": _public(self.keys.receipt),
                "manifest": _public(self.keys.manifest),
                "order": _public(self.keys.order),
            },
            "door": {"kind": "simulated", "mechanical_exit": True},
            "screen": {"port": self.box.screen_port},
        }


def _server(server: Server) -> Table:
    return _said({"url": server.url, "credential_file": server.credential_file, "ca_file": server.ca_file})


def _broker(broker: Broker) -> Table:
    return _said(
        {
            "host": broker.host,
            "port": broker.port,
            "user": broker.user,
            "password_file": broker.password_file,
            "ca_file": broker.ca_file,
            "certificate_file": broker.certificate_file,
            "key_file": broker.key_file,
        }
    )


def _said(table: Mapping[str, str | int | Path | None]) -> Table:
    """Without what there is not, which TOML cannot say."""
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in table.items()
        if value is not None
    }


def _public(keys: Sequence[PublicKey]) -> list[dict[str, str]]:
    return [{"id": str(key.id), "public": key.public} for key in keys]
