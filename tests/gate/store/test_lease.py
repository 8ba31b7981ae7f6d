"""Twelve hours without a clock are twelve hours, however often the gate is unplugged."""

from datetime import timedelta
from pathlib import Path

import pytest

from gate.store.lease import AHEAD_S, LeaseMeter
from tests.gate.at_the_gate import NOON

HOUR_S = 3600.0


def run(path: Path | None, seconds: float, trusted: bool = False, step: float = 30.0) -> float:
    """One boot of so many seconds, asked every `step`; what is used at its end."""
    meter, now = LeaseMeter(path), 1000.0
    used = meter.used(NOON, now, trusted)
    while now < 1000.0 + seconds:
        now = min(now + step, 1000.0 + seconds)
        used = meter.used(NOON, now, trusted)
    return used


@pytest.mark.promise(7)
def test_time_without_a_clock_is_summed_over_boots(tmp_path: Path) -> None:
    path = tmp_path / "lease.json"
    assert run(path, 5 * HOUR_S) == 5 * HOUR_S
    used = run(path, 6 * HOUR_S)
    assert 11 * HOUR_S <= used <= 11 * HOUR_S + AHEAD_S


@pytest.mark.promise(7)
def test_unplugging_every_few_seconds_uses_it_up_sooner_and_never_later(tmp_path: Path) -> None:
    path = tmp_path / "lease.json"
    used = [run(path, 5.0) for _ in range(10)]
    assert used == [5.0 + AHEAD_S * boots for boots in range(10)]


def test_time_with_a_clock_costs_nothing(tmp_path: Path) -> None:
    assert run(tmp_path / "lease.json", HOUR_S, trusted=True) == 0.0
    assert not (tmp_path / "lease.json").exists()


def test_a_newer_signature_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "lease.json"
    run(path, HOUR_S)
    meter = LeaseMeter(path)
    assert meter.used(NOON, 0.0, clock_trusted=False) >= HOUR_S
    assert meter.used(NOON + timedelta(hours=1), 5.0, clock_trusted=False) == 0.0
    assert meter.used(NOON + timedelta(hours=1), 15.0, clock_trusted=False) == 10.0


@pytest.mark.promise(6)
def test_what_cannot_be_put_down_or_read_counts_as_used_up(tmp_path: Path) -> None:
    assert run(tmp_path / "gone" / "lease.json", 10.0) == float("inf")
    (tmp_path / "lease.json").write_text("[")
    meter = LeaseMeter(tmp_path / "lease.json")
    assert meter.used(NOON, 0.0, clock_trusted=False) == float("inf")
    assert meter.used(NOON + timedelta(hours=1), 0.0, clock_trusted=False) == 0.0
