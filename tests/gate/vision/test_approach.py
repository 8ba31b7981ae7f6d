"""One decision per approach: who, or why not, and never both."""

from dataclasses import replace

import numpy as np
import pytest

from contracts.ids import ModelId, PersonId
from contracts.words import Reason
from gate.vision.approach import REST, SECONDS_OF_POOR_FRAMES, Approaches, Observation, Verdict
from gate.vision.frame import Landmarks, Point, Vector
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from gate.vision.quality import Fault
from gate.vision.track import TrackId

ANN, BEN = PersonId("ann"), PersonId("ben")
RULE = Threshold(distance=0.5, margin=0.1)
HERE = TrackId(1)
CLEARLY_ANN, NEARLY_ANN, NOBODY = (1.0, 0.02), (0.88, 0.48), (-1.0, 0.0)


def at(x: float, y: float) -> Vector:
    return np.array((x, y), dtype=np.float32)


def house(*rows: tuple[PersonId, tuple[float, float]]) -> Gallery:
    people = rows or ((ANN, (1.0, 0.0)), (BEN, (0.0, -1.0)))
    return Gallery.of(ModelId("eye.1"), [who for who, _ in people], np.stack([at(*row) for _, row in people]))


def eyes(apart: float, aside: float = 0) -> Landmarks:
    """A face that looks straight ahead, `aside` to the right."""
    points = ((0, 0), (apart, 0), (apart / 2, 20), (5, 40), (apart - 5, 40))
    return Landmarks(*(Point(x + aside, y) for x, y in points))


def swaying(at: float, apart: float) -> Landmarks:
    """A living face: it moves a little each second, as on somebody who waits."""
    return eyes(apart, aside=apart / 4 * (int(at) % 2))


def usable(
    when: float, vector: tuple[float, float] | None, track: TrackId = HERE, apart: float = 40
) -> Observation:
    return Observation(track, when, swaying(when, apart), vector=None if vector is None else at(*vector))


def poor(when: float, fault: Fault = Fault.BLURRED, apart: float = 40) -> Observation:
    return Observation(HERE, when, swaying(when, apart), faults=(fault,))


def verdicts(approaches: Approaches, *seen: Observation) -> list[Verdict]:
    return [verdict for each in seen if (verdict := approaches.watch(each)) is not None]


def test_one_clear_frame_lets_a_resident_in_at_once() -> None:
    (verdict,) = verdicts(Approaches(house(), RULE), usable(1.0, CLEARLY_ANN))
    assert verdict.person == ANN
    assert verdict.reason is None
    assert (verdict.frames, verdict.first_usable_at, verdict.at) == (1, 1.0, 1.0)


def test_a_match_that_is_barely_near_enough_needs_a_second_frame() -> None:
    approaches = Approaches(house(), RULE)
    assert verdicts(approaches, usable(1.0, NEARLY_ANN)) == []
    (verdict,) = verdicts(approaches, usable(1.1, NEARLY_ANN))
    assert (verdict.person, verdict.frames) == (ANN, 2)


@pytest.mark.promise(6)
def test_a_stranger_is_unknown_after_three_frames_and_most_of_a_second_not_before() -> None:
    approaches = Approaches(house(), RULE)
    seen = [usable(1.0 + step / 5, NOBODY) for step in range(5)]
    assert verdicts(approaches, *seen[:4]) == []
    (verdict,) = verdicts(approaches, seen[4])
    assert (verdict.person, verdict.reason) == (None, Reason.UNKNOWN)


@pytest.mark.promise(6)
def test_in_an_empty_house_everybody_is_unknown() -> None:
    approaches = Approaches(Gallery.empty(ModelId("eye.1")), RULE)
    (verdict,) = verdicts(approaches, *(usable(step / 4, CLEARLY_ANN) for step in range(5)))
    assert verdict.reason is Reason.UNKNOWN


@pytest.mark.promise(6)
def test_somebody_between_two_people_is_asked_for_a_second_credential() -> None:
    approaches = Approaches(house((ANN, (1.0, 0.02)), (BEN, (1.0, -0.02))), RULE)
    (verdict,) = verdicts(approaches, *(usable(step / 4, (1.0, 0.0)) for step in range(5)))
    assert (verdict.person, verdict.reason) == (None, Reason.AMBIGUOUS)


@pytest.mark.promise(6)
def test_one_frame_that_looks_like_somebody_is_outvoted_by_those_that_do_not() -> None:
    approaches = Approaches(house(), RULE)
    seen = [usable(0.0, NOBODY), usable(0.2, NOBODY), usable(0.4, CLEARLY_ANN), usable(0.9, NOBODY)]
    (verdict,) = verdicts(approaches, *seen)
    assert verdict.reason is Reason.UNKNOWN


@pytest.mark.promise(6)
def test_a_stranger_is_not_let_in_by_the_mean_of_frames_that_are_each_too_far() -> None:
    ann = np.array((1.0, 0.0, 0.0), dtype=np.float32)
    frames = [np.array((0.885, 0.465, side), dtype=np.float32) for side in (0.25, -0.25)]
    unlike = [np.asarray(each / np.linalg.norm(each), dtype=np.float32) for each in frames]
    middle = np.mean(unlike, axis=0)
    assert all(np.linalg.norm(each - ann) > RULE.distance for each in unlike)
    assert np.linalg.norm(middle / np.linalg.norm(middle) - ann) < RULE.distance
    approaches = Approaches(Gallery.of(ModelId("eye.1"), [ANN], ann[None]), RULE)
    seen = [Observation(HERE, step / 4, swaying(step, 40), vector=unlike[step % 2]) for step in range(5)]
    (verdict,) = verdicts(approaches, *seen)
    assert (verdict.person, verdict.reason) == (None, Reason.UNKNOWN)


def test_poor_frames_end_in_poor_quality_with_what_to_mend() -> None:
    approaches = Approaches(house(), RULE)
    seen = [poor(step / 5, Fault.TOO_DARK) for step in range(20)]
    (verdict,) = verdicts(approaches, *seen)
    assert (verdict.reason, verdict.fault) == (Reason.POOR_QUALITY, Fault.TOO_DARK)
    assert verdict.at == pytest.approx(SECONDS_OF_POOR_FRAMES, abs=0.21)


def test_somebody_still_far_off_is_not_refused_while_coming_nearer() -> None:
    approaches = Approaches(house(), RULE)
    coming = [poor(step / 5, Fault.TOO_SMALL, apart=20) for step in range(40)]
    assert verdicts(approaches, *coming) == []
    (verdict,) = verdicts(approaches, usable(8.1, CLEARLY_ANN))
    assert verdict.person == ANN


def test_somebody_in_the_distance_never_gets_an_outcome() -> None:
    approaches = Approaches(house(), RULE)
    assert verdicts(approaches, *(poor(step / 5, Fault.TOO_SMALL, apart=10) for step in range(40))) == []
    assert approaches.end([HERE], 9.0) == []


@pytest.mark.promise(6)
def test_whoever_leaves_undecided_still_gets_an_outcome() -> None:
    approaches = Approaches(house(), RULE)
    verdicts(approaches, *(poor(step / 5, Fault.TOO_SMALL, apart=20) for step in range(4)))
    (verdict,) = approaches.end([HERE], 3.0)
    assert (verdict.reason, verdict.fault) == (Reason.POOR_QUALITY, Fault.TOO_SMALL)
    verdicts(approaches, *(usable(4 + step / 10, NOBODY) for step in range(3)))
    (verdict,) = approaches.end([HERE], 5.0)
    assert verdict.reason is Reason.UNKNOWN
    assert approaches.end([HERE], 6.0) == []


@pytest.mark.promise(6)
def test_nobody_is_let_in_after_having_left() -> None:
    approaches = Approaches(house(), RULE)
    seen = [usable(0.0, NEARLY_ANN), usable(0.1, None), usable(0.2, None)]
    assert verdicts(approaches, *seen) == []
    (verdict,) = approaches.end([HERE], 2.0)
    assert (verdict.person, verdict.reason) == (None, Reason.POOR_QUALITY)


def test_a_detectors_flicker_is_nobody() -> None:
    approaches = Approaches(house(), RULE)
    verdicts(approaches, poor(0.0), poor(0.1))
    assert approaches.end([HERE], 2.0) == []


def test_an_approach_is_decided_once_and_a_new_one_begins_after_a_rest() -> None:
    approaches = Approaches(house(), RULE)
    stays = [usable(step / 10, CLEARLY_ANN) for step in range(int(REST * 10) - 1)]
    assert len(verdicts(approaches, *stays)) == 1
    assert not approaches.wants_vector(HERE, REST - 0.1)
    assert approaches.wants_vector(HERE, REST + 0.1)
    assert [each.person for each in verdicts(approaches, usable(REST + 0.1, CLEARLY_ANN))] == [ANN]


@pytest.mark.promise(6)
def test_a_picture_of_a_resident_left_on_the_wall_opens_once_at_most_and_costs_no_more_templates() -> None:
    approaches = Approaches(house(), RULE)
    photo = [replace(usable(step / 5, CLEARLY_ANN), landmarks=eyes(40)) for step in range(600)]
    assert len(verdicts(approaches, *photo)) == 1
    assert not approaches.wants_vector(HERE, 120)
    assert not approaches.undecided(HERE, 120)


def test_a_poster_of_a_stranger_is_refused_once_however_the_detector_trembles() -> None:
    approaches, tremble = Approaches(house(), RULE), np.random.default_rng(2)
    poster = [
        replace(usable(step / 5, NOBODY), landmarks=eyes(40, aside=tremble.uniform(-4, 4) / 2))
        for step in range(600)
    ]
    assert [each.reason for each in verdicts(approaches, *poster)] == [Reason.UNKNOWN]


def test_a_dark_poster_is_told_once_and_judged_when_the_light_comes_on() -> None:
    approaches = Approaches(house(), RULE)
    dark = [replace(poor(step / 5, Fault.TOO_DARK), landmarks=eyes(40)) for step in range(600)]
    lit = [replace(usable(120 + step / 5, NOBODY), landmarks=eyes(40)) for step in range(600)]
    assert [each.reason for each in verdicts(approaches, *dark)] == [Reason.POOR_QUALITY]
    assert [each.reason for each in verdicts(approaches, *lit)] == [Reason.UNKNOWN]


def test_a_mended_pose_need_not_wait_out_the_rest() -> None:
    approaches = Approaches(house(), RULE)
    (refused,) = verdicts(approaches, *(poor(step / 5) for step in range(15)))
    assert verdicts(approaches, poor(refused.at + 1.5)) == []
    (verdict,) = verdicts(approaches, usable(refused.at + 1.6, CLEARLY_ANN))
    assert verdict.person == ANN


def test_two_people_in_view_get_one_verdict_each() -> None:
    approaches = Approaches(house(), RULE)
    seen = [
        usable(step / 5, vector, TrackId(track))
        for step in range(6)
        for track, vector in ((1, CLEARLY_ANN), (2, NOBODY))
    ]
    found = {verdict.track: verdict.person for verdict in verdicts(approaches, *seen)}
    assert found == {1: ANN, 2: None}
    assert len(verdicts(approaches, *seen)) == 0


def test_a_new_roster_counts_for_whoever_is_already_in_view() -> None:
    approaches = Approaches(Gallery.empty(ModelId("eye.1")), RULE)
    assert verdicts(approaches, usable(0.0, CLEARLY_ANN)) == []
    approaches.judge_by(house(), RULE)
    (verdict,) = verdicts(approaches, usable(0.1, CLEARLY_ANN))
    assert verdict.person == ANN


def test_templates_are_asked_for_sparingly() -> None:
    approaches = Approaches(house(), RULE)
    verdicts(approaches, usable(0.0, NOBODY), usable(0.05, NOBODY))
    assert not approaches.wants_vector(HERE, 0.1)
    assert approaches.wants_vector(HERE, 0.25)


@pytest.mark.promise(9)
def test_neither_observation_nor_verdict_prints_a_template() -> None:
    seen = usable(0.0, (0.123456, 0.9))
    assert "0.1234" not in repr(seen)
    assert "0.1234" not in repr(verdicts(Approaches(house(), RULE), seen))
