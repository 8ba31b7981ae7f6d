"""From a change in the register to a sealed roster and a signed manifest."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.session import reading, writing
from admin.db.tables import Consent, Gate, Job, PassClaim, Person, SealedRoster, Server, Visit
from admin.dispatch.loop import Dispatch
from admin.vault.errors import ChangedTemplate
from admin.vault.templates import StoredFace
from contracts.ids import CompoundId
from contracts.pass_token import read_token
from contracts.pins import VISITOR_ROOM, pin_mac
from contracts.roster import RosterBody
from contracts.sealing import unseal
from contracts.signing import trusted
from tests.admin.dispatch.register import ONES, TWOS, FakeAnnouncer, FakeVault, Look, MovableClock, Register
from tests.chains import NOON


def people(body: RosterBody) -> list[str]:
    return [person.id for person in body.roster.people]


def test_the_main_gate_knows_all_and_a_building_its_own(register: Register, look: Look) -> None:
    main = register.gate("gate-1", register.compound)
    door = register.gate("gate-2", register.building_of("3-1"))
    unit = register.gate("gate-3", register.unit("3-2"))
    for name, home in (("a", "3-1"), ("b", "3-2"), ("c", "5-1")):
        register.lives(register.person(name), home, f"{home}-101")
    register.person("staff")
    register.lives(gone := register.person("evicted"), "3-1", "3-1-102", NOON - timedelta(9), NOON)
    register.person("elsewhere", register.town.other_compound)
    with writing(register.engine) as session:
        left = register_left(session, register)
    assert people(look(main)) == ["a", "b", "c", "staff"]
    assert people(look(door)) == ["a", "b"]
    assert people(look(unit)) == ["b"]
    assert gone
    assert left


def register_left(session: Session, register: Register) -> Person:
    person = Person(
        compound_id=register.compound,
        wire_id="left",
        vault_id="vault-left",
        name="李",
        added_at=NOON,
        left_at=NOON,
    )
    session.add(person)
    return person


@pytest.mark.promise(5)
@pytest.mark.promise(4)
def test_a_face_goes_to_the_gate_with_consent_alone_and_everybody_passes_all_the_same(
    register: Register, look: Look
) -> None:
    gate = register.gate("gate-1", register.compound)
    willing, declining, older = (register.person(name) for name in ("a", "b", "c"))
    for person, room in ((willing, "101"), (declining, "102"), (older, "103")):
        register.lives(person, "3-1", room)
    register.enrol(willing, ONES, look_alike=True)
    register.enrol(declining, TWOS)
    register.enrol(older, TWOS, model="an-older-model")
    register.consent(willing)
    register.consent(declining, agreed=False)
    register.consent(older)
    body = look(gate)
    assert people(body) == ["a", "b", "c"]
    assert (body.roster.rows, body.roster.width, body.templates) == ([0], 4, ONES)
    assert [person.second_credential for person in body.roster.people] == [True, False, False]
    with writing(register.engine) as session:
        session.execute(update(Consent).where(Consent.kind == "face").values(withdrawn_at=NOON))
    assert look(gate).roster.rows == []


def test_a_pin_works_with_its_room_and_only_under_its_gates_key(register: Register, look: Look) -> None:
    gate, other = (register.gate(name, register.compound) for name in ("gate-1", "gate-2"))
    person = register.person("a")
    register.lives(person, "3-1", "3-1-101")
    register.pin(person, "135790")
    body = look(gate)
    key = b64decode(body.roster.pin_key)
    assert [(pin.person, pin.mac) for pin in body.roster.pins] == [("a", pin_mac(key, "3-1-101", "135790"))]
    assert b64decode(look(other, changed=False).roster.pin_key) != key
    register.person("b")
    assert b64decode(look(gate).roster.pin_key) == key  # or each version would change every PIN


@pytest.mark.promise(9)
def test_a_gate_with_a_new_key_and_a_restored_server_get_another_pin_key(
    register: Register, look: Look
) -> None:
    gate = register.gate("gate-1", register.compound)
    keys = [look(gate).roster.pin_key]
    with writing(register.engine) as session:
        session.execute(update(Server).values(generation=2))
    keys.append(look(gate).roster.pin_key)
    register.gate_key = X25519PrivateKey.generate()
    with writing(register.engine) as session:
        session.execute(update(Gate).values(seal_key=register.gate_key.public_key().public_bytes_raw()))
    keys.append(look(gate).roster.pin_key)
    assert len(set(keys)) == 3


def test_a_pass_says_its_uses_its_home_and_that_it_was_cancelled(
    register: Register, look: Look, clock: MovableClock
) -> None:
    first, second = (register.gate(name, register.compound) for name in ("gate-1", "gate-2"))
    visit = register.visit(first, second)
    anywhere = register.visit(pin="87654321")
    body = look(first)
    passes = {str(one.id): one for one in body.roster.passes}
    key = b64decode(body.roster.pin_key)
    assert passes[visit.pass_id].home
    assert passes[visit.pass_id].mac == pin_mac(key, VISITOR_ROOM, "12345678")
    assert not passes[anywhere.pass_id].home
    assert not any(one.home for one in look(second).roster.passes)
    with writing(register.engine) as session:
        session.add(PassClaim(id=uuid4(), visit_id=visit.id, gate_id=first, at=NOON))
        session.execute(update(Visit).where(Visit.id == anywhere.id).values(cancelled_at=NOON))
    passes = {str(one.id): one for one in look(first).roster.passes}
    assert (passes[visit.pass_id].used, passes[visit.pass_id].uses) == (1, 2)
    assert passes[anywhere.pass_id].cancelled
    clock.pass_by(timedelta(hours=25))
    assert len(look(first, changed=False).roster.passes) == 2
    clock.pass_by(timedelta(hours=1))
    assert look(first, changed=False).roster.passes == []


@pytest.mark.promise(8)
def test_the_end_of_a_membership_makes_a_new_version_without_anybodys_doing(
    register: Register, look: Look, clock: MovableClock
) -> None:
    gate = register.gate("gate-1", register.compound)
    register.lives(register.person("a"), "3-1", "101", until=NOON + timedelta(hours=1))
    before = look(gate)
    assert before.roster.people[0].until == NOON + timedelta(hours=1)
    clock.pass_by(timedelta(hours=1))
    after = look(gate, changed=False)
    assert (people(after), after.roster.version) == ([], before.roster.version + 1)


def test_a_change_that_does_not_concern_a_gate_makes_no_new_version(register: Register, look: Look) -> None:
    door = register.gate("gate-2", register.building_of("3-1"))
    register.lives(register.person("a"), "3-1", "101")
    register.pin(register.person("b"), "135790")
    before = look(door)
    register.lives(register.person("c"), "5-1", "101")
    assert look(door) == before


def test_three_versions_are_kept_whole(register: Register, look: Look) -> None:
    gate = register.gate("gate-1", register.compound)
    for name in "abcde":
        register.person(name)
        look(gate)
    with reading(register.engine) as session:
        wholes = select(SealedRoster.version).where(SealedRoster.sealed.is_not(None))
        assert sorted(session.scalars(wholes)) == [3, 4, 5]


@pytest.mark.promise(8)
def test_a_restored_server_says_a_higher_generation(register: Register, look: Look) -> None:
    gate = register.gate("gate-1", register.compound)
    assert look(gate).roster.generation == 1
    with writing(register.engine) as session:
        session.execute(update(Server).values(generation=2))
    assert look(gate).roster.generation == 2


def test_manifests_are_said_again_on_a_new_connection_and_every_hour(
    register: Register, look: Look, dispatch: Dispatch, announcer: FakeAnnouncer, clock: MovableClock
) -> None:
    gate = register.gate("gate-1", register.compound)
    look(gate)
    said = len(announcer.published)
    dispatch.turn()
    assert len(announcer.published) == said
    announcer.connection = 2
    dispatch.turn()
    clock.pass_by(timedelta(hours=1))
    dispatch.turn()
    assert len(announcer.published) == said + 2


@pytest.mark.promise(9)
def test_a_template_that_was_changed_in_the_vault_keeps_nobody_else_out(
    register: Register, vault: FakeVault, look: Look
) -> None:
    gate = register.gate("gate-1", register.compound)
    for name, numbers in (("a", ONES), ("b", TWOS)):
        person = register.person(name)
        register.enrol(person, numbers)
        register.consent(person)
    honest = vault.read_many

    def read_many(vault_ids: Sequence[str]) -> dict[str, StoredFace]:
        if "vault-a" in vault_ids:
            raise ChangedTemplate(["vault-a"])
        return honest(vault_ids)

    vault.read_many = read_many
    body = look(gate)
    assert (people(body), body.roster.rows, body.templates) == (["a", "b"], [1], TWOS)


def test_a_gate_that_never_spoke_gets_no_roster_and_a_revoked_one_no_more(
    register: Register, dispatch: Dispatch, announcer: FakeAnnouncer
) -> None:
    dispatch.turn()  # gate-main of the town has no state
    assert announcer.published == []


def test_a_pass_is_signed_for_web_alone(register: Register, dispatch: Dispatch) -> None:
    gate = register.gate("gate-1", register.compound)
    visit = register.visit(gate)
    with writing(register.engine) as session:
        for subject in (f"visit:{visit.id}", f"visit:{uuid4()}"):
            put(session, NewJob(Queue.DISPATCH, JobKind.SIGN_PASS, subject), "test", NOON)
    dispatch.turn()
    with reading(register.engine) as session:
        sealed = session.get_one(Visit, visit.id).token_sealed
        states = session.scalars(select(Job.state).order_by(Job.id)).all()
    assert sealed is not None
    token = unseal(register.web_key, "pass token", sealed).decode()
    read = read_token(token, CompoundId("wutong"), trusted(register.keys.passes.private.public_key()))
    assert (read.pass_id, read.uses, read.has_home(gate)) == (visit.pass_id, 2, True)
    assert states == ["done", "refused"]


@pytest.mark.promise(8)
def test_a_pass_at_the_end_of_all_time_keeps_no_roster_from_being_made(
    register: Register, look: Look
) -> None:
    gate = register.gate("gate-1", register.compound)
    register.visit(gate, until=datetime.max.replace(tzinfo=UTC))
    assert [row.until for row in look(gate).roster.passes] == [datetime.max.replace(tzinfo=UTC)]
