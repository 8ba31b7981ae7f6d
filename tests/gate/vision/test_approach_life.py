"""Whoever is recognised is let in once the networks have seen enough of them; what they say is in the verdict."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from contracts.ids import ModelId, PersonId
from contracts.words import Reason
from gate.vision.approach import Approaches, Observation, Verdict
from gate.vision.frame import Landmarks, Point
from gate.vision.gallery import Gallery
from gate.vision.liveness import FRAMES_OF_LIFE, LIVE, LooksAlive, LooksCopied, NotMeasured
from gate.vision.match import Threshold
from gate.vision.quality import Fault
from gate.vision.track import TrackId

ANN = PersonId("ann")
HERE = TrackId(1)
EYES = Landmarks(Point(0, 0), Point(40, 0), Point(20, 20), Point(5, 40), Point(35, 40))
A_STEP_ASIDE = Landmarks(*(Point(float(x) + 40, float(y)) for x, y in EYES.matrix()))
RULE = Threshold(distance=0.5, margin=0.1)
FRAME_S = 1 / 15


def approaches() -> Approaches:
    return Approaches(Gallery.of(ModelId("eye.1"), [ANN], np.array([(1.0, 0.0)], dtype=np.float32)), RULE)


def looked(number: int, live: float | None, *, known: bool = True, points: Landmarks = EYES) -> Observation:
    vector = np.array((1.0, 0.02) if known else (-1.0, 0.0), dtype=np.float32)
    return Observation(HERE, number * FRAME_S, points, vector=vector, live=live)


def walk(lives: Sequence[float | None], *, known: bool = True) -> list[Verdict]:
    here = approaches()
    seen = [here.watch(looked(number, live, known=known)) for number, live in enumerate(lives)]
    return [verdict for verdict in seen if verdict]


def test_without_networks_nobody_waits_for_them() -> None:
    (verdict,) = walk([None])
    assert (verdict.person, verdict.liveness) == (ANN, NotMeasured("too_few_looks"))


def test_a_resident_is_let_in_with_the_frame_that_makes_enough() -> None:
    assert walk([1.0] * (FRAMES_OF_LIFE - 1)) == []
    (verdict,) = walk([1.0] * FRAMES_OF_LIFE)
    assert (verdict.person, verdict.frames, verdict.liveness) == (ANN, FRAMES_OF_LIFE, LooksAlive(1.0))
    assert verdict.at == pytest.approx((FRAMES_OF_LIFE - 1) * FRAME_S)


@pytest.mark.promise(6)
def test_one_frame_that_looks_alive_does_not_carry_a_picture_through() -> None:
    (verdict,) = walk([LIVE * FRAMES_OF_LIFE - 0.6, 0.0, 0.0, 0.0, 0.0])
    assert isinstance(verdict.liveness, LooksCopied)


def test_one_frame_that_looks_copied_does_not_keep_somebody_out() -> None:
    (verdict,) = walk([0.0, 0.9, 0.9, 0.9, 0.9])
    assert isinstance(verdict.liveness, LooksAlive)


@pytest.mark.promise(6)
def test_networks_that_fail_are_not_taken_for_life_and_nobody_waits_for_ever() -> None:
    (verdict,) = walk([math.nan] * FRAMES_OF_LIFE)
    assert (verdict.person, verdict.liveness) == (ANN, NotMeasured("model_failed"))


def test_while_somebody_recognised_waits_each_frame_is_described() -> None:
    here = approaches()
    for number in range(FRAMES_OF_LIFE - 1):
        here.watch(looked(number, 1.0))
        assert here.wants_vector(HERE, (number + 1) * FRAME_S)
    here.watch(looked(FRAMES_OF_LIFE - 1, 1.0))
    assert not here.wants_vector(HERE, FRAMES_OF_LIFE * FRAME_S)


def test_a_stranger_is_unknown_no_later_than_without_networks() -> None:
    (verdict,) = walk([1.0] * 13, known=False)
    assert (verdict.reason, verdict.at) == (Reason.UNKNOWN, pytest.approx(12 * FRAME_S))


@pytest.mark.promise(6)
def test_somebody_recognised_never_turns_unknown_by_waiting() -> None:
    here, slow = approaches(), 0.5
    seen = [
        here.watch(Observation(HERE, number * slow, EYES, vector=looked(0, 1.0).vector, live=1.0))
        for number in range(FRAMES_OF_LIFE)
    ]
    assert [verdict.person for verdict in seen if verdict] == [ANN]


def test_whoever_leaves_before_enough_was_seen_stays_outside() -> None:
    here = approaches()
    here.watch(looked(0, 1.0))
    for number in (1, 2):
        here.watch(Observation(HERE, number * FRAME_S, EYES, faults=(Fault.BLURRED,)))
    (verdict,) = here.end([HERE], 1.0)
    assert (verdict.person, verdict.reason) == (None, Reason.POOR_QUALITY)


def test_what_was_seen_of_one_approach_does_not_count_for_the_next() -> None:
    here = approaches()
    for number in range(FRAMES_OF_LIFE):
        here.watch(looked(number, 1.0))
    later = [
        here.watch(looked(1000 + number, 0.0, points=A_STEP_ASIDE)) for number in range(FRAMES_OF_LIFE + 1)
    ]
    (verdict,) = [each for each in later if each]
    assert verdict.liveness == LooksCopied(0.0)
