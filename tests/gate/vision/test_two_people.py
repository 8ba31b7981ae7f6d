"""People who meet before the camera: each their own outcome, and nobody in on somebody else's face.

Ann lives here and Ben does not. Their templates lie as near as two people's may (0.8), so that the mean of both is
near enough to be taken for Ann.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from contracts.ids import ModelId, PersonId
from contracts.words import Reason
from gate.vision.approach import REST, SECONDS_OF_POOR_FRAMES, Approaches, Observation, Verdict
from gate.vision.frame import Box, Face, Landmarks, Point, Vector
from gate.vision.gallery import Gallery
from gate.vision.match import Match, Threshold, nearest
from gate.vision.quality import Fault
from gate.vision.track import Tracker, TrackId

ANN, CAT = PersonId("ann"), PersonId("cat")
RULE = Threshold(distance=0.66, margin=0.06)
HERE, THERE = TrackId(1), TrackId(2)
NOT_CLEARLY = 0.64
"""As far from the enrolled template as may be: one frame of it is not enough to open."""


def turned(apart: float) -> Vector:
    """A template `apart` from Ann's enrolled one."""
    angle = 2 * math.asin(apart / 2)
    return np.array((math.cos(angle), math.sin(angle), 0), dtype=np.float32)


ANNS, ANNS_POOR, BENS = turned(0.05), turned(-NOT_CLEARLY), turned(0.8)
CATS = np.array((0, 0, 1), dtype=np.float32)


def house() -> Gallery:
    return Gallery.of(ModelId("eye.1"), [ANN, CAT], np.stack([turned(0), CATS]))


def eyes(apart: float = 40) -> Landmarks:
    return Landmarks(Point(0, 0), Point(apart, 0), Point(apart / 2, 20), Point(5, 40), Point(apart - 5, 40))


def seen(at: float, vector: Vector | None, track: TrackId = HERE) -> Observation:
    sways = 10 * (int(at) % 2)  # a living face moves a little while it waits
    points = Landmarks(*(Point(float(x) + sways, float(y)) for x, y in eyes().matrix()))
    return Observation(track, at, points, vector=vector)


def met(at: float, track: TrackId = HERE) -> Observation:
    return Observation(track, at, eyes(), faults=(Fault.SEVERAL_FACES,), crossed=True)


def watched(approaches: Approaches, *observations: Observation) -> list[Verdict]:
    return [verdict for each in observations if (verdict := approaches.watch(each)) is not None]


def frames(since: float, vector: Vector, count: int = 6, track: TrackId = HERE) -> Iterator[Observation]:
    return (seen(since + step / 5, vector, track) for step in range(count))


def test_the_mean_of_both_would_be_taken_for_the_resident() -> None:
    mean = ANNS_POOR + BENS
    probe = np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)
    assert isinstance(nearest(probe, house(), RULE), Match)
    assert not isinstance(nearest(BENS, house(), RULE), Match)


@pytest.mark.promise(6)
def test_a_crossing_never_lets_the_stranger_in_on_the_residents_pooled_template() -> None:
    approaches = Approaches(house(), RULE)
    (verdict,) = watched(approaches, seen(0.0, ANNS_POOR), met(0.1), met(0.2), *frames(0.3, BENS))
    assert (verdict.person, verdict.reason) == (None, Reason.UNKNOWN)
    assert verdict.first_usable_at == 0.3


@pytest.mark.promise(6)
def test_an_unseen_swap_never_lets_the_stranger_in_on_the_residents_pooled_template() -> None:
    approaches = Approaches(house(), RULE)
    verdicts = watched(
        approaches, *frames(0.0, ANNS_POOR, 1), seen(0.1, None), seen(0.15, None), *frames(0.2, BENS)
    )
    assert [(each.person, each.reason) for each in verdicts] == [
        (None, Reason.POOR_QUALITY),  # who was here first and left before it was sure
        (None, Reason.UNKNOWN),
    ]


@pytest.mark.promise(6)
def test_an_unseen_swap_the_other_way_lets_the_resident_in_on_their_own_face() -> None:
    approaches = Approaches(house(), RULE)
    verdicts = watched(approaches, *frames(0.0, BENS, 3), *frames(0.6, ANNS))
    assert [(each.person, each.reason) for each in verdicts] == [(None, Reason.UNKNOWN), (ANN, None)]
    assert verdicts[1].first_usable_at == 0.6


@pytest.mark.promise(6)
def test_one_odd_template_is_neither_pooled_nor_a_grant() -> None:
    approaches = Approaches(house(), RULE)
    (verdict,) = watched(approaches, *frames(0.0, BENS, 2), seen(0.4, CATS), *frames(0.6, BENS, 3))
    assert verdict.reason is Reason.UNKNOWN
    assert verdict.frames == 4


@pytest.mark.promise(6)
def test_a_face_that_never_resembles_itself_is_refused_in_time() -> None:
    approaches = Approaches(house(), RULE)
    random_ones = np.eye(3, dtype=np.float32)[[2, 1, 0, 2, 1]] * np.float32(-1)
    (verdict,) = watched(approaches, *(seen(step / 4, row) for step, row in enumerate(random_ones)))
    assert verdict.reason is Reason.UNKNOWN


def test_both_get_their_outcome_when_a_crossing_exchanged_them() -> None:
    approaches = Approaches(house(), RULE)
    before = watched(approaches, seen(0.0, ANNS_POOR, HERE), seen(0.0, BENS, THERE))
    after = watched(
        approaches,
        met(0.1, HERE),
        met(0.1, THERE),
        *frames(0.2, BENS, track=HERE),
        *frames(0.2, ANNS, track=THERE),
    )
    assert before == []
    assert {each.track: (each.person, each.reason) for each in after} == {
        HERE: (None, Reason.UNKNOWN),
        THERE: (ANN, None),
    }


@pytest.mark.promise(6)
def test_whoever_takes_over_the_track_of_somebody_let_in_gets_an_outcome_at_once() -> None:
    approaches = Approaches(house(), RULE)
    (granted,) = watched(approaches, seen(0.0, ANNS))
    (refused,) = watched(approaches, met(0.2), *frames(0.3, BENS))
    assert (granted.person, refused.reason) == (ANN, Reason.UNKNOWN)
    assert refused.at < REST


def test_a_resident_let_in_and_then_crossed_is_not_let_in_twice_for_one_approach() -> None:
    approaches = Approaches(house(), RULE)
    assert len(watched(approaches, seen(0.0, ANNS), met(0.2), *frames(0.3, ANNS))) == 1
    assert not approaches.undecided(HERE, 1.0)


def test_a_refused_stranger_is_not_refused_again_for_every_crossing() -> None:
    approaches = Approaches(house(), RULE)
    assert len(watched(approaches, *frames(0.0, BENS), met(1.2), *frames(1.3, BENS), met(2.5))) == 1


def test_two_who_stay_on_top_of_each_other_are_told_so() -> None:
    approaches = Approaches(house(), RULE)
    (verdict,) = watched(
        approaches, *(met(step / 10) for step in range(int(SECONDS_OF_POOR_FRAMES * 10) + 2))
    )
    assert (verdict.reason, verdict.fault) == (Reason.POOR_QUALITY, Fault.SEVERAL_FACES)


def test_whoever_leaves_while_crossing_still_gets_an_outcome() -> None:
    approaches = Approaches(house(), RULE)
    assert watched(approaches, seen(0.0, None), seen(0.1, None), met(0.2)) == []
    (verdict,) = approaches.end([HERE], 1.5)
    assert verdict.reason is Reason.POOR_QUALITY


def test_a_grant_is_an_event_so_the_same_resident_passes_again_seconds_later() -> None:
    approaches = Approaches(house(), RULE)
    stays = [seen(step / 5, ANNS) for step in range(int(2 * REST * 5))]
    verdicts = watched(approaches, *stays)
    assert [each.person for each in verdicts] == [ANN, ANN]
    assert verdicts[1].at - verdicts[0].at == pytest.approx(REST, abs=0.2)
    approaches.end([HERE], 2 * REST)
    (back,) = watched(approaches, seen(2 * REST + 0.5, ANNS, THERE))
    assert back.person == ANN  # walked away and came back: a new track need not rest


@dataclass(slots=True)
class Walker:
    """Somebody who wanders before the camera, pixels and pixels a second."""

    vector: Vector
    x: float
    width: float
    pace: float = 0.0


def meet(seed: int, fps: float, seconds: float = 4.0) -> list[tuple[str, Verdict]]:
    """Ann and Ben wander, hide one another and are missed now and then; whose face each verdict was given to."""
    chance = random.Random(seed)
    people = {"ann": Walker(ANNS_POOR, 300, 80), "ben": Walker(BENS, 900, 70)}
    tracker, approaches = Tracker(), Approaches(house(), RULE)
    given: list[tuple[str, Verdict]] = []
    for step in range(int(seconds * fps)):
        visible: dict[str, Face] = {}
        for name, who in people.items():
            if chance.random() < 1.5 / fps:
                who.pace = chance.uniform(-500, 500)
            who.x = min(1200.0, max(0.0, who.x + who.pace / fps))
            box = Box(round(who.x), 200, round(who.x + who.width), 300)
            hidden = any(box.overlap(front.box) > 0.3 for front in visible.values())
            if not hidden and chance.random() > 0.05:
                visible[name] = Face(box, eyes(), 0.9)
        look = tracker.follow(list(visible.values()), step / fps)
        for name, tracked in zip(visible, look.tracked, strict=True):
            face = (
                met(step / fps, tracked.track) if tracked.crossed else seen(step / fps, None, tracked.track)
            )
            wanted = not tracked.crossed and approaches.wants_vector(tracked.track, step / fps)
            face = replace(face, vector=people[name].vector) if wanted else face
            given += [(name, verdict) for verdict in watched(approaches, face)]
        approaches.end(look.ended, step / fps)
    return given


@pytest.mark.promise(6)
@pytest.mark.parametrize("fps", [5, 15])
def test_however_they_wander_the_door_opens_for_the_residents_face_alone(fps: float) -> None:
    given = [each for seed in range(150) for each in meet(seed, fps)]
    assert {name for name, verdict in given if verdict.person is not None} == {"ann"}
    assert {name for name, verdict in given if verdict.reason is Reason.UNKNOWN} >= {"ben"}
