"""What a box with a one-time code has proven, and what it is given once a second person has confirmed it."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy.orm import Session

from admin.db.joins import KEY_PURPOSE
from admin.db.tables import GateJoin, JoinStep
from admin.dispatch.broker import BrokerAccess
from admin.dispatch.provision import GateSecrets, NewGate, keep_gate, replace_box
from admin.security.authority import Authority, RequestRefused, requested_key
from admin.security.keys import load_verify_key
from admin.security.principals import process
from admin.settings import BrokerForGates
from contracts.ids import GateId
from contracts.join import (
    PURPOSE,
    Admission,
    BrokerAccount,
    JoinFault,
    JoinRequestV1,
    Newcomer,
    PublicKey,
    open_proven,
    prove,
)
from contracts.sealing import NotForUs, seal, unseal
from contracts.signing import key_id_of
from contracts.wire import WireError
from contracts.words import Direction

LIVENESS: Final = "warn"


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """Whose signatures a gate is to believe."""

    receipt: PublicKey
    manifest: PublicKey
    order: PublicKey

    @classmethod
    def load(cls, folder: Path) -> "PinnedKeys":
        """From the folder of public keys; ingest makes receipt.pub, so it is read when it is needed."""
        return cls(*(_public(folder / f"{name}.pub") for name in ("receipt", "manifest", "order")))


@dataclass(frozen=True, slots=True)
class Desk:
    """What gates are admitted with. Without an authority (one machine, no TLS) they get no certificate."""

    access: BrokerAccess
    broker: BrokerForGates
    pinned: Callable[[], PinnedKeys]
    authority: Authority | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """A request, and its code's key, which proved it."""

    newcomer: Newcomer
    fingerprint: str
    key: bytes = field(repr=False)

    @property
    def seal_key(self) -> X25519PublicKey:
        return X25519PublicKey.from_public_bytes(b64decode(self.newcomer.seal_key))


@dataclass(frozen=True, slots=True)
class Entrant:
    """A proven box, and what was made for it to be the gate with."""

    proven: Proven
    secrets: GateSecrets


def proven(row: GateJoin, own: X25519PrivateKey) -> Proven | JoinFault:
    """What the box asked for, where its proof is by the code's key and it holds the key it wants certified."""
    try:
        key = unseal(own, KEY_PURPOSE, row.key_sealed)
        asked = JoinRequestV1.decode((row.request or "").encode())
        newcomer = open_proven(asked, Newcomer, key)
    except (NotForUs, WireError):
        return JoinFault.WRONG_PROOF
    try:
        requested_key(newcomer.csr.encode())
    except RequestRefused:
        return JoinFault.BAD_REQUEST
    return Proven(newcomer, asked.fingerprint, key) if newcomer.code == row.lookup else JoinFault.WRONG_PROOF


def new_gate(row: GateJoin, by: Proven) -> NewGate:
    """The gate as the register will have it."""
    return NewGate(
        id=GateId(row.gate_id),
        place_id=row.place_id,
        name_zh=row.name_zh,
        name_en=row.name_en,
        direction=Direction(row.direction),
        seal_key=by.seal_key,
        liveness=LIVENESS,
    )


def admit(session: Session, row: GateJoin, box: Entrant, desk: Desk, now: datetime) -> None:
    """Registers the gate, or its new box, and leaves the answer for the box alone."""
    by = box.proven
    keep = replace_box if row.replaces else keep_gate
    keep(session, new_gate(row, by), box.secrets, process("dispatch"), now)
    row.answer_sealed = seal(by.seal_key, PURPOSE, prove(_admission(row, box, desk, now), by.key).encode())
    row.step, row.done_at = JoinStep.DONE.value, now


def _admission(row: GateJoin, box: Entrant, desk: Desk, now: datetime) -> Admission:
    secrets, certificate = box.secrets, None
    if desk.authority is not None:
        csr = box.proven.newcomer.csr.encode()
        certificate = desk.authority.gate_certificate(csr, secrets.gate, now).decode()
    pinned = desk.pinned()
    return Admission(
        gate=secrets.gate,
        compound=secrets.compound,
        direction=Direction(row.direction),
        liveness=LIVENESS,
        credential=secrets.credential,
        certificate=certificate,
        broker=BrokerAccount(
            host=desk.broker.host,
            port=desk.broker.port,
            tls=desk.broker.tls,
            user=secrets.broker.name,
            password=secrets.broker.password,
        ),
        receipt=(pinned.receipt,),
        manifest=(pinned.manifest,),
        order=(pinned.order,),
    )


def _public(path: Path) -> PublicKey:
    key = load_verify_key(path)
    return PublicKey(id=key_id_of(key), public=b64encode(key.public_bytes_raw()).decode())
