"""A register with a gate that has come alive, dispatch's keys, and a vault that is a dictionary."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Engine

from admin.dispatch.body import Keys
from contracts.signing import signing_key
from tests.admin.dispatch.register import FakeAnnouncer, FakeVault, Register, Town


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
