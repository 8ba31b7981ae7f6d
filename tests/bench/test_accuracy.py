"""The measurement of accuracy runs on any folder of that form, and its arithmetic is held by made-up templates."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.accuracy import Sample, Task, figures, run
from bench.described import CacheInside, Described, central, describe_all
from bench.openset import Pair, Picture, sources
from bench.tracks import measure as measure_tracks
from gate.vision.frame import Box, Face, Landmarks, Point
from gate.vision.quality import Pose, Quality
from kaimen.weights import weights_folder
from tests.faces import picture

KEYS = {"enrolled", "probes", "strangers", "fte", "rank1", "tpir", "chosen", "baseline"}
MAN = ("obama.jpg", "obama2.jpg", "obama3.jpg")
GOOD = Quality(
    inter_eye_distance=60,
    sharpness=0.2,
    luminance_mean=120,
    under_exposure=0,
    over_exposure=0,
    illumination_uniformity=0.9,
    head_pose=Pose(0, 0, 0),
    inside=1,
)


def near(person: int, seed: int, apart: float = 0.02) -> Described:
    """A template of a made-up person; the smaller `apart`, the more their pictures are alike."""
    own = np.random.default_rng(person).standard_normal(256)
    row = own + apart * 16 * np.random.default_rng(1_000 + seed).standard_normal(256)
    unit = np.asarray(row / np.linalg.norm(row), dtype=np.float32)
    return Described(unit, unit, unit[:128], GOOD)


def a_set(people: int = 60) -> tuple[list[Picture], dict[str, Described]]:
    pictures: list[Picture] = []
    for person in range(people):
        role = "enroll" if person < people // 2 else "stranger"
        pictures.append(Picture(f"{person}_a", f"p{person}", role, "own", ""))
        if role == "enroll":
            pictures.append(Picture(f"{person}_b", f"p{person}", "probe", "own", ""))
    faces = {each.path: near(int(each.identity[1:]), number) for number, each in enumerate(pictures)}
    return pictures, faces


def test_every_key_is_there_and_made_up_people_are_all_found() -> None:
    pictures, faces = a_set()
    found = json.loads(json.dumps(figures(Task(Path()), pictures, [], faces)))
    own = found["sources"]["own"]
    assert own.keys() >= KEYS
    assert (own["enrolled"], own["probes"], own["strangers"], own["rank1"]) == (30, 30, 30, 1.0)
    assert own["tpir"] == {"0.01": 1.0, "0.003": 1.0, "0.001": 1.0}
    assert own["chosen"].keys() >= {"target_fpir", "fpir", "fnir"}
    assert own["chosen"]["rule_of_three"] == 0.1
    assert own["baseline"].keys() >= {"fpir", "fnir", "best"}
    assert found["lfw_pairs"] is None
    assert found["test"] is None


def test_a_picture_without_a_face_is_counted_and_not_found() -> None:
    pictures, faces = a_set()
    del faces["0_b"], faces["1_a"]
    own = json.loads(json.dumps(figures(Task(Path()), pictures, [], faces)))["sources"]["own"]
    assert own["no_face"] == {"enroll": 1, "probe": 1, "stranger": 0}
    assert own["fte"] == pytest.approx(1 / 30, abs=1e-4)
    assert own["rank1"] == pytest.approx(28 / 30, abs=1e-4)


def test_nobody_enrolled_finds_nobody_and_still_reports() -> None:
    strangers = [Picture("s", "p1", "stranger", "own", ""), Picture("p", "p2", "probe", "own", "")]
    faces = {"s": near(1, 1), "p": near(2, 2)}
    own = json.loads(json.dumps(figures(Task(Path()), strangers, [], faces)))["sources"]["own"]
    assert (own["rank1"], own["chosen"]["fpir"], own["chosen"]["fnir"]) == (0.0, 0.0, 1.0)


def test_a_sample_is_the_same_for_one_seed() -> None:
    pictures, faces = a_set()
    task = Task(Path(), Sample.of("10x20"), seed=3)
    first, again = (json.dumps(figures(task, pictures, [], faces)) for _ in range(2))
    assert first == again
    drawn = json.loads(first)["sample"]
    assert (drawn["enrolled"], drawn["probes"], drawn["strangers"]) == (10, 10, 20)


def test_pairs_are_judged_by_the_threshold_of_the_other_folds() -> None:
    _, faces = a_set()
    pairs = [Pair(f"{n}_a", f"{n}_b", True, n % 10) for n in range(20)]
    pairs += [Pair(f"{n}_a", f"{n + 1}_b", False, n % 10) for n in range(20)]
    pairs.append(Pair("0_a", "missing", False, 0))
    found = json.loads(json.dumps(figures(Task(Path()), a_set()[0], pairs, faces)))["lfw_pairs"]
    assert (found["accuracy"], found["n"], found["fte"]) == (1.0, 41, 1)


def test_the_central_face_is_meant() -> None:
    marks = Landmarks(*[Point(0, 0)] * 5)
    edge, middle = Face(Box(0, 0, 60, 60), marks, 1.0), Face(Box(80, 80, 110, 110), marks, 0.8)
    assert central([edge, middle], 200, 200) is middle


def test_frames_of_one_session_are_approaches_and_albums_are_not() -> None:
    pictures = [Picture(f"{p}_a", f"p{p}", "enroll", "cam", "") for p in range(3)]
    pictures += [Picture(f"{p}_s_{n}", f"p{p}", "probe", "cam", "") for p in range(3) for n in range(6)]
    pictures += [Picture(f"9_s_{n}", "p9", "stranger", "cam", "") for n in range(5)]
    faces = {each.path: near(int(each.identity[1:]), n) for n, each in enumerate(pictures)}
    found = json.loads(json.dumps(measure_tracks(sources(pictures)[0], faces)))
    assert (found["approaches"], found["people"], found["stranger_approaches"]) == (6, 3, 1)
    assert found["fnir"]["0.01"] == 0.0
    assert (found["chosen"]["fnir"], found["chosen"]["accepted"]) == (0.0, 0)


@pytest.mark.promise(9)
def test_templates_are_not_kept_in_the_source_tree(tmp_path: Path) -> None:
    with pytest.raises(CacheInside, match="inside the source tree"):
        describe_all(tmp_path, ["a"], weights_folder(), Path(__file__).parents[2] / "kept")


@pytest.mark.real
def test_a_folder_of_real_pictures_is_measured_and_its_templates_are_read_back(tmp_path: Path) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    data.mkdir()
    for name in (*MAN, "biden.jpg"):
        shutil.copy(picture(name), data)
    (data / "drawing.jpg").write_text("no picture", encoding="utf-8")
    (data / "openset.csv").write_text(
        "path,identity,role,source\nobama.jpg,o,enroll,own\nobama2.jpg,o,probe,own\nobama3.jpg,o,probe,own\n"
        "biden.jpg,b,stranger,own\ndrawing.jpg,d,stranger,own\n",
        encoding="utf-8",
    )
    first = run(Task(data), cache)
    own = json.loads(first)["sources"]["own"]
    assert (own["rank1"], own["tpir"]["0.01"], own["chosen"]["fpir"]) == (1.0, 1.0, 0.0)
    assert own["no_face"] == {"enroll": 0, "probe": 0, "stranger": 1}
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    assert run(Task(data), cache) == first
    assert kept.stat().st_mtime_ns == before
    assert describe_all(data, ["obama.jpg"], weights_folder(), cache).keys() == {"obama.jpg"}
    shutil.copy(picture("biden.jpg"), data / "obama3.jpg")
    assert json.loads(run(Task(data), cache))["sources"]["own"]["tpir"]["0.01"] == 0.5
    assert kept.stat().st_mode & 0o077 == 0
