"""The whole path on real faces, broker, database and pages: `kaimen demo --headless`."""

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = [pytest.mark.real, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-c", "from kaimen.cli import main; main()", "demo", "--headless", "--json"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout.strip().splitlines()[-1])


@pytest.mark.promise(6)
def test_who_should_come_in_does_and_nobody_else(report: dict[str, Any]) -> None:
    assert report["wrong"] == 0
    assert report["granted"] == 4
    assert report["denied"] == {"unknown": 3, "poor_quality": 2, "spent": 1}
    assert report["approaches"] == 10


def test_times_and_memory_are_measured_and_memory_stays_in_bounds(report: dict[str, Any]) -> None:
    assert report["unlock_ms"]["p95"] > 0
    assert report["row_ms"]["p95"] > 0
    rss = report["rss_mb"]
    assert set(rss) == {"gate", "web", "ingest", "worker", "dispatch", "broker"}
    bounds = {"gate": 350, "web": 220, "ingest": 120, "dispatch": 120}
    assert {name: rss[name] for name, most in bounds.items() if not 0 < rss[name] <= most} == {}
