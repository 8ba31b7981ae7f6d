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
