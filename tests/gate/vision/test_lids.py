"""Real faces: lids that shut are seen, and so is what is passed over the eyes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from gate.vision.blink import SAME, SHUT, Eyes, blinked
from gate.vision.eye import Eye
from gate.vision.frame import Face, Frame, Landmarks, Pixels, Point
from gate.vision.lids import Lids
from tests.gate.vision.test_mesh import FACES, shut

Photo = Callable[[str], Frame]


@pytest.fixture(scope="module")
def lids(models: Path) -> Lids:
    return Lids.load(models)


def eyes_of(lids: Lids, frame: Frame, face: Face) -> Eyes:
    eyes = lids.eyes(frame, face.landmarks)
    assert eyes is not None
    return eyes


def under_a_finger(frame: Frame, face: Face) -> Pixels:
    """The picture with something skin-coloured laid across both eyes."""
    pixels, (left, right) = frame.pixels.copy(), face.landmarks.matrix()[:2]
    ends = (left + (left - right) / 2, right + (right - left) / 2)
    skin = frame.pixels[int(left[1] + face.landmarks.inter_eye * 0.4), int(left[0])].tolist()
    start, end = ((round(float(x)), round(float(y))) for x, y in ends)
    return np.asarray(
        cv2.line(pixels, start, end, skin, round(0.5 * face.landmarks.inter_eye)), dtype=np.uint8
    )


def film(lids: Lids, frame: Frame, face: Face, changed: Pixels) -> list[Eyes]:
    """Two seconds of a picture, changed for a fifth of a second; noise as of a sensor."""
    noise, looks = np.random.default_rng(5), list[Eyes]()
    for number in range(30):
        pixels = changed if number in {12, 13, 14} else frame.pixels
        grainy = np.clip(pixels + noise.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)
        looks.append(eyes_of(lids, replace(frame, pixels=grainy, monotonic=number / 15), face))
    return looks


@pytest.mark.parametrize("name", FACES)
def test_lids_that_shut_change_the_opening_and_not_the_face_around(
    lids: Lids, eye: Eye, photo: Photo, name: str
) -> None:
    frame = photo(name)
    face = eye.find(frame)[0]
    wide, closed = (eyes_of(lids, each, face) for each in (frame, replace(frame, pixels=shut(frame, face))))
    assert all(0.2 < opening < 0.7 for opening in wide.openings)
    assert all(now < SHUT * before for now, before in zip(closed.openings, wide.openings, strict=True))
    assert float(closed.around @ wide.around) > SAME


@pytest.mark.parametrize("name", FACES)
def test_what_lies_across_the_eyes_changes_the_face_around_them(
    lids: Lids, eye: Eye, photo: Photo, name: str
) -> None:
    frame = photo(name)
    face = eye.find(frame)[0]
    bare, covered = (
        eyes_of(lids, each, face) for each in (frame, replace(frame, pixels=under_a_finger(frame, face)))
    )
    assert float(covered.around @ bare.around) < SAME


@pytest.mark.promise(6)
def test_a_face_that_blinks_is_told_from_one_a_finger_is_passed_over(
    lids: Lids, eye: Eye, photo: Photo
) -> None:
    frame = photo("obama.jpg")
    face = eye.find(frame)[0]
    assert blinked(film(lids, frame, face, shut(frame, face)))
    assert not blinked(film(lids, frame, face, under_a_finger(frame, face)))
    assert not blinked(film(lids, frame, face, frame.pixels))


def test_five_points_on_one_place_have_no_eyes(lids: Lids, photo: Photo) -> None:
    assert lids.eyes(photo("obama.jpg"), Landmarks(*[Point(9.0, 9.0)] * 5)) is None
