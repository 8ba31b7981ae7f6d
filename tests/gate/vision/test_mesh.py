"""What the face mesh tells of eyes and mouth."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from gate.vision.eye import Eye
from gate.vision.features import Features
from gate.vision.frame import Face, Frame, Landmarks, Pixels, Point, mirrored
from gate.vision.lids import opening
from gate.vision.mesh import FaceMesh

Photo = Callable[[str], Frame]
FACES = ("obama.jpg", "obama3.jpg", "biden.jpg", "astronaut.png")


@pytest.fixture(scope="module")
def mesh(models: Path) -> FaceMesh:
    return FaceMesh(models)


def features(mesh: FaceMesh, pixels: Pixels, face: Face) -> Features:
    found = mesh.features(pixels, face.landmarks)
    assert found is not None
    return found


def shut(frame: Frame, face: Face) -> Pixels:
    """The picture with lids painted over the eyes: the skin below them, and a line of lashes."""
    pixels, apart = frame.pixels.copy(), face.landmarks.inter_eye
    for eye in (face.landmarks.left_eye, face.landmarks.right_eye):
        middle, below = (round(eye.x), round(eye.y)), round(eye.y + 0.25 * apart)
        skin = frame.pixels[below - 3 : below + 3, middle[0] - 3 : middle[0] + 3].reshape(-1, 3).mean(axis=0)
        lid, lashes = (round(0.32 * apart), round(0.17 * apart)), (round(0.26 * apart), round(0.05 * apart))
        cv2.ellipse(pixels, middle, lid, 0, 0, 360, skin.tolist(), -1)
        cv2.ellipse(pixels, middle, lashes, 0, 0, 180, (skin * 0.4).tolist(), max(1, round(0.02 * apart)))
    return pixels


def behind_sunglasses(frame: Frame, face: Face) -> Pixels:
    pixels, apart = frame.pixels.copy(), face.landmarks.inter_eye
    for eye in (face.landmarks.left_eye, face.landmarks.right_eye):
        glass = (round(0.45 * apart), round(0.34 * apart))
        cv2.ellipse(pixels, (round(eye.x), round(eye.y)), glass, 0, 0, 360, (15, 15, 15), -1)
    return pixels


@pytest.mark.parametrize("name", FACES)
def test_shut_eyes_are_told_from_open_ones(mesh: FaceMesh, eye: Eye, photo: Photo, name: str) -> None:
    frame = photo(name)
    face = eye.find(frame)[0]
    as_they_are = features(mesh, frame.pixels, face).eyes_open
    assert as_they_are > 0.2
    assert features(mesh, shut(frame, face), face).eyes_open < 0.6 * as_they_are


@pytest.mark.parametrize("name", FACES)
def test_sunglasses_are_told_from_bare_eyes(mesh: FaceMesh, eye: Eye, photo: Photo, name: str) -> None:
    frame = photo(name)
    face = eye.find(frame)[0]
    assert features(mesh, frame.pixels, face).eyes_visible > 0.5
    assert features(mesh, behind_sunglasses(frame, face), face).eyes_visible < 0.25


def test_a_wide_smile_is_told_from_a_closed_mouth(mesh: FaceMesh, eye: Eye, photo: Photo) -> None:
    smiles, calm = photo("32bit.png"), photo("biden.jpg")
    assert features(mesh, smiles.pixels, eye.find(smiles)[0]).mouth_open > 0.4
    assert features(mesh, calm.pixels, eye.find(calm)[0]).mouth_open < 0.1


def test_a_face_in_the_mirror_or_on_its_side_measures_the_same(
    mesh: FaceMesh, eye: Eye, photo: Photo
) -> None:
    frame = photo("obama3.jpg")
    face = eye.find(frame)[0]
    upright = features(mesh, frame.pixels, face)
    flipped, flipped_face = mirrored(frame, face)
    side = np.ascontiguousarray(np.rot90(frame.pixels))
    turned = [Point(y, frame.width - 1 - x) for x, y in face.landmarks.matrix()]
    for found in (
        features(mesh, flipped.pixels, flipped_face),
        features(mesh, side, replace(face, landmarks=Landmarks(*turned))),
    ):
        assert found.eyes_open == pytest.approx(upright.eyes_open, abs=0.03)
        assert found.mouth_open == pytest.approx(upright.mouth_open, abs=0.05)
        assert found.eyes_visible == pytest.approx(upright.eyes_visible, abs=0.08)


def test_where_no_face_is_nothing_is_measured(mesh: FaceMesh, eye: Eye, photo: Photo) -> None:
    face = eye.find(photo("obama3.jpg"))[0]
    wall = np.full((720, 1280, 3), 120, dtype=np.uint8)
    assert mesh.features(wall, face.landmarks) is None
    assert mesh.features(wall, Landmarks(*[Point(5, 5)] * 5)) is None


def test_the_opening_is_the_widest_gap_over_the_eyes_width() -> None:
    lids = np.zeros((71, 2))
    lids[0], lids[8] = (0, 0), (40, 0)
    across = np.linspace(5, 35, 7)
    lids[1:8] = np.column_stack([across, np.full(7, 4.0)])
    lids[9:16] = np.column_stack([across, -np.array([1, 3, 5, 6, 5, 3, 1.0])])
    assert opening(lids) == pytest.approx(10 / 40)
    assert opening(np.zeros((71, 2))) == 0
