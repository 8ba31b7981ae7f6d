"""Codes and PINs at a gate: what they prove, and when the server is asked."""

from base64 import b64encode
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.claim import ClaimAnswerV1
from contracts.ids import GateId, KeyId, PassId
from contracts.pass_token import PassToken, write_token
from contracts.roster import PassKey
from contracts.signing import SigningKey
from contracts.words import Method, Outcome, Reason
from gate.access.rights import Rights
from gate.mqtt.fetch import NotReached
from gate.wicket import Here, Wicket
from tests.gate.at_the_gate import (
    COMPOUND,
    EAST,
    HOUR,
    NOON,
    PIN,
    ROOM,
    VISITOR_PIN,
    WANG,
    AtTheGate,
    FakeServer,
    a_pass,
    a_roster,
    typed,
)

SIGNER = SigningKey(KeyId("pass-1"), Ed25519PrivateKey.generate())
PUBLIC = PassKey(id=SIGNER.id, public=b64encode(SIGNER.private.public_key().public_bytes_raw()).decode())
CUT_OFF = NotReached("timeout")


class Stand(AtTheGate):
    """A gate with a wicket and a server."""

    def __init__(self) -> None:
        super().__init__()
        self.server = FakeServer()
        here = Here(COMPOUND, EAST, self.clock.now)
        self.wicket = Wicket(here, self.attendant, lambda: self.known.rights, self.server)
        self.known.rights = Rights.of(a_roster(keys=(PUBLIC,)))


@pytest.fixture
def gate() -> Stand:
    return Stand()


def a_code(
    until: datetime = NOON + HOUR, gates: tuple[GateId, ...] = (), uses: int = 1, signer: SigningKey = SIGNER
) -> str:
    token = PassToken(PassId.random(), COMPOUND, NOON - HOUR, until, uses, gates)
    return write_token(token, signer)


def test_a_signed_pass_opens_once_the_server_gave_the_use(gate: Stand) -> None:
    assert gate.wicket.try_code(a_code()).outcome is Outcome.GRANTED
    who, what = gate.records.passages[0]
    assert (what.method, who.pass_id) == (Method.QR, gate.server.asked[0].pass_id)
    assert gate.server.asked[0].id == what.id


def test_the_servers_refusal_is_the_gates(gate: Stand) -> None:
    gate.server.answer = ClaimAnswerV1(id=uuid4(), refused=Reason.SPENT)
    assert gate.wicket.try_code(a_code()).reason is Reason.SPENT
    assert gate.door.pulses == []


@pytest.mark.promise(7)
def test_cut_off_only_the_home_gate_opens(gate: Stand) -> None:
    gate.server.answer = CUT_OFF
    assert gate.wicket.try_code(a_code()).reason is Reason.UNCONFIRMED
    assert gate.wicket.try_code(a_code(gates=(GateId("west"), EAST))).reason is Reason.UNCONFIRMED
    home = a_code(gates=(EAST, GateId("west")))
    assert gate.wicket.try_code(home).outcome is Outcome.GRANTED
    assert gate.wicket.try_code(home).reason is Reason.SPENT


def test_a_forged_pass_is_refused_without_asking_anybody(gate: Stand) -> None:
    other = replace(SIGNER, private=Ed25519PrivateKey.generate())
    assert gate.wicket.try_code(a_code(signer=other)).reason is Reason.FORGED
    assert gate.server.asked == []


def test_a_pass_the_gate_itself_turns_away_takes_no_use_at_the_server(gate: Stand) -> None:
    assert gate.wicket.try_code(a_code(until=NOON)).reason is Reason.EXPIRED
    assert gate.wicket.try_code(a_code(gates=(GateId("west"),))).reason is Reason.WRONG_GATE
    gate.clock.trusted = False
    assert gate.wicket.try_code(a_code()).reason is Reason.NO_CLOCK
    assert gate.server.asked == []


def test_a_code_that_is_no_pass_is_nobodys_attempt(gate: Stand) -> None:
    assert gate.wicket.show_code("https://example.com/menu") is None
    tried = gate.wicket.show_code(a_code())
    assert tried is not None
    assert tried.result(5).outcome is Outcome.GRANTED
    gate.wicket.close()


@pytest.mark.promise(4)
def test_a_resident_opens_with_room_and_pin(gate: Stand) -> None:
    answer = gate.wicket.type_pin(typed(PIN, " 3-2-1201 ")).result(5)
    assert (answer.outcome, answer.method) == (Outcome.GRANTED, Method.PIN)
    assert gate.records.passages[0][0].person == WANG
    assert gate.server.asked == []


@pytest.mark.parametrize(
    ("pin", "room"), [(PIN, "3-2-1202"), ("000000", ROOM), (PIN, ""), (PIN, "no room!"), (VISITOR_PIN, ROOM)]
)
def test_a_wrong_pin_or_room_is_one_and_the_same_refusal(gate: Stand, pin: str, room: str) -> None:
    gate.known.rights = Rights.of(a_roster(a_pass()))
    assert gate.wicket.try_pin(typed(pin, room)).reason is Reason.WRONG_PIN


def test_a_visitor_opens_with_the_eight_digits_of_the_pass_once(gate: Stand) -> None:
    row = a_pass(home=True)
    gate.known.rights = Rights.of(a_roster(row))
    assert gate.wicket.try_pin(typed(VISITOR_PIN)).outcome is Outcome.GRANTED
    assert gate.records.passages[0][0].pass_id == row.id
    assert gate.wicket.try_pin(typed(VISITOR_PIN)).reason is Reason.SPENT


def test_a_locked_keypad_looks_no_pin_up_and_asks_no_server(gate: Stand) -> None:
    gate.known.rights = Rights.of(a_roster(a_pass()))
    for _ in range(5):
        gate.wicket.try_pin(typed("00000000"))
    assert gate.wicket.try_pin(typed(VISITOR_PIN)).reason is Reason.LOCKED_OUT
    assert gate.server.asked == []
    assert gate.door.pulses == []


@pytest.mark.promise(1)
def test_with_a_full_disk_no_pass_and_no_pin_opens(gate: Stand) -> None:
    gate.records.full = True
    assert gate.wicket.try_code(a_code()).reason is Reason.NO_RECORD
    assert gate.wicket.try_pin(typed(PIN, ROOM)).reason is Reason.NO_RECORD
    assert gate.door.pulses == []


@pytest.mark.promise(1)
def test_a_use_lost_to_a_full_disk_is_asked_for_again_under_its_own_id(gate: Stand) -> None:
    code = a_code()
    gate.records.full = True
    assert gate.wicket.try_code(code).reason is Reason.NO_RECORD
    gate.records.full, gate.spent.used = False, {}
    assert gate.wicket.try_code(code).outcome is Outcome.GRANTED
    assert len({claim.id for claim in gate.server.asked}) == 1
