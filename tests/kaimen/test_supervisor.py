"""The supervisor keeps children alive and lets none outlive it."""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from kaimen.supervisor import FIRST_PAUSE_S, Command, Supervisor

LONG = "import time; time.sleep(60)"


class HandClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def a_command(folder: Path, code: str = LONG, name: str = "child") -> Command:
    return Command(name, (sys.executable, "-c", code), folder / f"{name}.log", dict(os.environ))


def test_a_child_that_dies_is_started_again_after_a_pause(tmp_path: Path) -> None:
    clock = HandClock()
    house = Supervisor(clock)
    house.start(a_command(tmp_path))
    first = house.pid("child")
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)

    assert house.tend() == ["child"]
    assert house.tend() == []
    assert house.pids == {}, "not before its pause is over"
    clock.now += FIRST_PAUSE_S
    house.tend()

    assert house.pid("child") != first
    assert house.restarts == 1
    house.stop_all()


def test_a_child_that_keeps_dying_is_started_less_and_less_often(tmp_path: Path) -> None:
    clock = HandClock()
    house = Supervisor(clock)
    house.start(a_command(tmp_path, "raise SystemExit(3)"))
    starts = []
    for _ in range(4):
        os.waitid(os.P_PID, house.pid("child"), os.WEXITED | os.WNOWAIT)
        assert house.tend() == ["child"]
        before = house.restarts
        while house.restarts == before:
            clock.now += 0.25
            house.tend()
        starts.append(clock.now)
    gaps = [later - sooner for sooner, later in pairwise(starts)]
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 4 * FIRST_PAUSE_S
    house.stop_all()


def test_stopping_ends_the_last_started_first_and_leaves_nobody(tmp_path: Path) -> None:
    house = Supervisor()
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def bye(*_):\n"
        "    open({order!r}, 'a').write({name!r} + '\\n'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye); open({order!r} + {name!r}, 'w'); time.sleep(60)"
    )
    for name in ("broker", "web", "gate"):
        house.start(a_command(tmp_path, code.format(order=str(order), name=name), name))
    pids = list(house.pids.values())
    while not all((tmp_path / f"order{name}").exists() for name in ("broker", "web", "gate")):
        time.sleep(0.01)  # until each has its handler; bounded by the test's own time limit

    house.stop_all()

    assert order.read_text().split() == ["gate", "web", "broker"]
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\nfrom pathlib import Path\nfrom kaimen.supervisor import Command, Supervisor\n"
        f"words = (sys.executable, '-c', {LONG!r})\nlog = Path({str(tmp_path / 'log')!r})\n"
        "house = Supervisor()\nhouse.start(Command('child', words, log, dict(os.environ)))\n"
        "print(house.pid('child'), flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False
