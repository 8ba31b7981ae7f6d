"""The mirror image of a face, and the template that enrolment makes of both."""

from collections.abc import Callable

import numpy as np
import pytest

from gate.vision.eye import describe_with_mirror
from gate.vision.frame import Frame, mirrored
from gate.vision.onnx_eye import OnnxEye

Photo = Callable[[str], Frame]


def test_a_mirror_twice_is_the_face_itself(eye: OnnxEye, photo: Photo) -> None:
    frame = photo("astronaut.png")
    face = eye.find(frame)[0]
    again = mirrored(*mirrored(frame, face))
    assert np.array_equal(again[0].pixels, frame.pixels)
    assert again[1] == face


def test_landmarks_follow_the_mirrored_pixels(eye: OnnxEye, photo: Photo) -> None:
    frame, face = mirrored(photo("astronaut.png"), eye.find(photo("astronaut.png"))[0])
    found = eye.find(frame)[0]
    apart = np.linalg.norm(found.landmarks.matrix() - face.landmarks.matrix(), axis=1)
    assert apart.max() < 0.2 * face.landmarks.inter_eye
    assert face.landmarks.left_eye.x < face.landmarks.right_eye.x


def test_an_enrolled_template_is_the_same_for_a_picture_and_its_mirror_image(
    eye: OnnxEye, photo: Photo
) -> None:
    frame = photo("obama.jpg")
    face = eye.find(frame)[0]
    first, second = describe_with_mirror(eye, frame, face), describe_with_mirror(eye, *mirrored(frame, face))
    assert first.dtype == np.float32
    assert float(np.linalg.norm(first)) == pytest.approx(1.0, abs=1e-5)
    assert float(np.linalg.norm(first - second)) < 1e-5
