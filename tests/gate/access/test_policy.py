"""Who gets in: one function, every method, every reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.ids import PassId, PersonId
from contracts.roster import RosterPass, RosterPerson
from contracts.words import Method, Outcome, Reason
from gate.access.claim import CUT_OFF, Claim, ShownPass, Use
from gate.access.policy import Ask, Decision, Deny, GateState, Grant, Liveness, decide, outcome_of
from gate.access.rights import NO_RIGHTS, Rights

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WANG = PersonId("a1")
TAKEN = Use(reached=True)


def rights(person: RosterPerson | None = None, row: RosterPass | None = None) -> Rights:
    return Rights(
        people={person.id: person} if person else {},
        passes={row.id: row} if row else {},
    )


RESIDENT = RosterPerson(id=WANG)
HOUSE = rights(RESIDENT)


def a_face(live: bool | None = True, doubt: Reason | None = None) -> Claim:
    return Claim(Method.FACE, person=None if doubt else WANG, doubt=doubt, live=live)


def a_pin(doubt: Reason | None = None) -> Claim:
    return Claim(Method.PIN, person=None if doubt else WANG, doubt=doubt)


SHOWN = ShownPass(PassId.random(), NOON - HOUR, NOON + HOUR, uses=2, here=True, home=False)


def a_row(shown: ShownPass = SHOWN) -> RosterPass:
    return RosterPass(id=shown.pass_id, since=shown.since, until=shown.until, uses=shown.uses)


def a_code(shown: ShownPass = SHOWN, use: Use = TAKEN, used: int = 0) -> Claim:
    return Claim(Method.QR, shown=shown, use=use, used=used)


def ruling(claim: Claim, held: Rights = HOUSE, state: GateState | None = None) -> Decision:
    return decide(claim, held, state or GateState(), NOON)


def test_a_resident_is_let_in_by_face_and_by_pin() -> None:
    assert ruling(a_face()) == Grant()
    assert ruling(a_pin()) == Grant()


@pytest.mark.promise(6)
@pytest.mark.parametrize("doubt", [Reason.UNKNOWN, Reason.POOR_QUALITY, Reason.NOT_LIVE])
def test_a_doubtful_face_leaves_the_door_shut_and_says_why(doubt: Reason) -> None:
    assert ruling(a_face(doubt=doubt)) == Deny(doubt)


@pytest.mark.promise(6)
def test_a_claim_that_names_nobody_is_a_stranger() -> None:
    assert ruling(Claim(Method.FACE, live=True)) == Deny(Reason.UNKNOWN)


@pytest.mark.promise(6)
def test_somebody_who_could_be_two_people_is_asked_for_a_second_credential() -> None:
    assert ruling(a_face(doubt=Reason.AMBIGUOUS)) == Ask(Reason.AMBIGUOUS)


@pytest.mark.promise(6)
def test_a_known_look_alike_is_asked_but_the_own_pin_opens() -> None:
    twins = rights(RosterPerson(id=WANG, second_credential=True))
    assert ruling(a_face(), twins) == Ask(Reason.AMBIGUOUS)
    assert ruling(a_pin(), twins) == Grant()


@pytest.mark.promise(6)
@pytest.mark.parametrize("doubt", [None, Reason.AMBIGUOUS])
def test_a_picture_of_somebodys_double_is_refused_as_any_other(doubt: Reason | None) -> None:
    twins = rights(RosterPerson(id=WANG, second_credential=True))
    strict = GateState(liveness=Liveness.REFUSE)
    assert ruling(a_face(live=False, doubt=doubt), twins, strict) == Deny(Reason.NOT_LIVE)
    assert ruling(a_face(live=True, doubt=doubt), twins, strict) == Ask(Reason.AMBIGUOUS)


@pytest.mark.promise(6)
def test_a_face_in_the_gallery_without_a_row_in_the_roster_has_no_rights() -> None:
    assert ruling(a_face(), NO_RIGHTS) == Deny(Reason.NO_RIGHTS)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (NOON, None, Grant()),
        (None, NOON + MINUTE, Grant()),
        (NOON + MINUTE, None, Deny(Reason.NOT_NOW)),
        (None, NOON, Deny(Reason.NOT_NOW)),
        (NOON - HOUR, NOON + HOUR, Grant()),
    ],
)
def test_a_tenancy_with_a_window_counts_only_within_it(
    since: datetime | None, until: datetime | None, expected: Decision
) -> None:
    assert ruling(a_face(), rights(RosterPerson(id=WANG, since=since, until=until))) == expected


@pytest.mark.promise(7)
def test_without_a_trusted_clock_no_window_is_judged() -> None:
    blind = GateState(clock_trusted=False)
    tenant = rights(RosterPerson(id=WANG, until=NOON + HOUR))
    assert ruling(a_face(), tenant, blind) == Deny(Reason.NO_CLOCK)
    assert ruling(a_code(), tenant, blind) == Deny(Reason.NO_CLOCK)
    assert ruling(a_face(), HOUSE, blind) == Grant()


@pytest.mark.promise(6)
@pytest.mark.promise(7)
def test_on_a_roster_older_than_its_lease_nobody_passes() -> None:
    stale = GateState(stale=True)
    for claim in (a_face(), a_pin(), a_code()):
        assert ruling(claim, HOUSE, stale) == Deny(Reason.STALE_RIGHTS)


@pytest.mark.promise(4)
def test_an_operator_may_let_residents_pins_outlive_the_lease_but_no_face_and_no_pass() -> None:
    stale = GateState(stale=True, stale_pin=True)
    assert ruling(a_pin(), HOUSE, stale) == Grant()
    assert ruling(a_face(), HOUSE, stale) == Deny(Reason.STALE_RIGHTS)
    assert ruling(replace(a_code(), method=Method.PIN), HOUSE, stale) == Deny(Reason.STALE_RIGHTS)


@pytest.mark.parametrize("claim", [a_pin(), a_pin(Reason.WRONG_PIN), replace(a_code(), method=Method.PIN)])
def test_a_locked_keypad_takes_no_pin_right_or_wrong(claim: Claim) -> None:
    assert ruling(claim, state=GateState(keypad_locked=True)) == Deny(Reason.LOCKED_OUT)


@pytest.mark.promise(4)
def test_a_locked_keypad_stops_neither_faces_nor_codes() -> None:
    locked = GateState(keypad_locked=True)
    assert ruling(a_face(), state=locked) == Grant()
    assert ruling(a_code(), state=locked) == Grant()


@pytest.mark.promise(6)
@pytest.mark.parametrize(
    ("policy", "live", "expected"),
    [
        (Liveness.OFF, False, Grant()),
        (Liveness.OFF, None, Grant()),
        (Liveness.WARN, True, Grant()),
        (Liveness.WARN, None, Grant()),
        (Liveness.WARN, False, Grant(Reason.NOT_LIVE)),
        (Liveness.SECOND, True, Grant()),
        (Liveness.SECOND, None, Ask(Reason.NOT_LIVE)),
        (Liveness.SECOND, False, Ask(Reason.NOT_LIVE)),
        (Liveness.REFUSE, True, Grant()),
        (Liveness.REFUSE, None, Deny(Reason.NOT_LIVE)),
        (Liveness.REFUSE, False, Deny(Reason.NOT_LIVE)),
    ],
)
def test_what_a_gate_does_about_liveness(policy: Liveness, live: bool | None, expected: Decision) -> None:
    assert ruling(a_face(live), state=GateState(liveness=policy)) == expected


def test_a_visitor_whose_use_the_server_gave_is_let_in() -> None:
    assert ruling(a_code(), rights(row=a_row())) == Grant()


def test_a_pass_made_after_the_roster_is_the_servers_word() -> None:
    assert ruling(a_code(), NO_RIGHTS) == Grant()
    assert ruling(a_code(use=Use(True, Reason.CANCELLED)), NO_RIGHTS) == Deny(Reason.CANCELLED)


@pytest.mark.promise(7)
def test_cut_off_only_the_home_gate_takes_a_pass() -> None:
    assert ruling(a_code(use=CUT_OFF)) == Deny(Reason.UNCONFIRMED)
    assert ruling(a_code(replace(SHOWN, home=True), CUT_OFF)) == Grant()


@pytest.mark.parametrize("doubt", [Reason.FORGED, Reason.WRONG_PIN])
def test_a_forged_code_or_a_wrong_pin_proves_nothing(doubt: Reason) -> None:
    assert ruling(Claim(Method.QR, doubt=doubt)) == Deny(doubt)


@pytest.mark.parametrize(
    ("shown", "row", "used", "reason"),
    [
        (replace(SHOWN, since=NOON + MINUTE), None, 0, Reason.TOO_EARLY),
        (replace(SHOWN, until=NOON), None, 0, Reason.EXPIRED),
        (replace(SHOWN, here=False), None, 0, Reason.WRONG_GATE),
        (SHOWN, None, 2, Reason.SPENT),
        (SHOWN, a_row().model_copy(update={"used": 2}), 0, Reason.SPENT),
        (SHOWN, a_row().model_copy(update={"cancelled": True}), 0, Reason.CANCELLED),
        (SHOWN, a_row().model_copy(update={"until": NOON - MINUTE}), 0, Reason.EXPIRED),
    ],
)
def test_a_pass_is_turned_away_even_where_the_server_gave_a_use(
    shown: ShownPass, row: RosterPass | None, used: int, reason: Reason
) -> None:
    assert ruling(a_code(shown, used=used), rights(row=row)) == Deny(reason)


def test_a_visitor_is_turned_away_the_moment_the_pass_ends() -> None:
    last = decide(a_code(), NO_RIGHTS, GateState(), SHOWN.until - timedelta(microseconds=1))
    assert (last, decide(a_code(), NO_RIGHTS, GateState(), SHOWN.until)) == (Grant(), Deny(Reason.EXPIRED))


def test_every_decision_has_its_outcome_on_the_wire() -> None:
    assert outcome_of(Grant()) is Outcome.GRANTED
    assert outcome_of(Deny(Reason.UNKNOWN)) is Outcome.DENIED
    assert outcome_of(Ask(Reason.AMBIGUOUS)) is Outcome.ASKED


@pytest.mark.promise(13)
@pytest.mark.parametrize("claim", [a_face(), a_face(doubt=Reason.UNKNOWN), a_pin(), a_code()])
def test_in_a_fire_nobody_is_held_up_whatever_else_holds(claim: Claim) -> None:
    worst = GateState(stale=True, clock_trusted=False, keypad_locked=True, locked_down=True, fire=True)
    assert ruling(claim, NO_RIGHTS, worst) == Grant(Reason.FIRE)


@pytest.mark.parametrize("claim", [a_face(), a_face(doubt=Reason.UNKNOWN), a_pin(), a_code()])
def test_in_a_lock_down_nobody_is_let_in(claim: Claim) -> None:
    assert ruling(claim, state=GateState(locked_down=True)) == Deny(Reason.LOCK_DOWN)
