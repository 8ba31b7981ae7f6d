"""A gate joins: its secrets are told once and cannot be read back from the register."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables import Audit, Gate
from admin.dispatch.provision import NewGate, NoSuchPlaceError, register_gate
from admin.security.principals import process
from contracts.ids import GateId
from contracts.words import Direction
from tests.admin.dispatch.register import Town
from tests.chains import NOON


def a_gate(place: int) -> NewGate:
    key = X25519PrivateKey.generate().public_key()
    return NewGate(GateId("gate-new"), place, "北门", "North gate", Direction.IN, key)


def test_the_register_keeps_only_the_hash_of_a_gates_credential(engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        told = register_gate(session, a_gate(town.units["3-1"]), process("up"), NOON)
    with reading(engine) as session:
        gate = session.get_one(Gate, "gate-new")
        assert session.scalars(select(Audit.act)).all() == ["gate.register"]
    assert gate.credential_hash == hashlib.sha256(told.credential.encode()).hexdigest()
    assert (gate.compound_id, gate.place_id, told.compound) == (town.compound, town.units["3-1"], "wutong")
    assert told.broker.name == "gate-gate-new"
    assert told.credential not in repr(told)
    assert told.broker.password not in repr(told)


def test_a_gate_stands_inside_a_compound(engine: Engine, town: Town) -> None:
    for place in (town.street, 9999):
        with pytest.raises(NoSuchPlaceError), writing(engine) as session:
            register_gate(session, a_gate(place), process("up"), NOON)
