"""Figures of liveness: which shares, of how many, and what is said where pictures or networks are absent."""

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.liveness import (
    CannotMeasure,
    Judged,
    approaches,
    as_text,
    auc,
    by_signs,
    networks_in,
    report,
    report_of_signs,
    track_evidence,
    wilson,
)
from bench.presented import Looked
from bench.spoof import Presentation, in_fives, read_spoof, second_half
from bench.tables import NoSet
from gate.vision.antispoof_files import SLOTS, install
from gate.vision.frame import Landmarks, Point
from gate.vision.liveness import LIVE
from kaimen.cli import app

STILL = Landmarks(Point(0, 0), Point(60, 0), Point(30, 35), Point(5, 65), Point(55, 65))
NOTHING_TRIED = {**by_signs([]), "tricks": {}}
HEAD = "path,label,identity_shown,condition\n"


def shown(label: str, person: str, *probabilities: float) -> list[Looked]:
    return [
        Looked(Presentation(f"{label}/{person}_{number}.jpg", label, person), probability, STILL)
        for number, probability in enumerate(probabilities)
    ]


def folder(at: Path, text: str) -> Path:
    (at / "spoof.csv").write_text(text, encoding="utf-8")
    return at


def test_presentations_are_read_in_the_order_they_were_taken(tmp_path: Path) -> None:
    text = HEAD + "b.jpg,print,p:1,x\na.jpg,live,p:1,x\nc.jpg,replay,,\n"
    found = read_spoof(folder(tmp_path, text))
    assert [(each.path, each.label, each.identity) for each in found] == [
        ("a.jpg", "live", "p:1"),
        ("b.jpg", "print", "p:1"),
        ("c.jpg", "replay", ""),
    ]


def test_presentations_from_a_spreadsheet_on_windows_read_alike(tmp_path: Path) -> None:
    text = "\ufeffpath,label\r\nlive\\a.jpg,Live\r\n\r\nlive\\a.jpg,Live\r\n"
    assert read_spoof(folder(tmp_path, text)) == (Presentation("live/a.jpg", "live", ""),)


@pytest.mark.parametrize("text", ["", "path,kind\na,b\n", HEAD + "a.jpg,mask,p:1,\n", HEAD + ",live,p:1,\n"])
def test_a_folder_of_another_form_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoSet, match=r"spoof\.csv"):
        read_spoof(folder(tmp_path, text))


def test_approaches_share_no_frame_and_no_person() -> None:
    assert [list(five) for five in in_fives(range(12))] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    looked = [
        *shown("live", "ann", *[0.9] * 6),
        *shown("print", "ann", *[0.1] * 5),
        *shown("live", "ben", *[0.9] * 4),
        *shown("replay", "", *[0.1] * 9),
    ]
    assert [(each.label, each.identity) for each in approaches(looked)] == [("live", "ann"), ("print", "ann")]


def test_an_approach_is_judged_by_the_mean_and_the_gates_own_threshold() -> None:
    (low,) = approaches(shown("print", "ann", 5 * LIVE - 0.01, 0, 0, 0, 0))
    (high,) = approaches(shown("print", "ann", 5 * LIVE + 0.01 - 0.6, 0.6, 0, 0, 0))
    assert (low.alive, high.alive) == (False, True)


def test_errors_are_shares_of_their_own_kind_with_the_number_of_people() -> None:
    looked = [
        *shown("live", "ann", *[0.9] * 9, 0.1),
        *shown("live", "ben", *[0.9] * 10),
        *shown("print", "cat", *[0.1] * 8, 0.9, 0.9),
        *shown("replay", "", 0.05, 0.8),
    ]
    found = report(looked, frozenset({"ben"}))
    assert found["apcer"] == {"print": 0.2, "replay": 0.5}
    assert found["bpcer"] == 0.05
    live = found["of"]["live"]
    assert (live["presentations"], live["wrong"], live["people"], live["people_wrong"]) == (20, 1, 2, 1)
    assert found["pooled"]["apcer"] == {"print": 0.5, "replay": None}
    assert found["pooled"]["bpcer"] == 0.0
    assert found["other_half"]["bpcer"] == 0.0
    assert found["other_half"]["apcer"] == {"print": None, "replay": None}
    assert [case["alive"] for case in found["replays"]] == [False, True]
    assert "APCER replay" in as_text({**found, "without_networks": NOTHING_TRIED})
    assert json.loads(json.dumps(found))["threshold"] == LIVE


def test_the_middle_is_of_the_half_the_threshold_is_chosen_on() -> None:
    looked = [
        *shown("live", "ann", *[0.8] * 5),
        *shown("print", "ann", *[0.2] * 5),
        *shown("live", "ben", *[0.3] * 5),
    ]
    assert report(looked, frozenset({"ben"}))["middle_of_first_half"] == 0.5
    assert report(looked, frozenset({"ann", "ben"}))["middle_of_first_half"] is None


def test_nobody_is_on_both_halves() -> None:
    people = [Presentation("", "live", name) for name in "abcde"]
    assert second_half(people) == {"b", "d"}


def test_intervals_are_wilsons() -> None:
    none, half = wilson(0, 10), wilson(5, 10)
    assert none is not None
    assert half is not None
    assert (none.low, none.high) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert (half.low, half.high) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))
    assert wilson(0, 0) is None


def test_auc_counts_ties_as_half_and_is_nothing_without_both() -> None:
    live = [Judged("live", "", probability, alive=True) for probability in (0.5, 0.9)]
    copies = [Judged("print", "", probability, alive=False) for probability in (0.5, 0.1)]
    assert auc(live + copies) == 0.875
    assert auc(live) is None


def test_depth_alone_calls_nobody_alive_who_was_seen_only_still() -> None:
    found = track_evidence([*shown("live", "ann", *[0.9] * 9), *shown("print", "ann", *[0.1] * 9)])
    assert (found["apcer"]["print"], found["bpcer"]) == (0.0, 1.0)


def test_without_networks_a_track_is_judged_by_both_signs() -> None:
    looked = [*shown("live", "ann", *[math.nan] * 9), *shown("print", "ann", *[math.nan] * 9)]
    found = report_of_signs(looked)
    assert (found["apcer"]["print"], found["bpcer"], found["auc"]) == (0.0, 1.0, None)
    assert found["pooled"]["of"]["live"]["people"] == 1
    assert "blink" in as_text({**found, "without_networks": NOTHING_TRIED})
    assert json.loads(json.dumps(found)) == found


def test_installed_networks_are_taken_by_their_manifest(tmp_path: Path) -> None:
    for slot in SLOTS:
        install(b"network", slot, tmp_path)
    assert networks_in(tmp_path).keys() == {*SLOTS}


def test_files_nobody_knows_are_no_networks(tmp_path: Path) -> None:
    (tmp_path / "minifasnet-v2.onnx").write_bytes(b"other")
    with pytest.raises(CannotMeasure, match=r"minifasnet-v2 and minifasnet-v1se"):
        networks_in(tmp_path)


def test_what_is_absent_is_said_at_once_and_ends_with_one(tmp_path: Path) -> None:
    asked = ["bench", "liveness", "--data", str(tmp_path), "--models", str(tmp_path), "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 1
    assert "spoof.csv" in done.stderr
    assert "models" in done.stderr
