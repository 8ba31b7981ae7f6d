"""The measurement of a frame's time runs on any clip and says what it did."""

import json
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.latency import Spread, measure
from gate.vision.onnx_eye import OnnxEye
from tests.faces import picture

if find_spec("face_recognition") is None:
    pytest.skip("the second eye is an extra, not installed here", allow_module_level=True)

KEYS = {
    "frame_ms", "baseline_frame_ms", "ratio", "quick_baseline_frame_ms", "quick_ratio", "quick_faces_found_share",
    "detect_ms", "describe_ms", "unlock_ms",
}  # fmt: skip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    astronaut = np.asarray(cv2.imread(str(picture("astronaut.png"))))
    face = cv2.resize(astronaut[0:300, 80:380], (360, 360))
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15.0, (480, 360))
    for step in range(12):
        frame = np.full((360, 480, 3), 120, dtype=np.uint8)
        frame[:, 5 * step : 5 * step + 360] = face
        writer.write(frame)
    writer.release()
    return path


@pytest.mark.real
def test_a_clip_with_a_person_gives_every_figure_and_the_gate_is_faster(clip: Path, tmp_path: Path) -> None:
    figures = json.loads(measure(clip, OnnxEye(tmp_path / "models"), baseline_frames=4).as_json())
    assert figures.keys() >= KEYS
    assert figures["frames"] == 12
    assert figures["baseline_frames"] == 4
    assert (figures["faces_found"], figures["baseline_faces_found"]) == (4, 4), "of the frames compared alone"
    assert figures["quick_faces_found"] == 4 * figures["quick_faces_found_share"] < 4
    assert figures["ratio"] > 1
    assert figures["detect_ms"]["n"] == 12
    assert figures["describe_ms"]["n"] >= 1
    assert figures["unlock_ms"]["n"] == 1
    assert figures["unlock_ms"]["p95"] > 0
    assert "enrolled from that frame" in figures["note"]


def test_a_spread_of_nothing_is_nothing() -> None:
    assert Spread.of([]) == Spread(0, None, None)
    assert Spread.of([5.0]) == Spread(1, 5.0, 5.0)
