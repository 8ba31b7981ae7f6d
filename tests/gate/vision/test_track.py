"""Faces of successive frames become one track per person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from gate.vision.frame import Box, Face, Landmarks, Point
from gate.vision.track import SURVIVES, Tracker

NOWHERE = Point(0, 0)
HIDDEN = 0.3
"""YuNet finds one of two faces that overlap by more."""


def a_face(x: float, y: float = 100, size: float = 60) -> Face:
    nowhere = Landmarks(NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE)
    return Face(Box(round(x), round(y), round(x + size), round(y + size)), nowhere, 0.9)


def tracks(tracker: Tracker, at: float, *faces: Face) -> list[int]:
    return [each.track for each in tracker.follow(faces, at).tracked]


Walk = Callable[[float], Face | None]
"""Where somebody's face is at a second of the clip; None while it is not found."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Who was followed as which tracks, in order and without repeats, and the people whose track was marked."""

    of: Mapping[str, list[int]]
    crossed: frozenset[str]

    @property
    def tracks(self) -> list[int]:
        return sorted(track for theirs in self.of.values() for track in theirs)


def followed(people: Mapping[str, Walk], seconds: float, fps: float) -> Walked:
    """Lets people walk; who comes later in `people` stands behind and is not found while hidden."""
    tracker, of = Tracker(), {name: list[int]() for name in people}
    crossed: set[str] = set()
    for step in range(int(seconds * fps)):
        seen: list[tuple[str, Face]] = []
        for name, walk in people.items():
            face = walk(step / fps)
            if face and not any(face.box.overlap(front.box) > HIDDEN for _, front in seen):
                seen.append((name, face))
        look = tracker.follow([face for _, face in seen], step / fps)
        for (name, _), tracked in zip(seen, look.tracked, strict=True):
            crossed |= {name} if tracked.crossed else set()
            if of[name][-1:] != [tracked.track]:
                of[name].append(tracked.track)
    return Walked(of, frozenset(crossed))


def walks(x: float, per_second: float, y: float = 100, size: float = 60, grows: float = 0) -> Walk:
    return lambda at: a_face(x + per_second * at, y, size + grows * at)


def turns_away(walk: Walk, since: float, seconds: float) -> Walk:
    return lambda at: None if since <= at < since + seconds else walk(at)


def loses_every(nth: int, fps: float, walk: Walk) -> Walk:
    return lambda at: None if round(at * fps) % nth == nth - 1 else walk(at)


ALONE: Mapping[str, tuple[Walk, float]] = {
    "walks up": (walks(100, 80, size=60, grows=30), 15),
    "turns the face away for 0.8 s": (turns_away(walks(400, 0), 1.0, 0.8), 15),
    "turns the face away for 0.8 s while walking": (turns_away(walks(100, 60), 1.0, 0.8), 15),
    "is lost by the detector in every third frame": (loses_every(3, 15, walks(100, 120)), 15),
    "walks fast before a camera of 5 frames a second": (walks(0, 360, size=60), 5),
    "comes fast towards a camera of 5 frames a second": (walks(600, 60, size=40, grows=60), 5),
    "stands, walks and stands": (lambda at: a_face(100 + 200 * min(max(at - 1, 0), 1)), 10),
}


@pytest.mark.parametrize("who", ALONE)
def test_one_person_is_one_track_who(who: str) -> None:
    walk, fps = ALONE[who]
    seen = followed({"ann": walk}, 3.0, fps)
    assert seen.of == {"ann": [1]}
    assert not seen.crossed


TOGETHER: Mapping[str, tuple[Mapping[str, Walk], float]] = {
    "cross, one nearer to the camera": (
        {"ann": walks(100, 200, size=80), "ben": walks(700, -200, y=110, size=60)},
        15,
    ),
    "cross at 10 frames a second": ({"ann": walks(100, 150), "ben": walks(580, -150, y=104)}, 10),
    "meet from the side at 5 frames a second": (
        {"ann": walks(100, 150, size=80), "ben": walks(520, -60, y=130, size=64)},
        5,
    ),
    "are overtaken": ({"ann": walks(200, 60, size=80), "ben": walks(40, 180, size=70)}, 15),
    "come side by side": ({"ann": walks(100, 60), "ben": walks(190, 60)}, 15),
}


@pytest.mark.parametrize("how", TOGETHER)
def test_two_people_stay_two_who(how: str) -> None:
    people, fps = TOGETHER[how]
    seen = followed(people, 3.0, fps)
    assert seen.tracks == [1, 2]


@pytest.mark.promise(6)
@pytest.mark.parametrize("how", ["cross, one nearer to the camera", "cross at 10 frames a second"])
def test_where_two_faces_met_at_least_one_is_marked_as_perhaps_the_others(how: str) -> None:
    people, fps = TOGETHER[how]
    assert followed(people, 3.0, fps).crossed


@pytest.mark.promise(6)
def test_a_face_that_turns_up_where_two_were_is_marked() -> None:
    tracker = Tracker()
    for step in range(3):
        tracker.follow([a_face(100), a_face(165)], step / 10)
    (left,) = tracker.follow([a_face(130)], 0.3).tracked
    assert left.crossed


def test_people_side_by_side_are_not_marked() -> None:
    assert not followed(TOGETHER["come side by side"][0], 3.0, 15).crossed


def test_twelve_people_at_once_are_twelve_tracks() -> None:
    crowd = {
        f"p{n}": walks(40 + 110 * (n % 6), 15 if n % 2 else -10, y=60 + 160 * (n // 6)) for n in range(12)
    }
    seen = followed(crowd, 2.0, 10)
    assert seen.tracks == list(range(1, 13))


def test_two_people_side_by_side_stay_two_whatever_the_order() -> None:
    tracker = Tracker()
    assert tracks(tracker, 0.0, a_face(100), a_face(400)) == [1, 2]
    assert tracks(tracker, 0.1, a_face(405), a_face(95)) == [2, 1]


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


def test_two_looks_at_one_moment_are_no_trouble() -> None:
    tracker = Tracker()
    assert tracks(tracker, 0.0, a_face(100)) == [1]
    assert tracks(tracker, 0.0, a_face(102)) == [1]
