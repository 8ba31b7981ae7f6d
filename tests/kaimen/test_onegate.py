"""The gate on the server's own box is registered once, whatever a manager does with it later."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from admin.db.session import reading, writing
from admin.db.tables import Gate
from gate.settings import read_settings
from kaimen.gatefile import Camera
from kaimen.house import House
from kaimen.install import Ports, prepare
from kaimen.onegate import OneGate
from kaimen.places import ensure_compound
from kaimen.state import StateFolder


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[OneGate]:
    box = prepare(StateFolder(tmp_path), Ports(8750, 8752, 8751), tmp_path, datetime.now(UTC))
    with writing(box.engine) as session:
        compound = ensure_compound(session)
    yield OneGate(House.of(box), compound)
    box.engine.dispose()


def test_it_is_registered_once_with_settings_that_the_gate_takes(gate: OneGate) -> None:
    box = gate.house.box
    gate.register()
    gate.register()
    gate.write(Camera("0"))
    with reading(box.engine) as session:
        row = session.scalars(select(Gate)).one()
    settings = read_settings(box.folder.config("gate"))
    assert (settings.gate, settings.direction.value, settings.door.kind) == (
        row.id,
        row.direction,
        "simulated",
    )


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    "change", [{"revoked_at": datetime(2026, 11, 24, tzinfo=UTC)}, {"seal_key": bytes(32)}]
)
def test_one_that_was_ended_or_got_another_box_is_not_added_again(
    gate: OneGate, change: dict[str, object]
) -> None:
    gate.register()
    with writing(gate.house.box.engine) as session:
        row = session.scalars(select(Gate)).one()
        for name, value in change.items():
            setattr(row, name, value)
    gate.register()
    with reading(gate.house.box.engine) as session:
        assert len(session.scalars(select(Gate)).all()) == 1
