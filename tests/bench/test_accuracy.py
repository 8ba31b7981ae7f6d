"""The measurement of accuracy runs on any folder of that form, and its arithmetic is held by made-up templates."""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from bench.accuracy import NoSample, Sample, Task, figures, run
from bench.described import CacheInside, Described, Looked, central, look_at_all
from bench.openset import Pair, Picture
from bench.tables import NoSet
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


def measured(found: object) -> Any:
    """The one source, as a reader of the JSON gets it."""
    return json.loads(json.dumps(found))["sources"]["own"]


def test_every_key_is_there_and_made_up_people_are_all_found() -> None:
    pictures, faces = a_set()
    found = json.loads(json.dumps(figures(Task(Path()), pictures, [], Looked(faces))))
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
    own = json.loads(json.dumps(figures(Task(Path()), pictures, [], Looked(faces))))["sources"]["own"]
    assert own["no_face"] == {"enroll": 1, "probe": 1, "stranger": 0}
    assert own["fte"] == pytest.approx(1 / 30, abs=1e-4)
    assert own["rank1"] == pytest.approx(28 / 30, abs=1e-4)


def test_nobody_enrolled_finds_nobody_and_still_reports() -> None:
    strangers = [Picture("s", "p1", "stranger", "own", ""), Picture("p", "p2", "probe", "own", "")]
    faces = {"s": near(1, 1), "p": near(2, 2)}
    own = json.loads(json.dumps(figures(Task(Path()), strangers, [], Looked(faces))))["sources"]["own"]
    assert (own["rank1"], own["chosen"]["fpir"], own["chosen"]["fnir"]) == (0.0, 0.0, 1.0)
    assert (own["enrolled"], own["not_enrolled"]) == (0, 1)


@pytest.mark.parametrize(("absent", "rank1", "fpir"), [("probe", None, 0.0), ("stranger", 1.0, None)])
def test_a_set_without_probes_or_strangers_has_no_figure_of_them(
    absent: str, rank1: float | None, fpir: float | None
) -> None:
    pictures, faces = a_set()
    some = [each for each in pictures if each.role != absent]
    own = measured(figures(Task(Path()), some, [], Looked(faces)))
    assert (own["rank1"], own["chosen"]["fpir"]) == (rank1, fpir)
    assert own["baseline"]["best"] == {"tolerance": None, "fpir": None, "fnir": None}
    assert own["tpir"] == {"0.01": None, "0.003": None, "0.001": None}


def test_a_set_of_one_person_reports() -> None:
    pictures = [
        Picture("a", "p1", "enroll", 'own/\u7ea2 "1"', ""),
        Picture("b", "p1", "probe", 'own/\u7ea2 "1"', ""),
    ]
    found = json.loads(
        json.dumps(figures(Task(Path()), pictures, [], Looked({"a": near(1, 1), "b": near(1, 2)})))
    )
    assert found["sources"]['own/\u7ea2 "1"']["rank1"] == 1.0


def test_files_that_cannot_be_read_count_nowhere_but_as_such() -> None:
    pictures, faces = a_set()
    gone = {"0_b", "1_a", "30_a", "31_a"}
    seen = {path: face for path, face in faces.items() if path not in gone}
    own = measured(figures(Task(Path()), pictures, [], Looked(seen, gone)))
    assert own["unreadable"] == {"enroll": 1, "probe": 1, "stranger": 2}
    assert own["no_face"] == {"enroll": 0, "probe": 0, "stranger": 0}
    assert (own["enrolled"], own["probes"], own["strangers"], own["fte"]) == (29, 29, 28, 0.0)
    assert own["not_enrolled"] == 1  # whose only picture was one of them


def test_bounds_count_people_and_not_their_pictures() -> None:
    pictures, faces = a_set()
    for number in range(200):
        path = f"{59}_{number}"
        pictures.append(Picture(path, "p59", "stranger", "own", ""))
        faces[path] = near(59, 10_000 + number)
    own = measured(figures(Task(Path()), pictures, [], Looked(faces)))
    assert (own["strangers"], own["stranger_people"], own["probe_people"]) == (230, 30, 30)
    assert own["chosen"]["rule_of_three"] == 0.1
    assert own["chosen"]["fpir_upper_95"] == pytest.approx(1 - 0.05 ** (1 / 30), abs=1e-4)
    assert own["tpir_interval"]["0.01"] == [0.9, 1.0]
    assert own["tpir_resolved"] == {"0.01": False, "0.003": False, "0.001": False}


def test_a_sample_is_the_same_for_one_seed() -> None:
    pictures, faces = a_set()
    task = Task(Path(), Sample.of("10x20"), seed=3)
    first, again = (json.dumps(figures(task, pictures, [], Looked(faces))) for _ in range(2))
    assert first == again
    drawn = json.loads(first)["sample"]
    assert (drawn["enrolled"], drawn["probes"], drawn["strangers"]) == (10, 10, 20)


@pytest.mark.parametrize("text", ["", "300", "300x", "300x-1", "many x few"])
def test_a_sample_of_another_form_is_said(text: str) -> None:
    with pytest.raises(NoSample, match="like 300x900"):
        Sample.of(text)


def test_a_sample_of_nobody_reports() -> None:
    pictures, faces = a_set()
    found = json.loads(json.dumps(figures(Task(Path(), Sample.of("0x0")), pictures, [], Looked(faces))))
    assert (found["sample"]["enrolled"], found["sample"]["rank1"]) == (0, None)


def test_pairs_are_judged_by_the_threshold_of_the_other_folds() -> None:
    _, faces = a_set()
    pairs = [Pair(f"{n}_a", f"{n}_b", True, n % 10) for n in range(20)]
    pairs += [Pair(f"{n}_a", f"{n + 1}_b", False, n % 10) for n in range(20)]
    pairs.append(Pair("0_a", "missing", False, 0))
    found = json.loads(json.dumps(figures(Task(Path()), a_set()[0], pairs, Looked(faces))))["lfw_pairs"]
    assert (found["accuracy"], found["n"], found["fte"]) == (1.0, 41, 1)


def test_pairs_that_cannot_be_read_or_teach_no_threshold_are_not_judged_by_chance() -> None:
    pictures, faces = a_set()
    pairs = [Pair("0_a", "0_b", True, 0), Pair("0_a", "1_a", False, 1), Pair("0_a", "gone", True, 2)]
    found = figures(Task(Path()), pictures, pairs[:1], Looked(faces))["lfw_pairs"]
    assert isinstance(found, dict)
    assert found["accuracy"] == 0.0
    found = figures(Task(Path()), pictures, pairs, Looked(faces, {"gone"}))["lfw_pairs"]
    assert isinstance(found, dict)
    assert (found["n"], found["unreadable"]) == (2, 1)
    assert figures(Task(Path()), pictures, pairs[2:], Looked(faces, {"gone"}))["lfw_pairs"] is None


def test_the_central_face_is_meant() -> None:
    marks = Landmarks(*[Point(0, 0)] * 5)
    edge, middle = Face(Box(0, 0, 60, 60), marks, 1.0), Face(Box(80, 80, 110, 110), marks, 0.8)
    assert central([edge, middle], 200, 200) is middle


@pytest.mark.promise(9)
def test_templates_are_not_kept_in_the_source_tree(tmp_path: Path) -> None:
    with pytest.raises(CacheInside, match="inside the source tree"):
        look_at_all(tmp_path, ["a"], weights_folder(), Path(__file__).parents[2] / "kept")


@pytest.mark.real
def test_a_folder_of_real_pictures_is_measured_and_its_templates_are_read_back(tmp_path: Path) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    (data / "men").mkdir(parents=True)
    for name in (*MAN, "biden.jpg"):
        shutil.copy(picture(name), data / "men")
    (data / "drawing.jpg").write_text("no picture", encoding="utf-8")
    (data / "grey.bmp").write_bytes(bytes(cv2.imencode(".bmp", np.full((90, 90), 120, np.uint8))[1]))
    outside = shutil.copy(picture("astronaut.png"), tmp_path / "a.png")
    (data / "openset.csv").write_text(
        "path,identity,role,source\nmen\\obama.jpg,o,enroll,own\nmen\\obama2.jpg,o,probe,own\n"
        "men/obama3.jpg,o,probe,own\n\nmen/biden.jpg,b,stranger,own\ndrawing.jpg,d,stranger,own\n"
        f"missing.jpg,m,stranger,own\ngrey.bmp,g,stranger,own\n{outside},a,stranger,own\n",
        encoding="utf-8-sig",
    )
    first = run(Task(data), cache)
    own = json.loads(first)["sources"]["own"]
    assert (own["rank1"], own["tpir"]["0.01"], own["chosen"]["fpir"]) == (1.0, 1.0, 0.0)
    assert own["no_face"] == {"enroll": 0, "probe": 0, "stranger": 1}
    assert own["unreadable"] == {"enroll": 0, "probe": 0, "stranger": 2}
    assert own["strangers"] == 3
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    assert run(Task(data), cache) == first
    assert kept.stat().st_mtime_ns == before
    obama = "men/obama.jpg"
    assert look_at_all(data, [obama], weights_folder(), cache).faces.keys() == {obama}
    shutil.copy(picture("biden.jpg"), data / "men" / "obama3.jpg")
    assert json.loads(run(Task(data), cache))["sources"]["own"]["tpir"]["0.01"] == 0.5
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.real
def test_a_table_whose_pictures_are_all_elsewhere_is_no_set(tmp_path: Path) -> None:
    text = "path,identity,role,source\nC:\\faces\\a.jpg,a,enroll,own\n/nowhere/b.jpg,a,probe,own\n"
    (tmp_path / "openset.csv").write_text(text, encoding="utf-8")
    with pytest.raises(NoSet, match="not one of the pictures"):
        run(Task(tmp_path))
