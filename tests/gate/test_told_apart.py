"""Two people who were taken for each other, from the roster to the door: asked after the face, let in by the PIN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.ids import PersonId
from contracts.roster import RosterBody, RosterPair, RosterPerson
from contracts.words import Method, Outcome, Reason
from gate.access.claim import Claim
from gate.access.policy import Ask, Deny, GateState, Grant, Liveness, decide
from gate.access.rights import Rights
from gate.claims import face_claim
from gate.knowledge import Knowledge
from gate.screen.words import REASONS
from gate.vision.approach import Approaches, Observation, Verdict
from gate.vision.frame import Landmarks, Point
from gate.vision.match import Threshold
from gate.vision.track import TrackId
from gate.wicket import Here, Wicket
from tests.gate.at_the_gate import (
    COMPOUND,
    EAST,
    MODEL,
    NOON,
    PIN,
    ROOM,
    WANG,
    AtTheGate,
    FakeServer,
    a_roster,
    typed,
)

LI = PersonId("li")
EYES = Landmarks(Point(0, 0), Point(60, 0), Point(30, 20), Point(5, 40), Point(55, 40))
WANGS_FACE = np.array([1, 0.05, 0, 0], dtype=np.float32)


def a_body(*pairs: RosterPair, second: bool = False) -> RosterBody:
    """Wang and Li, alike enough to be confused and far enough apart for a match."""
    people = [RosterPerson(id=WANG, second_credential=second), RosterPerson(id=LI)]
    changed = {"people": people, "rows": [0, 1], "confusable": list(pairs) or None}
    templates = np.array([[1, 0, 0, 0], [1, 0.5, 0, 0]], dtype="<f4")
    return RosterBody(a_roster().model_copy(update=changed), templates.tobytes())


def coming(known: Knowledge) -> Verdict:
    """Wang walks up and stays until there is a verdict."""
    approaches = Approaches(known.now.gallery, known.now.rule)
    for step in range(8):
        seen = Observation(TrackId(1), step / 4, EYES, vector=WANGS_FACE)
        verdict = approaches.watch(seen)
        if verdict is not None:
            return verdict
    raise AssertionError("no verdict")


@pytest.fixture
def known() -> Knowledge:
    return Knowledge(MODEL, lambda _gallery: Threshold(0.3, 0.1), lambda: False)


@pytest.fixture
def gate() -> AtTheGate:
    return AtTheGate()


def test_without_a_mark_the_face_alone_opens(gate: AtTheGate, known: Knowledge) -> None:
    known.apply(a_body())
    gate.known.rights = known.rights
    assert gate.attendant.attend(face_claim(coming(known), 2.0)).outcome is Outcome.GRANTED


@pytest.mark.promise(6)
@pytest.mark.promise(4)
@pytest.mark.parametrize("body", [a_body(RosterPair(one=1, other=0)), a_body(second=True)])
def test_who_was_taken_for_another_is_asked_and_the_own_pin_opens(
    gate: AtTheGate, known: Knowledge, body: RosterBody
) -> None:
    known.apply(body)
    gate.known.rights = known.rights
    asked = gate.attendant.attend(face_claim(coming(known), 2.0))
    assert (asked.outcome, asked.reason) == (Outcome.ASKED, Reason.AMBIGUOUS)
    assert gate.door.pulses == []
    wicket = Wicket(Here(COMPOUND, EAST, gate.clock.now), gate.attendant, lambda: known.rights, FakeServer())
    opened = wicket.try_pin(typed(PIN, ROOM))
    wicket.close()
    assert opened.outcome is Outcome.GRANTED
    assert gate.door.pulses == [3.0]
    kept = [(what.method, what.outcome) for _, what in gate.records.passages]
    assert kept == [(Method.FACE, Outcome.ASKED), (Method.PIN, Outcome.GRANTED)]


def test_what_the_screen_says_to_them_names_a_way_and_no_likeness() -> None:
    words = REASONS[Reason.AMBIGUOUS]
    assert (words.zh.remedy, words.en.remedy) == ("请使用二维码或密码", "Please use a QR code or a PIN")


@pytest.mark.promise(6)
@settings(max_examples=400)
@given(
    method=st.sampled_from(Method),
    doubt=st.none() | st.sampled_from(Reason),
    person=st.sampled_from([None, WANG, PersonId("nobody-here")]),
    live=st.sampled_from([None, True, False]),
    state=st.builds(
        GateState, stale=st.booleans(), clock_trusted=st.booleans(), liveness=st.sampled_from(Liveness)
    ),
)
def test_a_mark_never_lets_anybody_in_who_was_not(
    method: Method, doubt: Reason | None, person: PersonId | None, live: bool | None, state: GateState
) -> None:
    claim = Claim(method, person=person, doubt=doubt, live=live)
    plain, marked = (
        decide(claim, Rights(people={WANG: RosterPerson(id=WANG, second_credential=second)}), state, NOON)
        for second in (False, True)
    )
    assert marked == plain or (isinstance(marked, Ask) and not isinstance(plain, Deny))
    if method is not Method.FACE and isinstance(plain, Grant):
        assert marked == plain
