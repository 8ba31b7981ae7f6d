"""Approaches are cut out of recordings, decided by several frames, and measured beside one frame and the usual loop."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.described import Described, Looked, describe_central
from bench.openset import Picture, sources
from bench.pictures import read_picture
from bench.tables import NoSet
from bench.tracks import figures, measure
from bench.walks import FRAMES, Walk, any_frame, pooled, single_frame, walks
from contracts.ids import ModelId, PersonId
from gate.vision.frame import Vector
from gate.vision.gallery import Gallery
from gate.vision.onnx_eye import OnnxEye
from gate.vision.quality import Quality
from kaimen.weights import weights_folder
from tests.bench.test_accuracy import GOOD
from tests.bench.test_clips import a_clip
from tests.faces import picture

EYE = ModelId("eye.1")
BLURRED = replace(GOOD, sharpness=0.0)


def of_length_one(values: Any) -> Vector:
    row = np.asarray(values, dtype=np.float64)
    return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


def frames_of(person: int, role: str, count: int) -> list[Picture]:
    return [Picture(f"{person}_s_{number:02}", f"p{person}", role, "cam", "") for number in range(count)]


def enrolled(people: Sequence[int]) -> list[Picture]:
    return [Picture(f"{person}_a", f"p{person}", "enroll", "cam", "") for person in people]


def described(pictures: Sequence[Picture], noise: float = 0.02) -> dict[str, Described]:
    """Made-up templates: a direction for each person, and some noise in each picture that is no portrait."""
    faces: dict[str, Described] = {}
    for number, each in enumerate(pictures):
        own = np.random.default_rng(int(each.identity[1:])).standard_normal(256)
        rest = np.random.default_rng(1_000 + number).standard_normal(256)
        row = of_length_one(own + 16 * (0.02 if each.role == "enroll" else noise) * rest)
        faces[each.path] = Described(row, row, of_length_one(row[:128]), GOOD)
    return faces


def measured(pictures: Sequence[Picture], noise: float = 0.02) -> Any:
    (only,) = sources(pictures)
    return json.loads(json.dumps(measure(only, described(pictures, noise))))


def three_and_strangers(strangers: int, frames: int = FRAMES) -> list[Picture]:
    known = [each for person in range(3) for each in frames_of(person, "probe", 6)]
    others = [each for n in range(strangers) for each in frames_of(100 + n, "stranger", frames)]
    return [*enrolled(range(3)), *known, *others]


def test_frames_in_a_row_of_one_session_are_approaches_and_albums_are_none() -> None:
    assert len(walks(frames_of(1, "probe", 7))) == 3
    assert walks([each for person in range(4) for each in frames_of(person, "probe", 2)]) == ()


def test_made_up_people_are_all_found_and_the_stranger_is_not() -> None:
    found = measured(three_and_strangers(1))
    assert (found["approaches"], found["people"], found["stranger_approaches"]) == (6, 3, 1)
    assert found["fnir"]["0.01"] == 0.0
    assert (found["chosen"]["fnir"], found["chosen"]["accepted"]) == (0.0, 0)


def test_a_bound_counts_strangers_and_not_their_approaches() -> None:
    few, many = measured(three_and_strangers(1)), measured(three_and_strangers(1, frames=30))
    assert (few["stranger_approaches"], many["stranger_approaches"]) == (1, 26)
    assert few["chosen"]["fpir_upper_95"] == many["chosen"]["fpir_upper_95"] == pytest.approx(0.95)


def test_where_frames_are_noisy_one_of_them_alone_misses_more_than_all_together() -> None:
    found = measured(three_and_strangers(40), noise=0.35)
    assert found["baseline"]["single_frame"]["fnir"]["0.01"] > found["fnir"]["0.01"]


def test_the_usual_loop_is_measured_at_its_tolerance_and_at_its_best_one() -> None:
    theirs = measured(three_and_strangers(1))["baseline"]["face_recognition"]
    assert (theirs["tolerance"], theirs["fnir"], theirs["fpir"]) == (0.6, 0.0, 0.0)
    assert theirs["best"].keys() >= {"tolerance", "fpir", "fnir"}


def test_with_nobody_enrolled_nobody_is_found() -> None:
    found = measured(frames_of(1, "probe", 6))
    assert (found["fnir"]["0.01"], found["baseline"]["face_recognition"]["fnir"]) == (1.0, 1.0)


def test_pictures_that_cannot_be_read_are_counted_and_cut_out_of_approaches(tmp_path: Path) -> None:
    pictures = three_and_strangers(1)
    gone = {each.path for each in pictures if each.path.startswith("0_s")}
    found = json.loads(json.dumps(figures(tmp_path, pictures, Looked(described(pictures), gone))))
    assert found["unreadable"] == 6
    assert found["sources"]["cam"]["people"] == 2


def a_face(towards: Sequence[float], quality: Quality = GOOD) -> Described:
    row = of_length_one(towards)
    return Described(row, row, row, quality)


def test_an_approach_is_as_far_as_its_pool_its_first_usable_frame_or_its_nearest_frame() -> None:
    walk = Walk("p1", tuple(frames_of(1, "probe", 3)))
    blurred, first, second = a_face((1, 0), BLURRED), a_face((0, 1)), a_face((1, 1))
    faces = {each.path: face for each, face in zip(walk.frames, (blurred, first, second), strict=True)}
    gallery = Gallery.of(EYE, [PersonId("ann"), PersonId("ben")], np.eye(2, dtype=np.float32))
    probes = (of_length_one(first.template + second.template), first.template, second.template)
    to_pool, to_first, to_second = (((gallery.matrix - probe) ** 2).sum(axis=1) for probe in probes)
    expected = np.sqrt((to_pool + (to_first + to_second) / 2) / 2)
    assert pooled(walk, faces, gallery) == pytest.approx(expected, abs=1e-3)
    assert single_frame(walk, faces, gallery) == pytest.approx(np.sqrt(to_first), abs=1e-3)
    assert any_frame(walk, faces, gallery) == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize("apart", [pooled, single_frame, any_frame])
def test_an_approach_without_a_face_is_near_nobody(apart: Any) -> None:
    gallery = Gallery.of(EYE, [PersonId("ann")], np.eye(2, dtype=np.float32)[:1])
    assert apart(Walk("p1", tuple(frames_of(1, "probe", 3))), {}, gallery) is None


@pytest.mark.real
def test_a_set_needs_frames_in_a_row_or_a_clip(tmp_path: Path) -> None:
    album = [Picture("obama.jpg", "o", "enroll", "own", "")]
    pixels = read_picture(picture("obama.jpg"))
    assert pixels is not None
    face = describe_central(pixels, OnnxEye(weights_folder()))
    assert face is not None
    looked = Looked({"obama.jpg": face})
    with pytest.raises(NoSet, match="nobody has 5 frames of one session"):
        figures(tmp_path, album, looked)
    a_clip(tmp_path, "obama.jpg")
    found = json.loads(json.dumps(figures(tmp_path, album, looked)))
    assert found["sources"] == {}
    assert (found["clips"]["clips"], found["clips"]["judged"], found["clips"]["accepted"]) == (1, 1, 1)
