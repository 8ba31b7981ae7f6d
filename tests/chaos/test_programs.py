"""Processes that come back by themselves, and only when they may; relays that say what stood for a pulse."""

import sys
import time
from pathlib import Path

import httpx
import pytest

from contracts.ids import BootId
from gate.store.journal import AlarmStamp, Journal
from kaimen.chaos.programs import AGAIN_S, Program
from kaimen.chaos.relay import Relays
from tests.gate.at_the_gate import EAST, NOON

pytestmark = pytest.mark.real
SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


def starts(program: Program, number: int) -> bool:
    """Whether it has started so often by and by."""
    end = time.monotonic() + 20
    while program.said.count(b"up") < number and time.monotonic() < end:
        time.sleep(0.02)
    return program.said.count(b"up") == number


def test_a_program_that_was_killed_stays_down_until_it_is_released(tmp_path: Path) -> None:
    program = Program("sleeper", SLEEPS, tmp_path / "log")
    program.start()
    assert starts(program, 1)
    program.kill()
    program.kill()
    program.tend(0.0)
    program.tend(100.0)
    program.release()
    assert program.said.count(b"up") == 1, "the second who holds it has not let go"
    program.release()
    assert starts(program, 2)
    program.stop()


def test_a_program_that_ended_by_itself_comes_back_after_a_moment(tmp_path: Path) -> None:
    program = Program("short", [sys.executable, "-c", "print('up')"], tmp_path / "log")
    program.start()
    assert starts(program, 1)
    program.stop()
    program.tend(1.0)
    program.tend(1.0 + AGAIN_S / 2)
    assert program.said.count(b"up") == 1
    program.tend(1.0 + AGAIN_S)
    assert starts(program, 2)
    program.stop()


@pytest.mark.promise(1)
def test_a_pulse_without_a_record_is_noted_as_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    Journal(path, EAST, BootId("b1"), AlarmStamp(NOON, 0)).close()
    relays = Relays({"east": path, "west": tmp_path / "none.sqlite3"})
    with httpx.Client(base_url=f"http://127.0.0.1:{relays.port}", trust_env=False) as client:
        for gate in ("east", "west"):
            assert client.post(f"/{gate}", json={"seconds": 1.0}).is_success
        client.post("/east", json={"seconds": 0})
    relays.close()
    assert [(pulse.gate, pulse.passage) for pulse in relays.pulses] == [("east", None), ("west", None)]
