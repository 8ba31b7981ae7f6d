"""Whoever walks through a clip and is recognised is counted, and so is whoever is not."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.clips import FOLDER, passing
from contracts.ids import PersonId
from gate.vision.frame import Frame, Pixels
from gate.vision.gallery import Gallery, Template
from gate.vision.match import threshold_for
from gate.vision.onnx_eye import MODEL, OnnxEye
from kaimen.weights import weights_folder
from tests.faces import picture

pytestmark = pytest.mark.real
WIDE, HIGH = 640, 480


def shown(name: str) -> Pixels:
    pixels = cv2.imread(str(picture(name)))
    assert pixels is not None
    return np.asarray(cv2.resize(pixels, (WIDE, HIGH)), dtype=np.uint8)


def a_clip(data: Path, name: str) -> None:
    """Two seconds of one picture, drifting a little as people do."""
    (data / FOLDER).mkdir(exist_ok=True)
    film = cv2.VideoWriter(
        str(data / FOLDER / f"{name}.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 15, (WIDE, HIGH)
    )
    for step in range(30):
        film.write(np.roll(shown(name), step, axis=1))
    film.release()


def test_nobody_is_accepted_but_who_is_enrolled(tmp_path: Path) -> None:
    eye, rule = OnnxEye(weights_folder()), threshold_for(0.001, 1, MODEL)
    assert passing(tmp_path, eye, Gallery.empty(MODEL), rule) is None
    for name in ("obama.jpg", "biden.jpg"):
        a_clip(tmp_path, name)
    nobody = passing(tmp_path, eye, Gallery.empty(MODEL), rule)
    assert nobody is not None
    assert (nobody.clips, nobody.judged, nobody.accepted) == (2, 2, 0)
    frame = Frame(shown("obama.jpg"), datetime.now(UTC), 0.0, 0)
    (face,) = eye.find(frame)
    known = Gallery.from_templates(MODEL, [Template(PersonId("p0"), MODEL, eye.describe(frame, face))])
    somebody = passing(tmp_path, eye, known, rule)
    assert somebody is not None
    assert (somebody.judged, somebody.accepted) == (2, 1)
