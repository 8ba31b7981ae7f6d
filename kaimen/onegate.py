"""The one gate of this box: registered once, given its settings at each start, started."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from admin.db.session import reading, writing
from admin.db.tables import Compound, Gate
from admin.dispatch.admission import PinnedKeys
from admin.dispatch.provision import GateSecrets, NewGate, register_gate
from admin.security.client_id import GATE_USERS
from admin.security.keys import load_seal_public, make_sealing_key, write_private
from admin.security.principals import process
from contracts.ids import CompoundId, GateId
from contracts.words import Direction
from kaimen.gatefile import Box, Broker, Camera, GateFile, Keys, Server
from kaimen.house import House

NAMES: Final = ("东门", "East Gate")


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
        self.write(camera)
        self.house.start_process("gate")

    def write(self, camera: Camera) -> None:
        """gate.toml alone."""
        with reading(self.house.box.engine) as session:
            gate = self._row(session)
            compound = session.get(Compound, self.compound_id)
            if gate is None or compound is None:
                raise LookupError("register the gate before it is started")
            file = self._file_of(gate, CompoundId(compound.wire_id), camera)
        file.write(self.house.box.folder.config("gate"))

    def _row(self, session: Session) -> Gate | None:
        """The gate this box became once, also where it was ended since or given another box.

        It is not added again behind a manager's back.
        """
        user = self._file("user")
        return session.get(Gate, user.read_text().removeprefix(GATE_USERS)) if user.exists() else None

    def _keep(self, secrets: GateSecrets) -> None:
        write_private(self._file("credential"), secrets.credential.encode())
        write_private(self._file("broker"), secrets.broker.password.encode())
        write_private(self._file("user"), secrets.broker.name.encode())

    def _file(self, name: str) -> Path:
        return self.house.box.folder.keys("gate") / f"{name}.secret"

    def _file_of(self, gate: Gate, compound: CompoundId, camera: Camera) -> GateFile:
        box = self.house.box
        pinned = PinnedKeys.load(box.folder.public_keys)
        return GateFile(
            gate=GateId(gate.id),
            compound=compound,
            direction=Direction(gate.direction),
            liveness=gate.liveness,
            box=Box(camera, box.folder.gate, box.weights, box.ports.screen),
            server=Server(
                box.address, self._file("credential"), box.papers.authority if box.papers else None
            ),
            broker=self._broker(),
            keys=Keys(
                box.folder.keys("gate") / "gate.key", (pinned.receipt,), (pinned.manifest,), (pinned.order,)
            ),
        )

    def _broker(self) -> Broker:
        box, user = self.house.box, self._file("user").read_text()
        plain = Broker(box.host, box.ports.broker, user, self._file("broker"))
        if box.papers is None:
            return plain
        box.papers.make_client("gate", user, datetime.now(UTC))
        return replace(
            plain,
            ca_file=box.papers.authority,
            certificate_file=box.papers.certificate("gate"),
            key_file=box.papers.key("gate"),
        )
