"""A change goes to the gates as a step from what they hold, and the whole comes behind it."""

import hashlib
import itertools
import struct
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from admin.db.revision import raise_revision
from admin.db.session import reading, writing
from admin.db.tables import Consent, Face, Person, SealedRoster, Server
from admin.dispatch.census import KnownFace
from admin.dispatch.loop import Dispatch, Outside
from admin.dispatch.shelf import Shelf
from admin.vault.templates import StoredFace
from contracts.ids import GateId
from contracts.roster import RosterBody, decode_roster, encode_roster
from contracts.roster_delta import DELTA_PURPOSE, apply_deltas, decode_delta
from contracts.sealing import unseal
from tests.admin.dispatch.register import ONES, TWOS, FakeAnnouncer, FakeVault, Look, MovableClock, Register
from tests.chains import NOON

LONG = struct.pack("<4096f", *range(1, 4097))  # one template that makes the whole long beside a step


@pytest.fixture
def gate(register: Register) -> GateId:
    """A gate that knows somebody whose template is long."""
    gate = register.gate("gate-1", register.compound)
    person = register.person("a")
    register.enrol(person, LONG)
    register.consent(person)
    return gate


def rows(register: Register) -> list[SealedRoster]:
    with reading(register.engine) as session:
        return list(
            session.scalars(select(SealedRoster).order_by(SealedRoster.version, SealedRoster.gate_id))
        )


def digest_of(body: RosterBody) -> str:
    return hashlib.sha256(encode_roster(body)).hexdigest()


def opened(register: Register, row: SealedRoster, base: RosterBody) -> RosterBody:
    """The step as the gate takes it."""
    assert row.step is not None
    delta = decode_delta(unseal(register.gate_key, DELTA_PURPOSE, row.step))
    return apply_deltas(base, digest_of(base), [delta])


def change(register: Register, name: str) -> None:
    register.person(name)
    with writing(register.engine) as session:
        raise_revision(session)


@pytest.mark.promise(8)
def test_a_change_is_a_step_of_less_than_four_kilobytes_from_the_version_before(
    register: Register, gate: GateId, look: Look
) -> None:
    base = look(gate)
    register.person("b")
    after = look(gate)
    first, second = rows(register)
    assert (first.step, second.step_from) == (None, first.digest)
    assert len(second.step or b"") < 4_000
    assert opened(register, second, base) == after
    assert [person.id for person in after.roster.people] == ["a", "b"]


def test_the_whole_of_a_step_is_sealed_once_every_gate_was_told(
    register: Register, gate: GateId, dispatch: Dispatch, announcer: FakeAnnouncer, vault: FakeVault
) -> None:
    second = register.gate("gate-2", register.compound)
    dispatch.turn()
    change(register, "b")
    dispatch.turn()
    told = [(row.gate_id, row.step is not None, row.sealed is not None) for row in rows(register)[2:]]
    assert told == [(gate, True, True), (second, True, False)]  # one whole a turn
    dispatch.turn()
    assert all(row.sealed is not None for row in rows(register))


def test_a_gate_is_told_the_whole_where_little_is_left(register: Register, gate: GateId, look: Look) -> None:
    look(gate)
    person = register.person("b")
    register.enrol(person, LONG[4:] + LONG[:4])
    register.consent(person)
    look(gate)
    assert [row.step for row in rows(register)] == [None, None]


def another(register: Register, vault: FakeVault, clock: MovableClock) -> Dispatch:
    """Dispatch after a restart: it remembers nothing."""
    outside = Outside(vault, FakeAnnouncer(), register.web_key.public_key(), clock, lambda _seconds: True)
    return Dispatch(register.engine, register.keys, outside)


def test_a_dispatch_that_starts_anew_makes_no_new_version_and_goes_on_with_steps(
    register: Register, gate: GateId, look: Look, vault: FakeVault, clock: MovableClock
) -> None:
    base = look(gate)
    clock.pass_by(timedelta(minutes=5))
    restarted = another(register, vault, clock)
    restarted.turn()
    assert len(rows(register)) == 1
    change(register, "b")
    restarted.turn()
    assert len(opened(register, rows(register)[-1], base).roster.people) == 2


def test_a_whole_that_was_owed_at_a_crash_is_sealed_after_the_restart(
    register: Register, gate: GateId, look: Look, vault: FakeVault, clock: MovableClock
) -> None:
    look(gate)
    register.person("b")
    after = look(gate)
    with writing(register.engine) as session:
        session.execute(update(SealedRoster).where(SealedRoster.version == 2).values(sealed=None))
    another(register, vault, clock).turn()
    sealed = rows(register)[-1].sealed
    assert sealed is not None
    assert decode_roster(unseal(register.gate_key, "roster", sealed)) == after


def test_thirty_two_steps_are_kept(register: Register, gate: GateId, look: Look) -> None:
    for number in range(34):
        register.person(f"b{number}")
        look(gate)
    kept = rows(register)
    assert [row.version for row in kept] == list(range(3, 35))
    assert all(row.step_from == before.digest for before, row in itertools.pairwise(kept))


def test_the_register_says_up_to_when_all_rosters_say_what_it_says(
    register: Register, gate: GateId, dispatch: Dispatch, clock: MovableClock
) -> None:
    dispatch.turn()
    clock.pass_by(timedelta(seconds=7))
    change(register, "b")
    dispatch.turn()
    with reading(register.engine) as session:
        assert session.scalar(select(Server.looked_at)) == NOON + timedelta(seconds=7)


def long_face(number: int) -> bytes:
    """Of one length and no likeness."""
    return struct.pack("<f", number) + LONG[4:]


@pytest.fixture
def people(register: Register) -> list[UUID]:
    """Ten enrolled people: a face more or less is a step beside all of theirs."""
    enrolled = [register.person(f"p{number}") for number in range(10)]
    for number, person in enumerate(enrolled):
        register.enrol(person, long_face(number))
        register.consent(person)
    return enrolled


def withdrawn(register: Register, person: UUID) -> None:
    with writing(register.engine) as session:
        session.execute(update(Consent).where(Consent.person_id == person).values(withdrawn_at=NOON))


def kept_bodies(register: Register) -> list[tuple[int, bool, bool]]:
    """Of each version, whether its whole and its step are there."""
    return [(row.version, row.sealed is not None, row.step is not None) for row in rows(register)]


def holding(register: Register, template: bytes) -> list[int]:
    """The versions whose kept bodies hold the template, opened with the gate's key."""
    found: list[int] = []
    for row in rows(register):
        bodies = (row.sealed, "roster"), (row.step, DELTA_PURPOSE)
        contents = [unseal(register.gate_key, purpose, body) for body, purpose in bodies if body is not None]
        if any(template in content for content in contents):
            found.append(row.version)
    return found


@pytest.mark.promise(9)
@pytest.mark.promise(12)
@pytest.mark.usefixtures("people")
def test_no_kept_body_holds_the_template_of_somebody_who_is_gone(register: Register, look: Look) -> None:
    gate = register.gate("gate-1", register.compound)
    look(gate)
    came = register.person("came")
    register.enrol(came, long_face(99))
    register.consent(came)
    look(gate)
    register.person("faceless")
    before = look(gate)
    assert kept_bodies(register) == [(1, True, False), (2, True, True), (3, True, True)]
    assert holding(register, long_face(99)) == [2, 3]

    withdrawn(register, came)
    after = look(gate)
    assert holding(register, long_face(99)) == []
    assert kept_bodies(register) == [(1, False, False), (2, False, False), (3, False, True), (4, True, True)]
    assert opened(register, rows(register)[-1], before) == after
    assert long_face(99) not in after.templates


@pytest.mark.promise(8)
def test_who_was_away_while_two_were_revoked_still_comes_by_steps(
    register: Register, people: list[UUID], look: Look
) -> None:
    gate = register.gate("gate-1", register.compound)
    held = after = look(gate)
    for person in people[:2]:
        withdrawn(register, person)
        after = look(gate)
    for row in rows(register)[1:]:
        held = opened(register, row, held)
    assert held == after


@pytest.mark.promise(9)
def test_a_face_that_was_made_anew_leaves_no_old_one_behind(
    register: Register, people: list[UUID], look: Look, vault: FakeVault
) -> None:
    gate = register.gate("gate-1", register.compound)
    look(gate)
    with writing(register.engine) as session:
        later = NOON + timedelta(days=1)
        session.execute(update(Face).where(Face.person_id == people[0]).values(enrolled_at=later))
    vault.faces["vault-p0"] = StoredFace(vault.faces["vault-p0"].model, (long_face(77),))
    look(gate)
    assert (holding(register, long_face(0)), holding(register, long_face(77))) == ([], [2])


@pytest.mark.promise(9)
def test_who_goes_while_dispatch_is_down_is_gone_from_the_older_bodies_after_its_start(
    register: Register, people: list[UUID], look: Look, vault: FakeVault, clock: MovableClock
) -> None:
    look(register.gate("gate-1", register.compound))
    withdrawn(register, people[0])
    another(register, vault, clock).turn()
    assert kept_bodies(register) == [(1, False, False), (2, True, False)]
    assert holding(register, long_face(0)) == []


@pytest.mark.promise(5)
def test_a_template_is_read_once_and_leaves_dispatchs_memory_with_the_consent(
    register: Register, vault: FakeVault, look: Look
) -> None:
    gate = register.gate("gate-1", register.compound)
    people = [register.person(name) for name in ("a", "b")]
    for person, numbers in zip(people, (ONES, TWOS), strict=True):
        register.enrol(person, numbers)
        register.consent(person)
    assert len(look(gate).roster.rows) == 2
    vault.faces["vault-b"] = StoredFace(vault.faces["vault-b"].model, (ONES,))
    register.person("c")
    assert look(gate).templates == ONES + TWOS  # as it was read at first
    with writing(register.engine) as session:
        session.execute(update(Consent).where(Consent.person_id == people[1]).values(withdrawn_at=NOON))
    assert look(gate).templates == ONES
    with writing(register.engine) as session:
        session.execute(update(Consent).values(withdrawn_at=None))
    assert look(gate).templates == ONES + ONES


def test_a_shelf_lets_go_of_what_is_not_named(vault: FakeVault, register: Register, gate: GateId) -> None:
    with reading(register.engine) as session:
        vault_id = session.scalars(select(Person.vault_id)).one()
    shelf = Shelf(vault)
    face = KnownFace(vault_id, NOON, 1, look_alike=False)
    assert list(shelf.of([face])) == [vault_id]
    vault.faces.clear()
    assert list(shelf.of([face])) == [vault_id]
    shelf.keep_only([])
    assert list(shelf.of([face])) == []
