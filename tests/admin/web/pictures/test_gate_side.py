"""What a gate sends is what the server takes: its own client and encoder against the real endpoint."""

from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import Engine

from admin.db.session import reading, writing
from admin.db.tables import GateOrder, GatePicture
from admin.security.permissions import Role
from contracts.ids import GateId, uuid7
from contracts.picture import PictureKind
from tests.admin.conftest import NOON, Town, an_account
from tests.admin.web.rows import CREDENTIAL, give_credential

pytest.importorskip("cv2", reason="the gate's side is installed where its eye is")


def a_gate(app: Flask) -> Any:
    import httpx

    from gate.mqtt.fetch import Server, ServerSettings

    settings = ServerSettings("http://localhost", SecretStr(CREDENTIAL))
    transport = httpx.WSGITransport(app)
    return Server(settings, GateId("gate-main"), X25519PrivateKey.generate(), transport)


def an_order(engine: Engine, town: Town) -> UUID:
    give_credential(engine, "gate-main")
    with writing(engine) as session:
        account = an_account("boss", Role.MANAGER, town.compound)
        session.add(account)
        session.flush()
        row = {"gate_id": "gate-main", "operation": "test_picture", "reason": "camera", "state": "sent"}
        order = GateOrder(id=uuid7(), account_id=account.id, asked_at=NOON, **row)
        session.add(order)
        return order.id


@pytest.mark.promise(9)
def test_a_gates_own_picture_is_taken_once(app: Flask, engine: Engine, town: Town) -> None:
    import numpy as np

    from gate.mqtt.fetch import NotReached
    from gate.snapshots import small_jpeg

    order, gate = an_order(engine, town), a_gate(app)
    jpeg = small_jpeg(np.random.default_rng(3).integers(0, 255, (1080, 1920, 3), np.uint8))
    assert gate.send_picture(PictureKind.TEST, order, jpeg) is None
    assert gate.send_picture(PictureKind.TEST, order, jpeg) == NotReached("http_409")
    with reading(engine) as session:
        row = session.get_one(GatePicture, order)
        assert row.sealed is not None
        assert jpeg not in row.sealed
