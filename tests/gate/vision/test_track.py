"""Faces of successive frames become one track per person."""

from gate.vision.frame import Box, Face, Landmarks, Point
from gate.vision.track import SURVIVES, Tracker

NOWHERE = Point(0, 0)


def a_face(x: int, y: int = 100, size: int = 60) -> Face:
    nowhere = Landmarks(NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE)
    return Face(Box(x, y, x + size, y + size), nowhere, 0.9)


def tracks(tracker: Tracker, at: float, *faces: Face) -> list[int]:
    return [each.track for each in tracker.follow(faces, at).tracked]


def test_a_face_that_walks_keeps_its_track() -> None:
    tracker = Tracker()
    seen = [tracks(tracker, step / 10, a_face(100 + 8 * step, size=60 + step)) for step in range(30)]
    assert seen == [[1]] * 30


def test_two_people_side_by_side_stay_two_whatever_the_order() -> None:
    tracker = Tracker()
    assert tracks(tracker, 0.0, a_face(100), a_face(400)) == [1, 2]
    assert tracks(tracker, 0.1, a_face(405), a_face(95)) == [2, 1]


def test_people_who_pass_each_other_are_told_apart_by_how_far_a_face_can_move() -> None:
    tracker = Tracker()
    tracks(tracker, 0.0, a_face(100), a_face(220))
    assert tracks(tracker, 0.07, a_face(130), a_face(190)) == [1, 2]


def test_a_short_loss_keeps_the_track_and_a_long_one_ends_it() -> None:
    tracker = Tracker()
    assert tracks(tracker, 0.0, a_face(100)) == [1]
    assert tracker.follow([], 0.3).ended == ()
    assert tracks(tracker, 0.6, a_face(110)) == [1]
    assert tracker.follow([], 0.6 + SURVIVES + 0.01).ended == (1,)
    assert not tracker.alive
    assert tracks(tracker, 2.0, a_face(110)) == [2]


def test_a_face_far_off_or_of_another_size_is_somebody_else() -> None:
    tracker = Tracker()
    tracks(tracker, 0.0, a_face(100))
    assert tracks(tracker, 0.1, a_face(500)) == [2]
    assert tracks(tracker, 0.2, a_face(500, size=180)) == [3]


def test_boxes_without_area_are_followed_too() -> None:
    tracker = Tracker()
    assert tracks(tracker, 0.0, a_face(5, size=0)) == [1]
    assert tracks(tracker, 0.1, a_face(5, size=0)) == [1]
