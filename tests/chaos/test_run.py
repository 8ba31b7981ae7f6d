"""A short trial of the whole installation on each broker, both at once: nothing lost, nothing doubled, nothing late."""

import json
import subprocess
import sys

import pytest

from kaimen.chaos.plan import Kind

SEED = 4


@pytest.mark.alone
@pytest.mark.real
@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(3)
@pytest.mark.promise(7)
def test_a_short_trial_loses_doubles_and_delays_nothing_on_either_broker() -> None:
    words = [sys.executable, "-c", "from kaimen.cli import main; main()", "chaos"]
    words += ["--minutes", "0.2", "--seed", str(SEED), "--json"]
    trials = {
        broker: subprocess.Popen([*words, "--broker", broker], stdout=subprocess.PIPE, text=True)
        for broker in ("nats", "mosquitto")
    }
    for broker, trial in trials.items():
        said, _ = trial.communicate(timeout=240)
        told = json.loads(said.splitlines()[-1])
        assert trial.returncode == 0, told
        figures = told[broker]
        assert figures["made"] > 50
        assert figures["kills"] + figures["cuts"] > 0
        assert (figures["lost"], figures["doubled"], figures["late_orders"], figures["unrecorded"]) == (
            0,
            0,
            0,
            0,
        )
        assert figures["chain_ok"]
        assert set(figures["trouble"]) <= set(Kind)
