"""A house whose broker is reached through a line that is written down: every byte, both ways."""

import socket
import threading
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from admin.db.session import reading
from admin.db.tables import Account, Person, Visit
from admin.settings import DispatchSettings
from admin.vault.templates import open_vault
from kaimen.broker import EmbeddedBroker
from kaimen.house import House
from kaimen.install import Installation
from kaimen.state import free_port
from kaimen.supervisor import Supervisor


class Tap:
    """Passes connections on to a port of this machine, and remembers what crossed."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock, self._crossed = threading.Lock(), list[bytearray]()
        threading.Thread(target=self._take, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    @property
    def crossed(self) -> bytes:
        """One direction of one connection after another."""
        with self._lock:
            return b"\n".join(self._crossed)

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        written = bytearray()
        with self._lock:
            self._crossed.append(written)
        with near, far:
            try:
                while piece := near.recv(65536):
                    with self._lock:
                        written += piece
                    far.sendall(piece)
            except OSError:
                return


@dataclass
class Secrets:
    """What the server knew of people at the end of a run."""

    words: list[str] = field(default_factory=list[str])
    rows: list[bytes] = field(default_factory=list[bytes])  # float32 numbers of templates
    wire_ids: list[str] = field(default_factory=list[str])  # of people, as gates know them

    def learn(self, house: House) -> None:
        with reading(house.box.engine) as session:
            people = session.scalars(select(Person)).all()
            vaults = [one.vault_id for one in people]
            self.wire_ids += [one.wire_id for one in people]
            self.words += [word for one in people for word in (one.name, one.phone, one.vault_id) if word]
            self.words += session.scalars(select(Account.name)).all()
            self.words += session.scalars(select(Visit.visitor)).all()
        with open_vault(DispatchSettings.read(house.box.folder.config("dispatch")).vault) as vault:
            self.rows += [row for face in vault.read_many(vaults).values() for row in face.rows]


@dataclass(frozen=True, slots=True)
class TappedHouse(House):
    """Every process comes to the broker through the tap. What it knew is learnt before it stops."""

    tap: Tap
    secrets: Secrets

    @classmethod
    def on(cls, box: Installation, secrets: Secrets) -> "TappedHouse":
        hidden = free_port(0)
        tap = Tap(hidden)
        box = replace(box, ports=replace(box.ports, broker=tap.port))
        return cls(box, Supervisor(), EmbeddedBroker(box.folder.broker, hidden), tap, secrets)

    def stop(self) -> None:
        self.secrets.learn(self)
        House.stop(self)
        self.tap.close()
