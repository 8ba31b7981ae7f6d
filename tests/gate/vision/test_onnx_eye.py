"""The default eye on real faces, and beside the reference it must equal."""

from collections.abc import Callable

import numpy as np
import pytest

from gate.vision.frame import Box, Face, Frame, Landmarks, Pixels, Point
from gate.vision.onnx_eye import OnnxEye, joined
from gate.vision.weights import RESNET, packaged

Photo = Callable[[str], Frame]
FrameOf = Callable[[Pixels], Frame]
PICTURES = ("obama.jpg", "obama2.jpg", "obama3.jpg", "32bit.png", "biden.jpg", "astronaut.png")


@pytest.mark.parametrize("name", PICTURES)
def test_one_face_is_found_in_each_picture_with_its_eyes_above_its_mouth(
    eye: OnnxEye, photo: Photo, name: str
) -> None:
    (face,) = eye.find(photo(name))
    points = face.landmarks
    assert points.left_eye.x < points.right_eye.x
    assert points.left_eye.y < points.nose.y < points.left_mouth.y
    assert face.box.left < points.nose.x < face.box.right


def test_a_template_is_one_row_of_256_numbers_of_length_one(eye: OnnxEye, photo: Photo) -> None:
    frame = photo("astronaut.png")
    vector = eye.describe(frame, eye.find(frame)[0])
    assert vector.shape == (256,)
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)


def test_pictures_of_one_man_lie_nearer_than_any_two_people(eye: OnnxEye, photo: Photo) -> None:
    frames = {name: photo(name) for name in PICTURES}
    vectors = {name: eye.describe(frame, eye.find(frame)[0]) for name, frame in frames.items()}

    def apart(a: str, b: str) -> float:
        return float(np.linalg.norm(vectors[a] - vectors[b]))

    same = [apart("obama.jpg", other) for other in ("obama2.jpg", "obama3.jpg", "32bit.png")]
    strangers = [apart(a, b) for a in PICTURES for b in ("biden.jpg", "astronaut.png") if a != b]
    assert max(same) < 0.7
    assert min(strangers) > 0.85


def test_the_resnet_gives_the_numbers_of_face_recognition_on_identical_chips(
    eye: OnnxEye, photo: Photo
) -> None:
    dlib = pytest.importorskip("dlib")
    reference = dlib.face_recognition_model_v1(str(packaged(RESNET)))
    for name in PICTURES:
        frame = photo(name)
        face = eye.find(frame)[0]
        chip = np.ascontiguousarray(eye.resnet_chip(frame, face))
        theirs = np.array(reference.compute_face_descriptor(np.ascontiguousarray(chip[:, :, ::-1])))
        assert float(np.linalg.norm(theirs - eye.describe_chip(chip))) < 1e-4, name


def test_the_joint_distance_is_the_weighted_distance_of_both_parts() -> None:
    random = np.random.default_rng(3)
    s1, r1, s2, r2 = (random.standard_normal(128).astype(np.float32) for _ in range(4))
    whole = float(np.linalg.norm(joined(s1, r1) - joined(s2, r2)))
    assert joined(s1, r1).dtype == np.float32
    assert 0 < whole < 2
    assert float(np.linalg.norm(joined(s1, r1) - joined(7 * s1, 0.5 * r1))) < 1e-6


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (7, 5), (480, 640), (3, 4000)])
def test_nothing_is_found_in_a_grey_frame_of_any_shape(
    eye: OnnxEye, frame_of: FrameOf, size: tuple[int, int]
) -> None:
    assert eye.find(frame_of(np.full((*size, 3), 128, dtype=np.uint8))) == []


def test_a_face_whose_landmarks_fall_on_one_point_is_refused(eye: OnnxEye, frame_of: FrameOf) -> None:
    point = Point(5.0, 5.0)
    face = Face(Box(0, 0, 10, 10), Landmarks(point, point, point, point, point), 0.9)
    with pytest.raises(ValueError, match="one point"):
        eye.describe(frame_of(np.zeros((20, 20, 3), dtype=np.uint8)), face)


def test_a_face_that_fills_the_picture_is_found(eye: OnnxEye, photo: Photo, frame_of: FrameOf) -> None:
    frame = photo("obama.jpg")
    box = eye.find(frame)[0].box
    close = frame.pixels[box.top : box.bottom, box.left : box.right]
    assert len(eye.find(frame_of(np.ascontiguousarray(close)))) == 1
