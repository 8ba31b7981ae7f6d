"""One attempt at a gate: what is written, opened and said, and in which order."""

import pytest

from contracts.ids import StaffId, uuid7
from contracts.words import AlarmKind, Direction, DoorState, Method, Outcome, Reason
from gate.access.claim import Claim, Measured, ShownPass, Use
from gate.access.policy import Liveness
from gate.access.rights import Rights
from gate.attendant import ByHand
from gate.screen.words import Condition
from tests.gate.at_the_gate import WANG, AtTheGate, a_pass, a_roster

STRANGER = Claim(Method.FACE, doubt=Reason.UNKNOWN)
RESIDENT = Claim(Method.FACE, person=WANG)
WRONG_PIN = Claim(Method.PIN, doubt=Reason.WRONG_PIN)


@pytest.fixture
def gate() -> AtTheGate:
    gate = AtTheGate()
    gate.known.rights = Rights.of(a_roster())
    return gate


@pytest.mark.promise(1)
def test_the_passage_is_on_disk_before_the_door_is_pulsed(gate: AtTheGate) -> None:
    answer = gate.attendant.attend(RESIDENT)
    assert gate.diary == ["passage granted", "pulse", "pulse noted True"]
    assert answer.outcome is Outcome.GRANTED
    assert gate.door.pulses == [3.0]
    assert gate.wakes == 1


@pytest.mark.promise(1)
@pytest.mark.promise(6)
def test_with_a_full_disk_the_door_stays_shut_and_the_screen_says_so(gate: AtTheGate) -> None:
    gate.records.full = True
    answer = gate.attendant.attend(RESIDENT)
    assert (answer.outcome, answer.reason) == (Outcome.DENIED, Reason.NO_RECORD)
    assert gate.door.pulses == []
    board = gate.stage.board()
    assert board.answer == answer
    assert Condition.NO_RECORD in board.conditions
    assert gate.health.report(gate.clock.seconds).troubles == 1


@pytest.mark.promise(13)
@pytest.mark.promise(1)
def test_with_a_full_disk_whoever_wants_to_leave_gets_out_and_the_screen_says_what_is_the_matter(
    gate: AtTheGate,
) -> None:
    gate.records.full = True
    answer = gate.attendant.open_by_hand(ByHand(uuid7(), Method.EXIT))
    assert answer is not None
    assert answer.outcome is Outcome.GRANTED
    assert gate.diary == ["kept for later", "pulse"]
    (kept,) = gate.records.later
    assert (kept.method, kept.direction, kept.reason) == (Method.EXIT, Direction.OUT, Reason.NO_RECORD)
    assert Condition.NO_RECORD in gate.stage.board().conditions
    assert gate.health.report(gate.clock.seconds).troubles == 1


@pytest.mark.promise(1)
def test_a_relay_that_is_silent_to_somebody_who_wants_to_leave_is_said_without_a_record_too(
    gate: AtTheGate,
) -> None:
    gate.records.full, gate.door.broken = True, True
    answer = gate.attendant.open_by_hand(ByHand(uuid7(), Method.EXIT))
    assert answer is not None
    assert (answer.outcome, answer.reason) == (Outcome.DENIED, Reason.DOOR_FAULT)
    assert gate.diary == ["kept for later", "pulse"]


@pytest.mark.promise(1)
@pytest.mark.promise(13)
@pytest.mark.parametrize("direction", list(Direction))
def test_with_a_full_disk_nothing_opens_but_the_exit_button(direction: Direction) -> None:
    gate = AtTheGate(direction=direction)
    gate.known.rights = Rights.of(a_roster())
    gate.records.full = True
    shown = ShownPass.listed(a_pass())
    for claim in (
        RESIDENT,
        Claim(Method.PIN, person=WANG),
        Claim(Method.QR, shown=shown, use=Use(reached=True)),
    ):
        assert gate.attendant.attend(claim).reason is Reason.NO_RECORD
    ordered = gate.attendant.open_by_hand(ByHand(uuid7(), Method.GUARD, StaffId("account-1")))
    assert ordered is not None
    assert ordered.reason is Reason.NO_RECORD
    assert gate.door.pulses == []
    assert gate.records.later == []


def test_once_the_disk_takes_records_again_the_door_opens_and_the_warning_goes(gate: AtTheGate) -> None:
    gate.records.full = True
    gate.attendant.attend(RESIDENT)
    gate.records.full = False
    assert gate.attendant.attend(RESIDENT).outcome is Outcome.GRANTED
    assert Condition.NO_RECORD not in gate.stage.board().conditions


@pytest.mark.promise(1)
def test_a_pulse_that_cannot_be_noted_is_not_repeated(gate: AtTheGate) -> None:
    gate.door.afterwards = gate.records.fill
    assert gate.attendant.attend(RESIDENT).outcome is Outcome.GRANTED
    assert gate.door.pulses == [3.0]
    assert Condition.NO_RECORD in gate.stage.board().conditions


@pytest.mark.promise(6)
def test_a_stranger_gets_an_outcome_a_record_and_no_door(gate: AtTheGate) -> None:
    answer = gate.attendant.attend(STRANGER)
    who, what = gate.records.passages[0]
    assert (who.person, who.pass_id) == (None, None)
    assert (what.outcome, what.reason, answer.reason) == (Outcome.DENIED, Reason.UNKNOWN, Reason.UNKNOWN)
    assert gate.door.pulses == []


def test_a_record_says_what_was_measured_and_under_which_roster(gate: AtTheGate) -> None:
    measured = Measured(score=0.4, margin=0.2, frames=3, waited_ms=620, live=0.9)
    gate.attendant.attend(Claim(Method.FACE, person=WANG, live=True, measured=measured))
    who, what = gate.records.passages[0]
    assert who.person == WANG
    assert (what.score, what.margin, what.frames, what.waited_ms, what.live) == (0.4, 0.2, 3, 620, 0.9)
    assert (what.roster_version, what.monotonic_ms, what.clock_trusted) == (7, 1_000_000, True)


def test_a_silent_relay_is_recorded_alarmed_and_said_and_not_asked_again(gate: AtTheGate) -> None:
    gate.door.broken = True
    answer = gate.attendant.attend(RESIDENT)
    assert answer.reason is Reason.DOOR_FAULT
    assert gate.diary.count("pulse") == 1
    assert gate.records.pulses == [(gate.records.passages[0][1].id, False)]
    assert gate.records.alarms == [AlarmKind.DOOR_FAULT]


def test_five_wrong_pins_lock_the_keypad_and_alarm_the_guard_once(gate: AtTheGate) -> None:
    for _ in range(5):
        assert gate.attendant.attend(WRONG_PIN).reason is Reason.WRONG_PIN
    assert gate.attendant.is_keypad_locked
    assert gate.attendant.attend(Claim(Method.PIN, person=WANG)).reason is Reason.LOCKED_OUT
    assert gate.records.alarms == [AlarmKind.LOCKOUT]
    gate.clock.forward(60)
    assert gate.attendant.attend(Claim(Method.PIN, person=WANG)).outcome is Outcome.GRANTED


def test_a_face_that_is_none_alarms_the_guard_where_the_gate_refuses_it() -> None:
    gate = AtTheGate(liveness=Liveness.REFUSE)
    gate.known.rights = Rights.of(a_roster())
    assert gate.attendant.attend(Claim(Method.FACE, person=WANG, live=False)).reason is Reason.NOT_LIVE
    assert gate.records.alarms == [AlarmKind.SPOOF]


def test_a_picture_held_up_again_and_again_raises_one_alarm(gate: AtTheGate) -> None:
    picture = Claim(Method.FACE, doubt=Reason.NOT_LIVE)
    gate.attendant.attend(picture)
    gate.records.counts = True
    assert gate.attendant.attend(picture).outcome is Outcome.DENIED
    assert gate.records.alarms == [AlarmKind.SPOOF]


def test_a_use_is_noted_before_the_passage_and_the_door(gate: AtTheGate) -> None:
    shown = ShownPass.listed(a_pass())
    gate.attendant.attend(Claim(Method.QR, shown=shown, use=Use(reached=True)))
    assert gate.diary == ["use", "passage granted", "pulse", "pulse noted True"]


def test_a_pass_for_one_use_opens_once_even_when_the_server_is_forgetful(gate: AtTheGate) -> None:
    claim = Claim(Method.QR, shown=ShownPass.listed(a_pass()), use=Use(reached=True))
    assert gate.attendant.would_grant(claim)
    assert gate.attendant.attend(claim).outcome is Outcome.GRANTED
    assert not gate.attendant.would_grant(claim)
    assert gate.attendant.attend(claim).reason is Reason.SPENT


def test_a_welcome_is_not_talked_over_by_a_face_the_camera_does_not_know(gate: AtTheGate) -> None:
    gate.attendant.attend(Claim(Method.QR, shown=ShownPass.listed(a_pass()), use=Use(reached=True)))
    gate.clock.forward(1)
    gate.attendant.attend(STRANGER)
    board = gate.stage.board()
    assert board.answer is not None
    assert board.answer.outcome is Outcome.GRANTED
    assert len(gate.records.passages) == 2
    gate.clock.forward(2)
    gate.attendant.attend(STRANGER)
    board = gate.stage.board()
    assert board.answer is not None
    assert board.answer.reason is Reason.UNKNOWN


def test_an_alarm_that_cannot_be_written_is_said_on_the_screen(gate: AtTheGate) -> None:
    gate.records.full = True
    gate.attendant.alarm(AlarmKind.CAMERA_LOST)
    assert Condition.NO_RECORD in gate.stage.board().conditions
    assert gate.door.state() is DoorState.UNKNOWN


@pytest.mark.promise(7)
def test_a_stale_roster_opens_for_nobody(gate: AtTheGate) -> None:
    gate.known.stale = True
    assert gate.attendant.attend(RESIDENT).reason is Reason.STALE_RIGHTS
    assert gate.door.pulses == []
