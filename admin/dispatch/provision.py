"""A new gate in the register: its credential is shown once and kept as a hash."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.revision import raise_revision
from admin.db.tables import Compound, Gate, Place
from admin.dispatch.broker import BrokerUser, gate_rights, random_password
from admin.security.audit import Act, record
from admin.security.client_id import gate_user_name
from admin.security.principals import Principal
from contracts.ids import CompoundId, GateId
from contracts.words import Direction


@dataclass(frozen=True, slots=True)
class NewGate:
    """What the register is told of a gate. `seal_key` is public; the gate keeps the private half to itself."""

    id: GateId
    place_id: int  # a compound's entrance, or the door of a building or unit inside it
    name_zh: str
    name_en: str
    direction: Direction
    seal_key: X25519PublicKey
    liveness: str = "warn"


@dataclass(frozen=True, slots=True)
class GateSecrets:
    """What gate.toml and its secret files need, this once: `credential` for HTTP(S), `broker` for MQTT."""

    gate: GateId
    compound: CompoundId
    credential: str = field(repr=False)
    broker: BrokerUser


class NoSuchPlaceError(Exception):
    """A gate was to stand where no compound is."""

    def __init__(self, place_id: int) -> None:
        super().__init__(f"Place {place_id} is no compound and lies in none. Choose a place of the tree.")
        self.place_id = place_id


def register_gate(session: Session, new: NewGate, by: Principal, now: datetime) -> GateSecrets:
    """Adds the gate, in the caller's transaction. Grant `broker` to the broker once that has committed.

    Raises NoSuchPlaceError.
    """
    told = new_secrets(session, new.id, new.place_id)
    keep_gate(session, new, told, by, now)
    return told


def new_secrets(session: Session, gate: GateId, place_id: int) -> GateSecrets:
    """Fresh ones; nothing is registered yet. Raises NoSuchPlaceError."""
    compound = CompoundId(_compound_of(session, place_id).wire_id)
    user = BrokerUser(gate_user_name(gate), random_password(), gate_rights(compound, gate))
    return GateSecrets(gate, compound, secrets.token_urlsafe(32), user)


def keep_gate(session: Session, new: NewGate, told: GateSecrets, by: Principal, now: datetime) -> None:
    """Adds the gate with these secrets."""
    session.add(
        Gate(
            id=new.id,
            compound_id=_compound_of(session, new.place_id).place_id,
            place_id=new.place_id,
            name_zh=new.name_zh,
            name_en=new.name_en,
            direction=new.direction.value,
            liveness=new.liveness,
            credential_hash=credential_hash(told.credential),
            seal_key=new.seal_key.public_bytes_raw(),
            added_at=now,
        )
    )
    session.flush()
    record(session, by, Act("gate.register", f"gate:{new.id}"), now)
    raise_revision(session)


def replace_box(session: Session, new: NewGate, told: GateSecrets, by: Principal, now: datetime) -> None:
    """Another box is the gate from now on: the old one's credential ends, rosters are sealed to the new key."""
    gate = session.get_one(Gate, new.id, with_for_update=True)
    gate.credential_hash = credential_hash(told.credential)
    gate.seal_key = new.seal_key.public_bytes_raw()
    record(session, by, Act("gate_box_replaced", f"gate:{new.id}"), now)
    raise_revision(session)


def credential_hash(credential: str) -> str:
    """As the register keeps it: of 256 random bits a plain SHA-256 gives nothing away."""
    return hashlib.sha256(credential.encode()).hexdigest()


def _compound_of(session: Session, place_id: int) -> Compound:
    """The compound that a place is, or lies in."""
    place = session.get(Place, place_id)
    steps = place.steps if place is not None else []
    found = session.scalars(select(Compound).where(Compound.place_id.in_(steps))).one_or_none()
    if found is None:
        raise NoSuchPlaceError(place_id)
    return found
