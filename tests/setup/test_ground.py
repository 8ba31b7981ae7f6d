"""The set-up looks at the machine first, and says what to do when something is missing."""

from pathlib import Path

import pytest

from setup.ground import GIB, check_room, check_venv, check_writable
from setup.problem import SetupProblem


def test_a_full_disk_stops_the_set_up_and_says_how_much_is_needed(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match=r"0\.5 GB are free, 1\.5 GB are needed") as problem:
        check_room(tmp_path, 3 * GIB // 2, free=lambda _: GIB // 2)
    assert "free some space" in problem.value.remedy


def test_a_roomy_disk_is_fine(tmp_path: Path) -> None:
    check_room(tmp_path, GIB, free=lambda _: 2 * GIB)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="cannot be written to") as problem:
        check_writable(tmp_path, may=lambda _folder, _mode: False)
    assert str(tmp_path) in problem.value.remedy


def test_a_python_without_venv_is_sent_to_debians_package() -> None:
    with pytest.raises(SetupProblem, match="venv module is missing") as problem:
        check_venv(has=lambda name: name != "ensurepip")
    assert "sudo apt-get install python3-venv" in problem.value.remedy


def test_a_python_with_venv_is_fine() -> None:
    check_venv(has=lambda _: True)
