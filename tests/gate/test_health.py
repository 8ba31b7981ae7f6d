"""What a gate measures of itself."""

from pathlib import Path

import pytest

from gate.health import SAMPLES, Health, Trouble, free_mb, resident_mb


def test_a_report_gives_rates_and_medians_since_the_last_one() -> None:
    health = Health(now=0)
    for detect_ms in (3.0, 9.0, 4.0):
        health.frame()
        health.took({"detect": detect_ms, "something else": 1.0})
    first = health.report(now=2)
    assert (first.frames_per_s, first.stages.detect, first.stages.describe) == (1.5, 4.0, None)
    second = health.report(now=3)
    assert (second.frames_per_s, second.stages.detect) == (0.0, None)


def test_a_report_says_how_hard_the_gate_looks() -> None:
    health = Health(now=0)
    first = health.report(now=1)
    assert (first.looks_per_s, first.detection_width, first.degraded) == (0.0, None, False)
    for width in (640, 640, 480):
        health.looked(width, degraded=width < 640)
    second = health.report(now=3)
    assert (second.looks_per_s, second.detection_width, second.degraded) == (1.5, 480, True)
    third = health.report(now=4)  # nothing moved since: the pace is still what it was
    assert (third.looks_per_s, third.detection_width, third.degraded) == (0.0, 480, True)


def test_troubles_are_counted_since_the_start() -> None:
    health = Health(now=0)
    health.count(Trouble.DOOR)
    assert health.count(Trouble.FRAME) == 1
    assert health.report(1).troubles == 2
    assert health.report(2).troubles == 2


def test_measurements_between_two_reports_take_no_more_memory_than_allowed() -> None:
    health = Health(now=0)
    for number in range(SAMPLES * 3):
        health.took({"detect": float(number)})
    assert health.report(1).stages.detect == pytest.approx(SAMPLES * 2.5, abs=1)


def test_memory_and_disk_are_read_from_the_system_and_unknown_is_zero(tmp_path: Path) -> None:
    assert resident_mb() > 10
    assert resident_mb(tmp_path / "none") == 0
    assert free_mb(tmp_path) > 0
    assert free_mb(tmp_path / "none") == 0
