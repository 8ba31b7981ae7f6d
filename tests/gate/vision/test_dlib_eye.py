"""The second eye gives face_recognition's own numbers through the same protocol."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import ImageFile

from gate.vision.dlib_eye import DlibEye, library
from gate.vision.errors import MissingPackage
from gate.vision.eye import Eye
from gate.vision.frame import Frame, Pixels
from gate.vision.match import TAILS

if find_spec("face_recognition") is None:
    pytest.skip("the second eye is an extra, not installed here", allow_module_level=True)

reference = library()


def test_its_template_is_face_recognitions_encoding(photo: Callable[[str], Frame]) -> None:
    frame, eye = photo("astronaut.png"), DlibEye()
    face = eye.find(frame)[0]
    place = (face.box.top, face.box.right, face.box.bottom, face.box.left)
    assert place in reference.face_locations(frame.pixels[:, :, ::-1].copy())
    rgb = np.ascontiguousarray(frame.pixels[:, :, ::-1])
    theirs = reference.face_encodings(rgb, [place])[0]
    mine = eye.describe(frame, face)
    assert mine.dtype == np.float32
    assert float(np.linalg.norm(mine - theirs)) < 1e-4


def test_both_eyes_find_the_same_face_and_have_measured_thresholds(
    photo: Callable[[str], Frame], eye: Eye
) -> None:
    frame, second = photo("astronaut.png"), DlibEye()
    first_face, second_face = eye.find(frame)[0], second.find(frame)[0]
    assert first_face.box.overlap(second_face.box) > 0.4
    assert first_face.landmarks.left_eye.x == pytest.approx(second_face.landmarks.left_eye.x, abs=6)
    assert {eye.model, second.model} <= TAILS.keys()


def test_it_finds_nothing_in_a_grey_frame(frame_of: Callable[[Pixels], Frame]) -> None:
    assert DlibEye().find(frame_of(np.full((50, 70, 3), 90, dtype=np.uint8))) == []


def test_when_it_is_not_installed_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "face_recognition", None)
    with pytest.raises(MissingPackage, match="face_recognition"):
        DlibEye()


def test_loading_the_second_eye_leaves_pictures_cut_short_refused() -> None:
    DlibEye()
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
