"""Only faces inside the capture zone are anybody's business."""

from collections.abc import Sequence

import numpy as np
import pytest

from contracts.ids import PersonId
from contracts.words import Reason
from gate.vision.approach import Verdict
from gate.vision.frame import Face, Point
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from gate.vision.quality import AT_THE_GATE
from gate.vision.watch import Seen, Watcher
from gate.vision.zone import Corner, Zone
from tests.gate.vision.cardboard import HEIGHT, MODEL, WIDTH, CardboardEye, a_frame, frontal

ANN = PersonId("ann")
RULE = Threshold(distance=0.5, margin=0.1)
LEFT_HALF = Zone.of([(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)])
INSIDE, OUTSIDE = frontal(320, 360), frontal(960, 360)
ARROW: Sequence[Corner] = [(0.1, 0.1), (0.9, 0.5), (0.1, 0.9), (0.4, 0.5)]


def house() -> Gallery:
    return Gallery.of(MODEL, [ANN], np.array([[1.0, 0.0]], dtype=np.float32))


def looks(watcher: Watcher, seconds: float = 2.0, since: float = 0.0) -> list[Seen]:
    return [watcher.look(a_frame(since + step / 10), house(), RULE) for step in range(int(seconds * 10))]


def verdicts(seen: Sequence[Seen]) -> list[Verdict]:
    return [verdict for each in seen for verdict in each.verdicts]


@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [(0.2, 0.2, True), (0.45, 0.5, True), (0.2, 0.5, False), (0.95, 0.5, False), (0.5, 0.1, False)],
)
def test_a_point_is_inside_or_outside_a_zone_of_any_shape(x: float, y: float, inside: bool) -> None:
    assert Zone.of(ARROW).holds(Point(x * 1280, y * 720), 1280, 720) is inside


@pytest.mark.parametrize(
    ("corners", "why"),
    [
        ([(0.1, 0.1), (0.9, 0.9)], "corners"),
        ([(0.5 + 0.4 * np.cos(a), 0.5 + 0.4 * np.sin(a)) for a in range(40)], "corners"),
        ([(0.1, 0.1), (1.2, 0.1), (0.5, 0.9)], "from 0 to 1"),
        ([(0.1, 0.1), (float("nan"), 0.1), (0.5, 0.9)], "from 0 to 1"),
        ([(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)], "cross"),
        ([(0.1, 0.1), (0.9, 0.1), (0.5, 0.1), (0.5, 0.9)], "cross"),
        ([(0.1, 0.1), (0.9, 0.1), (0.9, 0.1), (0.5, 0.9)], "cross"),
        ([(0.1, 0.1), (0.5, 0.1), (0.9, 0.1)], "too small"),
    ],
)
def test_a_zone_that_cannot_be_meant_is_refused(corners: Sequence[Corner], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Zone.of(corners)


def test_a_resident_inside_the_zone_is_let_in() -> None:
    eye = CardboardEye(INSIDE)
    (verdict,) = verdicts(looks(Watcher(eye, zone=LEFT_HALF)))
    assert verdict.person == ANN


@pytest.mark.promise(6)
def test_a_face_outside_the_zone_is_never_described_and_comes_to_nothing() -> None:
    eye = CardboardEye(OUTSIDE)
    watcher = Watcher(eye, zone=LEFT_HALF)
    seen = looks(watcher)
    assert eye.described == []
    assert [*verdicts(seen), *watcher.finish(2.0)] == []
    assert not any(face.near for each in seen for face in each.faces)


def test_of_two_people_only_the_one_inside_gets_an_outcome() -> None:
    eye = CardboardEye(OUTSIDE, INSIDE, vector=(-1.0, 0.0))
    watcher = Watcher(eye, zone=LEFT_HALF)
    (verdict,) = [*verdicts(looks(watcher)), *watcher.finish(2.0)]
    assert verdict.reason is Reason.UNKNOWN
    assert {face.box for face in eye.described} == {INSIDE.box}


def test_whoever_steps_into_the_zone_is_let_in_then() -> None:
    eye = CardboardEye(OUTSIDE)
    watcher = Watcher(eye, zone=LEFT_HALF)
    assert verdicts(looks(watcher, 1.0)) == []
    walk = [frontal(x, 360) for x in range(960, 320, -60)]
    came: list[Seen] = []
    for step, face in enumerate(walk):
        eye.faces = [face]
        came.append(watcher.look(a_frame(1.0 + step / 10), house(), RULE))
    assert [verdict.person for verdict in verdicts(came)] == [ANN]
    assert all(LEFT_HALF.holds(face.box.centre, WIDTH, HEIGHT) for face in eye.described)


@pytest.mark.promise(6)
def test_a_face_too_small_is_never_described_and_opens_nothing() -> None:
    small = frontal(320, 360, inter_eye=AT_THE_GATE.inter_eye_distance - 1)
    eye = CardboardEye(small)
    watcher = Watcher(eye)
    found = [*verdicts(looks(watcher)), *watcher.finish(2.0)]
    assert eye.described == []
    assert [verdict.person for verdict in found] == [None]


@pytest.mark.promise(6)
@pytest.mark.parametrize("face", [frontal(20, 360), frontal(1270, 360), frontal(640, 10)])
def test_a_face_cut_by_the_edge_of_the_picture_is_never_described(face: Face) -> None:
    eye = CardboardEye(face)
    watcher = Watcher(eye)
    found = [*verdicts(looks(watcher)), *watcher.finish(2.0)]
    assert eye.described == []
    assert [verdict.person for verdict in found] == [None]
