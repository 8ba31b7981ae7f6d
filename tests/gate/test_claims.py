"""The eye's verdict as a claim."""

import math

import pytest

from contracts.ids import PersonId
from contracts.words import Reason
from gate.access.policy import Ask, Decision, Deny, GateState, Grant, decide
from gate.access.policy import Liveness as Policy
from gate.access.rights import Rights
from gate.claims import face_claim
from gate.vision.approach import Verdict
from gate.vision.liveness import DEPTH, LIVE, Deep, Flat, Liveness, LooksAlive, LooksCopied, NotMeasured
from gate.vision.track import TrackId
from tests.gate.at_the_gate import NOON, WANG, a_roster

UNMEASURED = NotMeasured("no_turn_seen")


def a_verdict(
    person: PersonId | None = None,
    reason: Reason | None = None,
    liveness: Liveness = UNMEASURED,
    distance: float = 0.7,
) -> Verdict:
    return Verdict(
        track=TrackId(1),
        at=12.0,
        person=person,
        reason=reason,
        distance=distance,
        margin=math.inf,
        frames=3,
        first_usable_at=11.0,
        liveness=liveness,
    )


def test_a_recognised_person_is_claimed_with_what_was_measured() -> None:
    claim = face_claim(a_verdict(PersonId("a1")), now=12.034)
    assert (claim.person, claim.doubt, claim.live) == (PersonId("a1"), None, None)
    measured = claim.measured
    assert (measured.score, measured.frames, measured.waited_ms) == (0.7, 3, 1034)


@pytest.mark.promise(6)
def test_a_verdict_with_a_doubt_names_nobody_even_where_it_carries_a_person() -> None:
    claim = face_claim(a_verdict(PersonId("a1"), Reason.AMBIGUOUS), now=12)
    assert (claim.person, claim.doubt) == (None, Reason.AMBIGUOUS)


def test_distances_to_nobody_are_left_out() -> None:
    measured = face_claim(a_verdict(reason=Reason.UNKNOWN, distance=math.inf), now=12).measured
    assert (measured.score, measured.margin) == (None, None)


ALIVE, COPY, FAILED = LooksAlive(0.9), LooksCopied(0.05), NotMeasured("model_failed")


@pytest.mark.promise(6)
@pytest.mark.parametrize(
    ("policy", "alive", "copied", "failed"),
    [
        (Policy.OFF, Grant(), Grant(), Grant()),
        (Policy.WARN, Grant(), Grant(Reason.NOT_LIVE), Grant()),
        (Policy.SECOND, Grant(), Ask(Reason.NOT_LIVE), Ask(Reason.NOT_LIVE)),
        (Policy.REFUSE, Grant(), Deny(Reason.NOT_LIVE), Deny(Reason.NOT_LIVE)),
    ],
)
def test_a_residents_face_on_a_phone_or_on_paper_comes_to_what_the_gates_policy_says(
    policy: Policy, alive: Decision, copied: Decision, failed: Decision
) -> None:
    verdicts = [a_verdict(WANG, liveness=word) for word in (ALIVE, COPY, FAILED)]
    known, state = Rights.of(a_roster()), GateState(liveness=policy)
    decided = [decide(face_claim(verdict, now=12), known, state, NOON) for verdict in verdicts]
    assert decided == [alive, copied, failed]


@pytest.mark.parametrize(
    ("liveness", "live", "evidence"),
    [
        (Deep(DEPTH), True, 0.5),
        (Deep(1.0), True, 1.0),
        (Flat(DEPTH / 2), False, 0.25),
        (LooksAlive(LIVE), True, 0.5),
        (LooksAlive(1.0), True, 1.0),
        (LooksCopied(LIVE / 2), False, 0.25),
        (LooksCopied(0.0), False, 0.0),
        (NotMeasured("too_few_looks"), None, None),
        (NotMeasured("model_failed"), None, None),
    ],
)
def test_half_of_the_scale_is_the_border_of_life(
    liveness: Liveness, live: bool | None, evidence: float | None
) -> None:
    claim = face_claim(a_verdict(PersonId("a1"), liveness=liveness), now=12)
    assert (claim.live, claim.measured.live) == (live, evidence)
