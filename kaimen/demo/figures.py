"""What the demonstration measures: face to door, door to row, and memory of each process."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import psutil

from contracts.passage import PassageV1

Percentiles = dict[str, float]


@dataclass(frozen=True, slots=True)
class Pulse:
    """A granted passage at the gate. `unlock_ms` runs from its first usable frame to the answer of the relay."""

    passage: UUID
    at: datetime
    unlock_ms: float | None


def pulses(journal: Path) -> list[Pulse]:
    """Of every granted passage whose pulse was done, read from the gate's own journal."""
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT message, pulse_ms FROM link WHERE pulse = 'done' ORDER BY row").fetchall()
    return [_pulse(message, pulse_ms) for message, pulse_ms in rows]


def _pulse(message: bytes, pulse_ms: int) -> Pulse:
    what = PassageV1.decode(message).read_what()
    after_decision = pulse_ms - what.monotonic_ms
    unlock = None if what.waited_ms is None else float(what.waited_ms + after_decision)
    return Pulse(what.id, what.at.astimezone(UTC) + timedelta(milliseconds=after_decision), unlock)


def percentiles(values: list[float]) -> Percentiles | None:
    """p50 and p95, by the inclusive method; None where nothing was measured."""
    if not values:
        return None
    cuts = quantiles(values, n=20, method="inclusive") if len(values) > 1 else [values[0]] * 19
    return {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}


def resident_mb(pids: dict[str, int]) -> dict[str, float]:
    """Resident memory of each process and its children, in MiB; what they share is counted in each."""
    return {name: round(_tree_rss(pid) / 2**20, 1) for name, pid in pids.items()}


def _tree_rss(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family)
    except psutil.NoSuchProcess:
        return 0
