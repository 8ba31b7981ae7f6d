"""What is asked of eyes and mouth in a photo to enrol: covered eyes are refused, the rest is only said."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from enrollment.enrol import Enrolled, enrol, open_studio
from enrollment.quality import COVERED, SHUT, WIDE_OPEN, Remark, remarks_on
from enrollment.refusal import Refused
from gate.vision import weights
from gate.vision.eye import Eye
from gate.vision.features import Features
from gate.vision.frame import Frame, Landmarks, Pixels
from gate.vision.mesh import FaceMesh
from gate.vision.quality import Fault
from gate.vision.weights import Source

FileOf = Callable[[str], bytes]
Opened = Callable[[str], Image.Image]
Saved = Callable[..., bytes]
CALM = Features(eyes_open=0.3, eyes_visible=0.8, mouth_open=0.02)


class Said:
    """A mesh that measures what it is told to."""

    def __init__(self, found: Features | None) -> None:
        self._found = found

    def features(self, pixels: Pixels, landmarks: Landmarks) -> Features | None:
        return self._found


@pytest.mark.parametrize(
    ("found", "remarks"),
    [
        (None, ()),
        (CALM, ()),
        (Features(SHUT - 0.01, 0.8, 0.02), (Remark.EYES_CLOSED,)),
        (Features(SHUT, 0.8, WIDE_OPEN), ()),
        (Features(0.3, 0.8, WIDE_OPEN + 0.01), (Remark.MOUTH_OPEN,)),
        (Features(0.05, 0.8, 0.6), (Remark.EYES_CLOSED, Remark.MOUTH_OPEN)),
    ],
)
def test_shut_eyes_and_an_open_mouth_are_remarked(
    found: Features | None, remarks: tuple[Remark, ...]
) -> None:
    assert remarks_on(found) == remarks


def test_whoever_cannot_open_the_eyes_is_enrolled_all_the_same(eye: Eye, file_of: FileOf) -> None:
    answer = enrol(file_of("obama.jpg"), eye, Said(Features(0.02, 0.8, 0.02)))
    assert isinstance(answer, Enrolled)
    assert remarks_on(answer.features) == (Remark.EYES_CLOSED,)


def test_covered_eyes_are_refused(eye: Eye, file_of: FileOf) -> None:
    answer = enrol(file_of("obama.jpg"), eye, Said(Features(0.3, COVERED - 0.01, 0.02)))
    assert answer == Refused((Fault.EYES_COVERED,))


def test_sunglasses_on_a_real_photo_are_refused_and_the_bare_face_is_not(
    eye: Eye, opened: Opened, saved: Saved, tmp_path: Path
) -> None:
    mesh, photo = FaceMesh(tmp_path), opened("biden.jpg").convert("RGB")
    assert isinstance(enrol(saved(photo, quality=95), eye, mesh), Enrolled)
    (face,) = eye.find(Frame(np.asarray(photo)[:, :, ::-1].copy(), datetime.now(UTC), 0.0, 0))
    across, down = 0.45 * face.landmarks.inter_eye, 0.34 * face.landmarks.inter_eye
    for glass in (face.landmarks.left_eye, face.landmarks.right_eye):
        round_it = (glass.x - across, glass.y - down, glass.x + across, glass.y + down)
        ImageDraw.Draw(photo).ellipse(round_it, fill=(15, 15, 15))
    assert enrol(saved(photo, quality=95), eye, mesh) == Refused((Fault.EYES_COVERED,))


def test_where_the_mesh_sees_no_face_the_photo_is_enrolled_as_without_one(eye: Eye, file_of: FileOf) -> None:
    with_one, without = (enrol(file_of("obama.jpg"), eye, mesh) for mesh in (Said(None), None))
    assert isinstance(with_one, Enrolled)
    assert with_one == without


def test_without_the_package_of_the_mesh_photos_are_enrolled_unmeasured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_of: FileOf
) -> None:
    monkeypatch.setattr(weights, "MESH", Source("no_such_package", "mesh.tflite", ""))
    studio = open_studio(tmp_path)
    assert studio.mesh is None
    answer = enrol(file_of("obama.jpg"), studio.eye, studio.mesh)
    assert isinstance(answer, Enrolled)
    assert answer.features is None
