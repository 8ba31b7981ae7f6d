"""A short trial of the whole installation on each broker, both at once: nothing lost, nothing doubled, nothing late.

With all kinds of trouble, and every kind of process killed: one on NATS whose PostgreSQL is stopped as by a crash, one
on Mosquitto whose SQLite is locked. Disks are filled as root alone, who can mount them.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from kaimen.chaos.plan import Cast, Kind, plan
from kaimen.chaos.run import TROUBLE_EACH_S
from kaimen.chaos.world import GATES

MINUTES = 0.23
AS_ROOT = os.geteuid() == 0
SERVER = ("ingest", "dispatch")
CAST = Cast(("broker", *SERVER, *GATES), (*SERVER, *GATES), GATES)


@dataclass(frozen=True)
class Trial:
    """One of the two, and the seed whose first seconds have everything in them."""

    broker: str
    database: str
    seed: int

    def begun(self) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", "from kaimen.cli import main; main()", "chaos", "--json"]
        words += ["--minutes", str(MINUTES), "--seed", str(self.seed)]
        words += ["--broker", self.broker, "--database", self.database]
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


TRIALS = (Trial("nats", "postgresql", 806_476), Trial("mosquitto", "sqlite", 395_541))


@pytest.mark.parametrize("trial", TRIALS, ids=[trial.broker for trial in TRIALS])
def test_a_short_trial_has_all_kinds_of_trouble_in_it_and_kills_every_kind_of_process(trial: Trial) -> None:
    events = plan(trial.seed, MINUTES * 60, CAST, TROUBLE_EACH_S)
    killed = {event.target for event in events if event.kind is Kind.KILL}
    assert {event.kind for event in events} == set(Kind)
    assert killed >= {"broker", *SERVER}
    assert killed & set(GATES)


@pytest.mark.alone
@pytest.mark.real
@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(3)
@pytest.mark.promise(7)
def test_a_short_trial_loses_doubles_and_delays_nothing_on_either_broker() -> None:
    begun = [trial.begun() for trial in TRIALS]
    said = [process.communicate(timeout=240)[0] for process in begun]
    for trial, process, lines in zip(TRIALS, begun, said, strict=True):
        told = json.loads(lines.splitlines()[-1])
        assert process.returncode == 0, told
        check(told, told[trial.broker])
    if not AS_ROOT:
        pytest.skip("all that was tried held, but only root can fill disks and have a network of its own")


def check(told: dict[str, Any], figures: dict[str, Any]) -> None:
    """What one trial says of itself."""
    assert figures["made"] > 50
    assert figures["obeyed"] > 0
    wrong = [figures[name] for name in ("lost", "doubled", "late_orders", "unrecorded")]
    assert wrong == [0, 0, 0, 0], figures
    assert figures["chain_ok"]
    assert (told["not_done"] == []) is AS_ROOT
    if AS_ROOT:  # else there are no disks to be filled, and the seed makes another plan
        assert set(figures["trouble"]) == set(Kind)
        assert figures["kills"] >= len((*SERVER, "gate", "broker", "broker's data"))
