"""A register with a gate that has come alive, dispatch's keys, and a vault that is a dictionary."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Engine, select

from admin.db.revision import raise_revision
from admin.db.session import reading, writing
from admin.db.tables import SealedRoster
from admin.dispatch.body import Keys
from admin.dispatch.loop import Dispatch, Outside
from contracts.ids import GateId
from contracts.manifest import Manifest
from contracts.roster import RosterBody, decode_roster
from contracts.sealing import unseal
from contracts.signing import SignedV1, open_signed, signing_key, trusted
from tests.admin.dispatch.register import FakeAnnouncer, FakeVault, Look, MovableClock, Register, Town


@pytest.fixture
def keys() -> Keys:
    return Keys(
        own=X25519PrivateKey.generate(),
        manifest=signing_key(Ed25519PrivateKey.generate()),
        passes=signing_key(Ed25519PrivateKey.generate()),
    )


@pytest.fixture
def vault() -> FakeVault:
    return FakeVault()


@pytest.fixture
def announcer() -> FakeAnnouncer:
    return FakeAnnouncer()


@pytest.fixture
def register(engine: Engine, town: Town, keys: Keys, vault: FakeVault) -> Register:
    return Register(engine, town, keys, vault, X25519PrivateKey.generate())


@pytest.fixture
def dispatch(register: Register, vault: FakeVault, announcer: FakeAnnouncer, clock: MovableClock) -> Dispatch:
    outside = Outside(
        faces=vault,
        announcer=announcer,
        web=register.web_key.public_key(),
        now=clock,
        pause=lambda _seconds: True,
    )
    return Dispatch(register.engine, register.keys, outside)


@pytest.fixture
def look(register: Register, dispatch: Dispatch, announcer: FakeAnnouncer) -> Look:
    """`look(gate)`: a turn of dispatch after a change, then the roster as the gate opens it."""

    def now(gate: GateId, changed: bool = True) -> RosterBody:
        if changed:
            with writing(register.engine) as session:
                raise_revision(session)
        dispatch.turn()
        signed = [payload for topic, payload in announcer.published if topic.endswith(f"/{gate}/want")][-1]
        manifest = open_signed(
            SignedV1.decode(signed), Manifest, trusted(register.keys.manifest.private.public_key())
        )
        with reading(register.engine) as session:
            row = session.scalars(
                select(SealedRoster).where(
                    SealedRoster.gate_id == gate, SealedRoster.version == manifest.version
                )
            ).one()
        assert row.sealed is not None
        content = unseal(register.gate_key, "roster", row.sealed)
        assert (manifest.gate, manifest.digest, manifest.size) == (
            gate,
            hashlib.sha256(content).hexdigest(),
            len(content),
        )
        return decode_roster(content)

    return now
