"""One frame in, what it came to out: with real faces, and with an eye of cardboard where time matters."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from contracts.ids import ModelId, PersonId
from contracts.words import Reason
from gate.vision.approach import Verdict
from gate.vision.errors import ModelMismatch
from gate.vision.eye import SEARCH_PIXELS
from gate.vision.frame import Face, Frame, Pixels, Vector
from gate.vision.gallery import Gallery, Template
from gate.vision.liveness import FRAMES_OF_LIFE, Liveness, LooksAlive, LooksCopied
from gate.vision.match import threshold_for
from gate.vision.onnx_eye import OnnxEye
from gate.vision.watch import MOST_DESCRIBED, Watcher

Photo = Callable[[str], Frame]
ANN = PersonId("ann")


class CountingEye(OnnxEye):
    """The default eye, counting what it was asked for."""

    described = 0
    looked = 0

    def find(self, frame: Frame, search_pixels: int = SEARCH_PIXELS) -> list[Face]:
        self.looked += 1
        return super().find(frame, search_pixels)

    def describe(self, frame: Frame, face: Face) -> Vector:
        self.described += 1
        return super().describe(frame, face)


@pytest.fixture(scope="module")
def counting(models: Path) -> CountingEye:
    return CountingEye(models)


@pytest.fixture(scope="module")
def one_resident(counting: CountingEye, photo: Photo) -> Gallery:
    frame = photo("obama.jpg")
    vector = counting.describe(frame, counting.find(frame)[0])
    return Gallery.from_templates(counting.model, [Template(ANN, counting.model, vector)])


def at_the_gate(photo: Frame, at: float) -> Frame:
    """The picture before a camera of 1280 x 720, as a frame of that moment."""
    share = 720 / photo.height
    small = cv2.resize(photo.pixels, (0, 0), fx=share, fy=share)
    pixels = np.full((720, 1280, 3), 120, dtype=np.uint8)
    across = min(1280, small.shape[1])
    pixels[:720, :across] = small[:720, :across]
    return replace(photo, pixels=pixels, monotonic=at)


def walk(watcher: Watcher, frame: Frame, gallery: Gallery, seconds: float = 2.0) -> list[Verdict]:
    """Stands before the camera for a while, then leaves."""
    rule = threshold_for(0.001, len(gallery), gallery.model)
    verdicts: list[Verdict] = []
    for step in range(int(seconds * 15)):
        verdicts += watcher.look(at_the_gate(frame, step / 15), gallery, rule).verdicts
    return verdicts + list(watcher.finish(seconds))


@pytest.mark.parametrize("name", ["obama2.jpg", "obama3.jpg", "32bit.png"])
def test_a_resident_is_known_from_another_picture(
    counting: CountingEye, one_resident: Gallery, photo: Photo, name: str
) -> None:
    (verdict,) = walk(Watcher(counting), photo(name), one_resident)
    assert verdict.person == ANN
    assert verdict.first_usable_at is not None
    assert verdict.at - verdict.first_usable_at < 0.2


@pytest.mark.promise(6)
@pytest.mark.parametrize("name", ["biden.jpg", "astronaut.png"])
def test_a_stranger_stays_outside(
    counting: CountingEye, one_resident: Gallery, photo: Photo, name: str
) -> None:
    (verdict,) = walk(Watcher(counting), photo(name), one_resident)
    assert (verdict.person, verdict.reason) == (None, Reason.UNKNOWN)


def test_once_decided_a_face_is_no_longer_described(
    counting: CountingEye, one_resident: Gallery, photo: Photo
) -> None:
    before = counting.described
    walk(Watcher(counting), photo("obama2.jpg"), one_resident, seconds=4)
    assert counting.described - before <= 2


class Judge:
    """Says the same of every face, and counts."""

    def __init__(self, says: float) -> None:
        self.says, self.asked = says, 0

    def liveness(self, frame: Frame, face: Face) -> float:
        self.asked += 1
        return self.says


@pytest.mark.parametrize(("says", "word"), [(0.95, LooksAlive), (0.05, LooksCopied)])
def test_networks_look_at_every_described_face_and_at_no_other(
    counting: CountingEye, one_resident: Gallery, photo: Photo, says: float, word: type[Liveness]
) -> None:
    before, judge = counting.described, Judge(says)
    (verdict,) = walk(Watcher(counting, antispoof=judge), photo("obama2.jpg"), one_resident)
    assert (verdict.person, verdict.frames) == (ANN, FRAMES_OF_LIFE)
    assert isinstance(verdict.liveness, word)
    assert judge.asked == counting.described - before == FRAMES_OF_LIFE


def test_a_still_empty_scene_is_looked_at_three_times_a_second(
    counting: CountingEye, one_resident: Gallery, photo: Photo
) -> None:
    watcher, before = Watcher(counting), counting.looked
    rule = threshold_for(0.001, 1, counting.model)
    empty = replace(photo("obama.jpg"), pixels=np.full((720, 1280, 3), 90, dtype=np.uint8))
    looks = [watcher.look(replace(empty, monotonic=step / 15), one_resident, rule) for step in range(45)]
    assert counting.looked - before <= 10
    assert sum(seen.looked for seen in looks) <= 10
    assert all(seen.stage_ms.detect == 0 for seen in looks if not seen.looked)


def test_of_many_faces_in_one_frame_only_the_best_few_are_described(
    counting: CountingEye, one_resident: Gallery, photo: Photo
) -> None:
    face = np.asarray(cv2.resize(photo("astronaut.png").pixels[0:300, 80:380], (400, 400)), dtype=np.uint8)
    pixels = np.full((900, 1280, 3), 120, dtype=np.uint8)
    for left, top in ((0, 0), (420, 0), (840, 0), (0, 450), (420, 450)):
        pixels[top : top + 400, left : left + 400] = face
    before = counting.described
    seen = Watcher(counting).look(
        replace(photo("astronaut.png"), pixels=pixels), one_resident, threshold_for(0.001, 1, counting.model)
    )
    assert len(seen.faces) == 5
    assert counting.described - before == MOST_DESCRIBED
    assert all(face.undecided and face.near for face in seen.faces)
    assert 0 < seen.stage_ms.detect < seen.stage_ms.total


def test_a_gallery_of_another_eye_is_refused(counting: CountingEye, photo: Photo) -> None:
    with pytest.raises(ModelMismatch):
        Watcher(counting).look(
            photo("obama.jpg"), Gallery.empty(ModelId("eye.9")), threshold_for(0.001, 1, counting.model)
        )


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 1, 3), dtype=np.uint8),
        np.full((720, 1280, 3), 128, dtype=np.uint8),
        np.full((3, 2000, 3), 255, dtype=np.uint8),
    ],
)
def test_odd_frames_come_to_nothing(
    counting: CountingEye, one_resident: Gallery, photo: Photo, pixels: Pixels
) -> None:
    frame = replace(photo("obama.jpg"), pixels=pixels)
    seen = Watcher(counting).look(frame, one_resident, threshold_for(0.001, 1, counting.model))
    assert seen.looked
    assert (seen.verdicts, seen.faces, seen.codes) == ((), (), ())
