"""The measurement of rosters: its compound is one that gates know whole, and it says what it is asked for."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select
from typer.testing import CliRunner

from admin.db.session import reading, writing
from admin.db.tables import GateState, SealedRoster
from admin.dispatch.body import Keys
from admin.dispatch.census import Censuses
from admin.dispatch.editions import Editions
from admin.dispatch.provision import NewGate, register_gate
from admin.security.keys import load_sealing_key, load_signing_key
from admin.security.principals import process
from admin.settings import VaultSettings
from admin.vault import open_vault
from bench.roster import Baseline, Figures, Percentiles
from bench.roster_gate import MODEL
from bench.roster_town import settle
from contracts.ids import GateId
from contracts.roster import decode_roster
from contracts.sealing import unseal
from contracts.words import Direction
from gate.vision.gallery import Gallery
from gate.vision.match import Match, nearest, threshold_for
from kaimen.cli import app
from kaimen.install import Installation, Ports, prepare
from kaimen.state import StateFolder

PATIENCE_S = 10  # promise 8: what is not acknowledged by then alarms the guard


@pytest.fixture
def box(tmp_path: Path) -> Installation:
    return prepare(StateFolder(tmp_path), Ports(1, 2, 3), tmp_path, datetime.now(UTC))


def test_everybody_of_the_measured_compound_is_known_at_the_gate_and_told_apart(box: Installation) -> None:
    town, key = settle(box, 20), X25519PrivateKey.generate()
    new = NewGate(GateId("gate-1"), town.compound, "门", "Gate", Direction.IN, key.public_key())
    with writing(box.engine) as session:
        register_gate(session, new, process("test"), datetime.now(UTC))
        session.flush()
        session.add(GateState(gate_id=new.id, model=MODEL))
    with open_vault(vault_of(box)) as vault:
        now = datetime.now(UTC)
        Editions(box.engine, vault, keys_of(box)).renew(new.id, now, Censuses(now))
    with reading(box.engine) as session:
        sealed = session.scalars(select(SealedRoster.sealed)).one()
    assert sealed is not None
    body = decode_roster(unseal(key, "roster", sealed))
    matrix = np.frombuffer(body.templates, dtype="<f4").reshape(len(body.roster.rows), body.roster.width)
    gallery = Gallery.of(MODEL, [body.roster.people[row].id for row in body.roster.rows], matrix)
    rule = threshold_for(0.001, len(gallery), MODEL)
    assert len(body.roster.pins) == len(gallery) == 20
    assert all(isinstance(nearest(np.array(row), gallery, rule), Match) for row in matrix)
    assert town.raw_mb * 2**20 == len(body.templates)


def vault_of(box: Installation) -> VaultSettings:
    root = box.folder.root
    return VaultSettings(
        templates=root / "vault" / "templates.sqlite3",
        keys=root / "keystore" / "keys.sqlite3",
        master_key=box.folder.keys("vault") / "master.key",
    )


def keys_of(box: Installation) -> Keys:
    own = box.folder.keys("dispatch")
    return Keys(
        load_sealing_key(own / "dispatch.key"),
        load_signing_key(own / "manifest.key"),
        load_signing_key(own / "pass.key"),
    )


def test_the_worst_of_twenty_is_said_beside_the_middle() -> None:
    assert Percentiles.of([0.5] * 19 + [2.0]) == Percentiles(0.5, 0.575)


@pytest.mark.real
@pytest.mark.promise(8)
def test_a_small_compound_is_measured_from_the_first_fetch_to_the_refusal_of_whoever_moved_out() -> None:
    told = CliRunner().invoke(app, ["bench", "roster", "--people", "40", "--revocations", "1", "--json"])
    assert told.exit_code == 0, told.output
    measured = json.loads(told.stdout.splitlines()[-1])
    assert set(measured) == {field.name for field in fields(Figures)}
    assert set(measured["revoke_s"]) == {field.name for field in fields(Percentiles)}
    assert set(measured["baseline"]) == {field.name for field in fields(Baseline)}
    assert (measured["people"], measured["revocations"]) == (40, 1)
    assert measured["first_fetch_s"] > 0
    assert 0 < measured["revoke_s"]["p50"] == measured["revoke_s"]["p95"] < PATIENCE_S
    assert 0 < measured["delta_bytes"] < measured["baseline"]["whole_bytes"]
    assert measured["gate_rss_mb"] >= 0
