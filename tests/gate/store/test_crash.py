"""Power cuts and full disks, with real processes and a real small disk."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from contracts.alarm import AlarmV1
from contracts.ids import PassId
from contracts.words import AlarmKind
from gate.store.journal import Journal, NoRecord
from gate.store.spent import SpentPasses
from tests.gate.store.journals import SOMEBODY, a_grant, a_journal

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[3]


def die(folder: Path, when: str) -> UUID:
    """The passage that a gate had committed when it was killed."""
    died = subprocess.run(
        [sys.executable, "-m", "tests.gate.store.crashing", str(folder), when],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    return UUID(died.stdout.strip())


def unknown_pulses(folder: Path) -> list[UUID | None]:
    journal = a_journal(folder / "journal.sqlite3")
    whats = [s.link.read_what() for s in journal.unsent(0, 100) if isinstance(s.link, AlarmV1)]
    journal.close()
    return [what.passage for what in whats if what.kind is AlarmKind.PULSE_UNKNOWN]


@pytest.mark.promise(1)
def test_a_gate_killed_before_its_pulse_says_that_it_does_not_know(tmp_path: Path) -> None:
    passage = die(tmp_path, "before")
    assert unknown_pulses(tmp_path) == [passage]
    assert unknown_pulses(tmp_path) == [passage]


@pytest.mark.promise(1)
def test_a_gate_killed_after_its_pulse_has_nothing_to_explain(tmp_path: Path) -> None:
    die(tmp_path, "after")
    assert unknown_pulses(tmp_path) == []


def test_a_used_pass_stays_used_when_the_gate_is_killed(tmp_path: Path) -> None:
    die(tmp_path, "before")
    assert SpentPasses(tmp_path / "spent.sqlite3").uses(PassId("1" * 32)) == 1


def fill(journal: Journal) -> int:
    """How many passages went in before there was no record of one."""
    for count in range(2000):
        try:
            journal.write_passage(SOMEBODY, a_grant())
        except NoRecord:
            return count
    raise AssertionError("the disk did not fill")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 kB; needs the right to mount."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.promise(1)
def test_a_disk_that_fills_up_shuts_the_door_and_loses_nothing(small_disk: Path) -> None:
    journal = a_journal(small_disk / "journal.sqlite3")
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 300_000)
    written = 1 + fill(journal)
    assert journal.unsent_count() == written
    assert len(journal.unsent(0, 5000)) == written
    filler.unlink()
    last = journal.write_passage(SOMEBODY, a_grant())
    links = [stored.link for stored in journal.unsent(0, 5000)]
    journal.close()
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:-1]]
    assert links[-1] == last
