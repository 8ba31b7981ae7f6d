"""Whether a face is worth a template, and what the person is told to mend."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from gate.vision.eye import Eye
from gate.vision.frame import Face, Frame, Landmarks, Pixels, Point
from gate.vision.quality import (
    AT_ENROLMENT,
    AT_THE_GATE,
    HEAD,
    Fault,
    Usable,
    judge,
    judge_alone,
    measure,
    pose_of,
)

Photo = Callable[[str], Frame]


def a_head(yaw: float = 0, pitch: float = 0, roll: float = 0) -> Landmarks:
    """The average head, turned by degrees and seen from afar."""
    y, p, r = np.radians([yaw, pitch, roll])
    turn = np.array([(np.cos(y), 0, np.sin(y)), (0, 1, 0), (-np.sin(y), 0, np.cos(y))])
    nod = np.array([(1, 0, 0), (0, np.cos(p), np.sin(p)), (0, -np.sin(p), np.cos(p))])
    lean = np.array([(np.cos(r), -np.sin(r)), (np.sin(r), np.cos(r))])
    points = (HEAD @ (nod @ turn).T)[:, :2] @ lean.T + 200
    return Landmarks(*(Point(float(x), float(y)) for x, y in points))


@pytest.mark.parametrize("angles", [(0, 0, 0), (25, 0, 0), (-25, 0, 0), (0, 18, 0), (0, -18, 0), (0, 0, 30)])
def test_a_turned_head_is_measured_in_degrees(angles: tuple[float, float, float]) -> None:
    pose = pose_of(a_head(*angles))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=3)


def the_face(eye: Eye, frame: Frame) -> Face:
    return eye.find(frame)[0]


def faults_of(eye: Eye, frame: Frame) -> tuple[Fault, ...]:
    answer = judge(measure(frame.pixels, the_face(eye, frame)), AT_THE_GATE)
    return () if isinstance(answer, Usable) else answer


def scaled(frame: Frame, share: float) -> Frame:
    return replace(frame, pixels=np.asarray(cv2.resize(frame.pixels, (0, 0), fx=share, fy=share), np.uint8))


def shaded(frame: Frame, factor: float, shift: float = 0.0) -> Frame:
    return replace(frame, pixels=np.clip(frame.pixels * factor + shift, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "name", ["obama.jpg", "obama2.jpg", "obama3.jpg", "32bit.png", "biden.jpg", "astronaut.png"]
)
def test_good_photographs_are_usable_at_the_gate(eye: Eye, photo: Photo, name: str) -> None:
    assert faults_of(eye, photo(name)) == ()


def test_a_face_far_off_is_told_to_come_closer(eye: Eye, photo: Photo) -> None:
    assert faults_of(eye, scaled(photo("astronaut.png"), 0.45))[0] is Fault.TOO_SMALL


def test_a_blurred_face_is_told_to_hold_still(eye: Eye, photo: Photo) -> None:
    frame = photo("obama2.jpg")
    blurred = replace(frame, pixels=np.asarray(cv2.GaussianBlur(frame.pixels, (0, 0), 9), np.uint8))
    assert faults_of(eye, blurred) == (Fault.BLURRED,)


def test_a_dark_face_and_a_glaring_one_are_told_apart(eye: Eye, photo: Photo) -> None:
    frame = photo("obama3.jpg")
    face = the_face(eye, frame)
    dark = judge(measure(shaded(frame, 0.15).pixels, face), AT_THE_GATE)
    glaring = judge(measure(shaded(frame, 1.0, 150).pixels, face), AT_THE_GATE)
    assert dark == (Fault.TOO_DARK,)
    assert isinstance(glaring, tuple)
    assert glaring[0] is Fault.TOO_BRIGHT


def test_a_face_half_in_shadow_is_uneven(eye: Eye, photo: Photo) -> None:
    frame = photo("astronaut.png")
    face, pixels = the_face(eye, frame), frame.pixels.copy()
    middle = int(face.landmarks.nose.x)
    pixels[:, :middle] //= 6
    answer = judge(measure(pixels, face), AT_THE_GATE)
    assert isinstance(answer, tuple)
    assert Fault.UNEVEN in answer


def test_a_face_cut_off_by_the_frame_is_told_to_come_into_it(eye: Eye, photo: Photo) -> None:
    frame = photo("astronaut.png")
    face = the_face(eye, frame)
    cut = np.ascontiguousarray(frame.pixels[:, : face.box.left + int(0.8 * face.box.width)])
    assert judge(measure(cut, face), AT_THE_GATE) == (Fault.CUT_OFF,)


def test_enrolment_asks_for_one_face_and_a_better_picture_than_the_gate(eye: Eye, photo: Photo) -> None:
    frame = photo("obama.jpg")
    faces = eye.find(frame)
    assert judge_alone(frame.pixels, [], AT_ENROLMENT) == (Fault.NO_FACE,)
    assert judge_alone(frame.pixels, faces * 2, AT_ENROLMENT) == (Fault.SEVERAL_FACES,)
    assert judge_alone(frame.pixels, faces, AT_ENROLMENT) == Usable()
    quality = measure(frame.pixels, faces[0])
    small = replace(quality, inter_eye_distance=30)
    assert judge(small, AT_THE_GATE) == Usable()
    assert judge(small, AT_ENROLMENT) == (Fault.TOO_SMALL,)


def test_a_frontal_sharp_face_weighs_more_than_a_turned_small_one(eye: Eye, photo: Photo) -> None:
    frame = photo("obama.jpg")
    good = measure(frame.pixels, the_face(eye, frame))
    poor = replace(good, inter_eye_distance=25, head_pose=replace(good.head_pose, yaw=30))
    assert 0 < poor.weight < good.weight <= 1


def test_a_face_reaching_out_of_a_tiny_frame_is_measured_without_failing() -> None:
    face_points = a_head()
    pixels: Pixels = np.zeros((1, 1, 3), dtype=np.uint8)
    from gate.vision.frame import Box

    quality = measure(pixels, Face(Box(100, 100, 300, 300), face_points, 0.9))
    assert np.isfinite(quality.sharpness)
    assert isinstance(judge(quality, AT_THE_GATE), tuple)
