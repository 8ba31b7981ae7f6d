"""The closer look at a face's landmarks."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from gate.vision.frame import Box, Face, Frame, mirrored
from gate.vision.onnx_eye import OnnxEye

Photo = Callable[[str], Frame]


def resized(frame: Frame, share: float) -> Frame:
    small = cv2.resize(frame.pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return replace(frame, pixels=np.asarray(small, dtype=np.uint8))


def spread(eye: OnnxEye, frame: Frame, *, closer: bool) -> float:
    """How far a face's landmarks wander with the picture's size, in inter-eye distances: root mean square."""
    found = []
    for share in (1.0, 0.8, 0.6, 0.45):
        smaller = resized(frame, share)
        face = eye.find(smaller)[0]
        seen = eye.look_closer(smaller, face) if closer else face
        found.append(seen.landmarks.matrix() / share)
    middle = np.mean(found, axis=0)
    inter_eye = float(np.linalg.norm(middle[1] - middle[0]))
    return float(np.sqrt(np.mean((np.array(found) - middle) ** 2))) / inter_eye


def test_a_closer_look_wanders_less_with_the_size_of_the_face(eye: OnnxEye, photo: Photo) -> None:
    pictures = [photo(name) for name in ("obama.jpg", "biden.jpg", "astronaut.png")]
    raw = np.mean([spread(eye, each, closer=False) for each in pictures])
    closer = np.mean([spread(eye, each, closer=True) for each in pictures])
    assert closer < 0.6 * raw


def test_a_closer_look_is_the_same_in_the_mirror(eye: OnnxEye, photo: Photo) -> None:
    frame = photo("astronaut.png")
    face = eye.find(frame)[0]
    there = eye.look_closer(*mirrored(frame, face)).landmarks.mirrored(frame.width)
    assert np.allclose(there.matrix(), eye.look_closer(frame, face).landmarks.matrix(), atol=0.5)


def test_where_no_closer_look_finds_a_face_the_first_look_stands(eye: OnnxEye, photo: Photo) -> None:
    frame = photo("astronaut.png")
    blank = replace(frame, pixels=np.full_like(frame.pixels, 90))
    face = eye.find(frame)[0]
    assert eye.look_closer(blank, face) == face


def test_a_face_at_the_edge_and_one_of_no_size_are_looked_at_without_harm(eye: OnnxEye, photo: Photo) -> None:
    frame = photo("astronaut.png")
    face = eye.find(frame)[0]
    for box in (Box(-40, -40, 20, 20), Box(frame.width - 5, 0, frame.width + 60, 80), Box(9, 9, 9, 9)):
        seen = eye.look_closer(frame, Face(box, face.landmarks, face.score))
        assert np.isfinite(seen.landmarks.matrix()).all()
