"""How long a change takes to the gate: database, broker, dispatch, ingest and web as `kaimen up` runs them, and the
roster's way through a gate in a process of its own.

Each revocation is what the page does when somebody's last home is ended: it counts from the commit to the moment the
gate refuses that person's own template. Beside it, in the same run, the same roster fetched whole.
"""

import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import numpy as np
from sqlalchemy import func, select

from admin.db.session import reading, writing
from admin.db.tables import SealedRoster
from admin.security.principals import process
from admin.web.residents.service import Editor, end_home
from bench.child import Child
from bench.roster_town import NUMBERS, TEMPLATES, Dweller, Town, settle
from kaimen.gatefile import Camera
from kaimen.house import House
from kaimen.install import Ports, prepare
from kaimen.onegate import OneGate
from kaimen.state import StateFolder, free_port
from kaimen.weights import weights_folder

FIRST_PORT: Final = 18_750
PAUSE_S: Final = 2.0  # each change is measured alone: by then wholes are sealed and thresholds set


@dataclass(frozen=True, slots=True)
class Load:
    """How many live there, and how many are revoked one after another."""

    people: int
    revocations: int


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Seconds: the middle and the worst of twenty."""

    p50: float
    p95: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        middle, high = (round(float(value), 3) for value in np.quantile(values, (0.5, 0.95)))
        return cls(middle, high)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The same roster whole instead of a step: seconds to fetch and check it, and how many times more that is."""

    delta_fetch_s: float
    whole_fetch_s: float
    whole_bytes: int
    ratio: float
    bytes_ratio: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds, bytes, MiB. `first_fetch_s` runs from the gate's first word to the roster in force; `gate_rss_mb` is
    what the roster added to the gate's process at its end, `memory_ratio` how many times the raw templates that is."""

    first_fetch_s: float
    revoke_s: Percentiles
    delta_bytes: int
    gate_rss_mb: float
    raw_templates_mb: float
    memory_ratio: float
    gate_process_mb: float
    gate_peak_mb: float
    baseline: Baseline
    people: int
    revocations: int
    templates: int
    numbers: int
    machine: str


def run(load: Load) -> str:
    """`kaimen bench roster`: one line of JSON. Times in seconds, memory in MiB, sizes in bytes."""
    with tempfile.TemporaryDirectory(prefix="kaimen-bench-") as name, ExitStack() as ends:
        folder = StateFolder(Path(name))
        ports = Ports(*(free_port(FIRST_PORT + number * 10) for number in range(3)))
        box = prepare(folder, ports, weights_folder(), datetime.now(UTC))
        town = settle(box, load.people)
        house = House.of(box)
        ends.callback(house.stop)
        gate = OneGate(house, town.compound)
        gate.register()
        house.start_server()
        gate.write(Camera("0"))
        child = ends.enter_context(
            Child("bench.roster_gate", folder.config("gate"), folder.logs / "roster-gate.log")
        )
        return json.dumps(asdict(_measure(house, child, town, load.revocations)))


def _measure(house: House, gate: Child, town: Town, revocations: int) -> Figures:
    first_s, _, before_mb = gate.hear("holds")
    version = _newest_version(house)
    took: list[float] = []
    steps: list[float] = []
    for one in town.dwellers[:: max(1, len(town.dwellers) // revocations)][:revocations]:
        took.append(_revoke(house, gate, one))
        time.sleep(PAUSE_S)
        gate.say("size")
        steps.append(gate.hear("size")[2])
    gate.say("size")
    rss_mb, peak_mb, _ = gate.hear("size")
    gate.say("whole")
    whole_s, whole_bytes = gate.hear("whole")
    delta_bytes, delta_s = _longest_step(house, version), float(np.median(steps))
    return Figures(
        first_fetch_s=round(first_s, 2),
        revoke_s=Percentiles.of(took),
        delta_bytes=delta_bytes,
        gate_rss_mb=round(rss_mb - before_mb, 1),
        raw_templates_mb=round(town.raw_mb, 1),
        memory_ratio=round((rss_mb - before_mb) / town.raw_mb, 2),
        gate_process_mb=rss_mb,
        gate_peak_mb=peak_mb,
        baseline=Baseline(
            delta_fetch_s=round(delta_s, 4),
            whole_fetch_s=round(whole_s, 4),
            whole_bytes=int(whole_bytes),
            ratio=round(whole_s / delta_s, 1),
            bytes_ratio=round(whole_bytes / delta_bytes) if delta_bytes else None,
        ),
        people=len(town.dwellers),
        revocations=len(took),
        templates=TEMPLATES,
        numbers=NUMBERS,
        machine=f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
    )


def _revoke(house: House, gate: Child, one: Dweller) -> float:
    """Seconds from the commit of the end of somebody's last home to the gate's refusal."""
    gate.say("watch", one.wire_id)
    gate.hear("watching")
    with writing(house.box.engine) as session:
        end_home(session, Editor(process("bench"), datetime.now(UTC)), one.id, one.membership)
    committed = time.monotonic()
    return gate.hear("refused")[0] - committed


def _newest_version(house: House) -> int:
    with reading(house.box.engine) as session:
        return session.scalar(select(func.max(SealedRoster.version))) or 0


def _longest_step(house: House, after: int) -> int:
    """Bytes sealed, of the versions made since; 0 where none was told as a step."""
    with reading(house.box.engine) as session:
        lengths = select(func.max(func.length(SealedRoster.step))).where(SealedRoster.version > after)
        return session.scalar(lengths) or 0
