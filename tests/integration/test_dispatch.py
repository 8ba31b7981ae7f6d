"""Register, dispatch, broker and gate together: a change reaches the gate, and nothing personal the broker."""

import secrets
import struct
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select, update

from admin.db.revision import raise_revision
from admin.db.session import reading, writing
from admin.db.tables import (
    Consent,
    ConsentText,
    Face,
    Gate,
    Household,
    Membership,
    Person,
    Pin,
    Place,
    SealedRoster,
    Visit,
)
from admin.dispatch.broker import BrokerUser, Rights
from admin.dispatch.provision import GateSecrets
from admin.security.keys import load_seal_public, load_verify_key
from admin.settings import VaultSettings
from admin.vault.templates import open_vault
from contracts.ids import BootId, ModelId
from contracts.manifest import Manifest
from contracts.roster import decode_roster
from contracts.sealing import seal, unseal
from contracts.signing import SignedV1, open_signed, trusted
from contracts.state import StateV1
from contracts.topics import PASSAGE, STATE, TOPICS, WANT
from contracts.words import GateStatus
from tests.chains import Chain
from tests.integration.brokers import Program, until
from tests.integration.running import House, Speaker

pytestmark = pytest.mark.real
Opened = Callable[[Speaker], Speaker]
Started = Callable[[Program], Program]

NAME, PHONE, PIN, VISITOR, VISITOR_PIN = "欧阳小明", "13800138000", "246802", "诸葛访客", "86420135"
TEMPLATE = struct.pack("<8f", *(secrets.randbelow(1000) / 1000 for _ in range(8)))
MODEL = ModelId("sface-1")


@pytest.fixture
def gate(house: House) -> GateSecrets:
    return house.add_gate("gate-a")


def birth(house: House, gate: GateSecrets, speaker: Speaker) -> None:
    state = StateV1(
        gate=gate.gate,
        status=GateStatus.ONLINE,
        boot=BootId.random(),
        connection=1,
        at=datetime.now(UTC),
        software="1",
        model=MODEL,
    )
    speaker.say(STATE.at(house.compound, gate.gate), state.encode(), retain=True)


def running(house: House, started: Started) -> None:
    for program, ready in ((house.ingest(), b"ingest listens"), (house.dispatch(), b"broker connected")):
        started(program)
        until(lambda program=program, ready=ready: ready in program.log.read_bytes())


def wanted(house: House, speaker: Speaker, version: int = 1) -> Manifest:
    """Waits for this version; each manifest on the way is verified."""
    keys = trusted(load_verify_key(house.public / "manifest.pub"))
    while True:
        manifest = open_signed(SignedV1.decode(speaker.hear().payload), Manifest, keys)
        if manifest.version == version:
            return manifest


def someone(house: House) -> str:
    """A resident with everything a gate may know: face, PIN, consents; and a visitor's pass."""
    now = datetime.now(UTC)
    dispatch = load_seal_public(house.public / "dispatch.pub")
    with writing(house.engine) as session:
        unit = Place(kind="unit", name_zh="1", name_en="1", parent_id=house.compound_id, path="/")
        session.add(unit)
        session.flush()
        unit.path = f"/{house.compound_id}/{unit.id}/"
        home = Household(unit_id=unit.id, room="3-1-101")
        person = Person(
            compound_id=house.compound_id,
            wire_id=secrets.token_hex(16),
            vault_id=secrets.token_hex(16),
            name=NAME,
            phone=PHONE,
            added_at=now,
        )
        session.add_all([home, person])
        session.flush()
        session.add(Membership(person_id=person.id, household_id=home.id, role="owner", since=now))
        session.add(Pin(person_id=person.id, sealed=seal(dispatch, "pin", PIN.encode()), set_at=now))
        session.add(Face(person_id=person.id, model=MODEL, templates=1, enrolled_at=now))
        for kind in ("face", "central"):
            text = ConsentText(kind=kind, text_version=1, zh="同意", en="yes", added_at=now)
            session.add(text)
            session.flush()
            session.add(
                Consent(person_id=person.id, kind=kind, text_id=text.id, agreed=True, at=now, channel="desk")
            )
        session.add(
            Visit(
                id=uuid4(),
                pass_id=uuid4().hex,
                compound_id=house.compound_id,
                visitor=VISITOR,
                since=now,
                until=now + timedelta(hours=1),
                uses=1,
                link_hash=uuid4().hex,
                link_sealed=b"",
                pin_sealed=seal(dispatch, "visitor pin", VISITOR_PIN.encode()),
                made_at=now,
            )
        )
        settings = VaultSettings(
            templates=house.folder / "templates.sqlite3",
            keys=house.folder / "keys.sqlite3",
            master_key=house.folder / "vault-master",
        )
        with open_vault(settings) as vault:
            vault.keep(person.vault_id, MODEL, [TEMPLATE])
        raise_revision(session)
        return person.vault_id


@pytest.mark.promise(8)
def test_a_change_reaches_the_broker_within_a_second_also_after_the_broker_was_away(
    house: House, gate: GateSecrets, started: Started, opened: Opened
) -> None:
    running(house, started)
    speaker = opened(house.speaker(gate))
    assert speaker.subscribe(WANT.at(house.compound, gate.gate))
    birth(house, gate, speaker)
    wanted(house, speaker, version=1)
    begun = time.monotonic()
    someone(house)
    wanted(house, speaker, version=2)
    assert time.monotonic() - begun < 1.0
    with writing(house.engine) as session:
        session.execute(update(Consent).where(Consent.kind == "face").values(withdrawn_at=datetime.now(UTC)))
        raise_revision(session)
    wanted(house, speaker, version=3)
    house.broker.stop()
    with writing(house.engine) as session:
        session.execute(update(Person).values(left_at=datetime.now(UTC)))
        raise_revision(session)
    house.broker.start()
    until(lambda: speaker.connected)
    speaker.subscribe(WANT.at(house.compound, gate.gate))
    wanted(house, speaker, version=4)


@pytest.mark.promise(9)
def test_no_name_number_pin_or_template_is_in_any_message(
    house: House, gate: GateSecrets, started: Started, opened: Opened
) -> None:
    hears_all = Rights((), tuple(topic.everywhere for topic in TOPICS))
    house.broker.access.grant(BrokerUser("witness", "witness-password", hears_all))
    witness = opened(house.somebody("witness", "witness-password"))
    assert all(witness.subscribe(topic.everywhere) for topic in TOPICS)
    running(house, started)
    speaker = opened(house.speaker(gate))
    assert speaker.subscribe(WANT.at(house.compound, gate.gate))
    vault_id = someone(house)
    key = X25519PrivateKey.generate()
    with writing(house.engine) as session:
        session.get_one(Gate, gate.gate).seal_key = key.public_key().public_bytes_raw()
    birth(house, gate, speaker)
    manifest = wanted(house, speaker)
    with reading(house.engine) as session:
        sealed = session.scalars(
            select(SealedRoster.sealed).where(SealedRoster.version == manifest.version)
        ).one()
    assert sealed is not None  # the first version is told whole
    body = decode_roster(unseal(key, "roster", sealed))
    assert (body.templates, len(body.roster.pins), len(body.roster.passes)) == (TEMPLATE, 1, 1)
    chain = Chain(gate.gate)
    speaker.say(
        PASSAGE.at(house.compound, gate.gate), chain.passage(person=body.roster.people[0].id).encode()
    )
    heard = []
    while not any(one.topic.endswith("/receipt") and chain.last.encode() in one.payload for one in heard):
        heard.append(witness.hear())
    assert {one.topic.rsplit("/", 1)[1] for one in heard} >= {"state", "want", "passage", "receipt"}
    traffic = b"\n".join(one.topic.encode() + b" " + one.payload for one in heard)
    private = [NAME, PHONE, PIN, VISITOR, VISITOR_PIN, vault_id, TEMPLATE.hex(), b64encode(TEMPLATE).decode()]
    for secret in (*(word.encode() for word in private), TEMPLATE, NAME.encode("unicode_escape")):
        assert secret not in traffic
        assert secret not in (house.folder / "dispatch.log").read_bytes()
        assert secret not in (house.folder / "ingest.log").read_bytes()
    for number in struct.unpack("<8f", TEMPLATE):
        assert f"{number:.6f}".encode() not in traffic


def test_dispatch_stays_small(house: House, gate: GateSecrets, started: Started, opened: Opened) -> None:
    dispatch = started(house.dispatch())
    until(lambda: b"broker connected" in dispatch.log.read_bytes())
    assert dispatch.rss_mb <= 120
