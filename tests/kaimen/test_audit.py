"""The calibration report in the terminal: the last one, or a new one through the vault's keys."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from admin.db.calibration import keep, last
from admin.db.consent_texts import ensure_consent_texts
from admin.db.migrate import upgrade
from admin.db.session import make_engine, reading, writing
from admin.db.tables import Audit, Compound, Consent, ConsentText, Face, Gate, GateState, Person, Place
from admin.security.keys import make_secret
from admin.settings import VaultSettings
from admin.vault import open_vault
from gate.vision.match import TAILS
from kaimen.audit import gallery
from kaimen.cli import app
from kaimen.state import CannotStart, StateFolder
from tests.admin.web.calibration.reports import a_report

MODEL = next(iter(TAILS))
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


def install(folder: StateFolder) -> VaultSettings:
    """The worker's settings and the vault's key, as `kaimen up` writes them."""
    key = folder.keys("vault") / "master.key"
    make_secret(key)
    stores = VaultSettings(
        templates=folder.root / "vault" / "t.sqlite3", keys=folder.root / "k.sqlite3", master_key=key
    )
    vault = "\n".join(f"{name} = {json.dumps(str(path))}" for name, path in stores.model_dump().items())
    plain = {"database": f"sqlite:///{folder.database}", "own_keys": "x", "public_keys": "x", "weights": "x"}
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in plain.items())
    folder.config("worker").parent.mkdir(parents=True)
    folder.config("worker").write_text(f"{lines}\n[vault]\n{vault}\n")
    return stores


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


@pytest.fixture
def engine(state: StateFolder) -> Iterator[Engine]:
    """A compound with a gate and two people, of whom one is enrolled."""
    state.database.parent.mkdir(parents=True)
    engine = make_engine(f"sqlite:///{state.database}")
    upgrade(engine)
    with writing(engine) as session:
        ensure_consent_texts(session, NOW)
        place = Place(kind="compound", name_zh="红梅苑", name_en="Red Plum Court", path="/1/")
        session.add(place)
        session.flush()
        session.add(Compound(place_id=place.id, wire_id="plum", operator_zh="物", operator_en="P", phone="0"))
        people = [
            Person(compound_id=place.id, wire_id=f"w{n}", vault_id=f"v{n}", name=name, added_at=NOW)
            for n, name in enumerate(("欧阳娜娜", "古丽娜尔"))
        ]
        session.add_all(people)
        session.add(
            Gate(
                id="gate-main",
                compound_id=place.id,
                place_id=place.id,
                name_zh="南门",
                name_en="South gate",
                credential_hash="0" * 64,
                seal_key=bytes(32),
                added_at=NOW,
            )
        )
        session.flush()
        session.add(GateState(gate_id="gate-main", model=str(MODEL)))
        session.add(Face(person_id=people[0].id, model=str(MODEL), templates=1, enrolled_at=NOW))
        for text in session.scalars(select(ConsentText).where(ConsentText.kind != "internet")).all():
            session.add(
                Consent(
                    person_id=people[0].id,
                    kind=text.kind,
                    text_id=text.id,
                    agreed=True,
                    at=NOW,
                    channel="desk",
                )
            )
    yield engine
    engine.dispose()


def enrol(stores: VaultSettings) -> None:
    with open_vault(stores) as vault:
        vault.keep("v0", MODEL, [np.ones(256, "<f4").tobytes()])


def test_the_last_report_is_told_with_names_masked(state: StateFolder, engine: Engine) -> None:
    with writing(engine) as session:
        keep(session, 1, a_report(("w0", "w1")), NOW)
    told = gallery(state.root, anew=False)
    assert "0.3 false accepts a month are to be expected (95 % interval 0.1–0.9)" in told.text
    assert "欧**  古**  nearer than gates accept" in told.text
    assert "enrol again: 欧**, the only picture, and near somebody else's (古**)" in told.text
    assert "欧阳" not in told.text + told.json
    assert "古丽" not in told.text + told.json


def test_without_a_report_it_is_measured_kept_and_put_on_record(state: StateFolder, engine: Engine) -> None:
    enrol(install(state))
    answer = CliRunner().invoke(app, ["audit", "gallery", "--state", str(state.root), "--json"])
    assert answer.exit_code == 0, answer.output
    (found,) = json.loads(answer.stdout)
    assert found["report"]["people"] == 1
    assert found["report"]["measured"] is None
    with reading(engine) as session:
        kept = last(session, 1)
        assert kept is not None
        assert kept.report.model_dump(mode="json") == found["report"]
        assert session.scalars(select(Audit.principal)).all() == ["process:kaimen"]


def test_a_new_report_can_be_asked_for(state: StateFolder, engine: Engine) -> None:
    enrol(install(state))
    with writing(engine) as session:
        keep(session, 1, a_report(("w0", "w1")), NOW)
    told = gallery(state.root, anew=True)
    assert "False accepts can be measured from 50 people on." in told.text


def test_a_compound_that_cannot_be_measured_says_why(state: StateFolder, engine: Engine) -> None:
    install(state)
    with writing(engine) as session:
        session.get_one(GateState, "gate-main").model = None
    told = gallery(state.root, anew=False)
    assert "nothing to measure (no_gate)" in told.text
    assert json.loads(told.json) == [{"compound": 1, "trouble": "no_gate"}]


def test_a_folder_without_a_register_or_without_keys_is_said_with_the_remedy(
    state: StateFolder, tmp_path: Path, engine: Engine
) -> None:
    with pytest.raises(CannotStart, match="--state"):
        gallery(tmp_path / "elsewhere", anew=False)
    with pytest.raises(CannotStart, match="templates cannot be read"):
        gallery(state.root, anew=False)
