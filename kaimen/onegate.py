"""The one gate of this box: registered once, given its settings at each start, started."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.session import reading, writing
from admin.db.tables import Compound, Gate
from admin.dispatch.provision import GateSecrets, NewGate, register_gate
from admin.security.keys import load_seal_public, load_secret, make_sealing_key, write_private
from admin.security.principals import process
from contracts.ids import CompoundId, GateId
from contracts.signing import key_id_of
from contracts.words import Direction
from kaimen.house import House
from kaimen.install import write_toml

NAMES: Final = ("东门", "East Gate")


@dataclass(frozen=True, slots=True)
class Camera:
    """What the gate looks through: an index, an rtsp:// address, or a clip."""

    source: str
    loop: bool = False
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class OneGate:
    """The entrance of the compound, on the same box as the server."""

    house: House
    compound_id: int

    def register(self) -> None:
        """Adds the gate to the register and the broker, unless an earlier start did."""
        box = self.house.box
        with reading(box.engine) as session:
            if self._row(session) is not None:
                return
        keys = box.folder.keys("gate")
        make_sealing_key(keys / "gate.key", keys / "gate.pub")
        new = NewGate(
            id=GateId.random(),
            place_id=self.compound_id,
            name_zh=NAMES[0],
            name_en=NAMES[1],
            direction=Direction.IN,
            seal_key=load_seal_public(keys / "gate.pub"),
        )
        with writing(box.engine) as session:
            secrets = register_gate(session, new, process("up"), datetime.now(UTC))
            self._keep(secrets)
        self.house.broker.access.grant(secrets.broker)

    def start(self, camera: Camera) -> None:
        """Writes gate.toml and starts the gate."""
        with reading(self.house.box.engine) as session:
            gate = self._row(session)
            compound = session.get(Compound, self.compound_id)
            if gate is None or compound is None:
                raise LookupError("register the gate before it is started")
            table = self._settings(GateId(gate.id), CompoundId(compound.wire_id), camera)
        write_toml(self.house.box.folder.config("gate"), table)
        self.house.start_process("gate")

    def _row(self, session: Session) -> Gate | None:
        own = select(Gate).where(Gate.compound_id == self.compound_id, Gate.revoked_at.is_(None))
        return session.scalars(own.order_by(Gate.added_at)).first()

    def _keep(self, secrets: GateSecrets) -> None:
        write_private(self._file("credential"), secrets.credential.encode())
        write_private(self._file("broker"), secrets.broker.password.encode())
        write_private(self._file("user"), secrets.broker.name.encode())

    def _file(self, name: str) -> Path:
        return self.house.box.folder.keys("gate") / f"{name}.secret"

    def _settings(self, gate: GateId, compound: CompoundId, camera: Camera) -> dict[str, object]:
        box = self.house.box
        return {
            "compound": str(compound),
            "gate": str(gate),
            "camera": camera.source,
            "camera_allow_cleartext": True,  # the operator has typed the address; `kaimen up` says what it means
            "loop_video": camera.loop,
            "demonstration": camera.demonstration,
            "state_folder": str(box.folder.gate),
            "weights_folder": str(box.weights),
            # The demonstration's clip is made of stills: networks would rightly call them copies.
            "antispoof": "off" if camera.demonstration else "auto",
            "second_credentials": ["pin", "qr"],
            "server": {"url": box.address, "credential_file": str(self._file("credential"))},
            "broker": {
                "host": "127.0.0.1",
                "port": box.ports.broker,
                "user": self._file("user").read_text(),
                "password_file": str(self._file("broker")),
            },
            "keys": {
                "own_file": str(box.folder.keys("gate") / "gate.key"),
                "receipt": [_public_key(box.folder.public_keys / "receipt.pub")],
                "manifest": [_public_key(box.folder.public_keys / "manifest.pub")],
                "order": [_public_key(box.folder.public_keys / "order.pub")],
            },
            "door": {"kind": "simulated", "mechanical_exit": True},
            "screen": {"port": box.ports.screen},
        }


def _public_key(path: Path) -> dict[str, str]:
    """A key whose signatures the gate believes."""
    public = Ed25519PublicKey.from_public_bytes(load_secret(path))
    return {"id": str(key_id_of(public)), "public": path.read_text().strip()}
