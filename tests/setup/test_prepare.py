"""The set-up does what is pending, skips what is done, and goes on where it was stopped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from setup.prepare import PURPOSES, ROOT, Environment, Step
from setup.problem import SetupProblem

SH = "/bin/sh"


def an_environment(folder: Path) -> Environment:
    (folder / "requirements").mkdir()
    (folder / "requirements" / "run.txt").write_text("a==1\n")
    return Environment(folder / ".venv", folder)


def a_step(done: list[str], seal: str = "1") -> Step:
    return Step("run", "Installing", lambda: seal, lambda: done.append(seal))


def test_a_step_is_done_once(tmp_path: Path) -> None:
    environment, done = an_environment(tmp_path), []
    environment.carry_out(a_step(done))
    assert done == ["1"]
    assert not environment.is_pending(a_step(done))


def test_a_step_is_done_again_when_its_files_have_changed(tmp_path: Path) -> None:
    environment, done = an_environment(tmp_path), []
    environment.carry_out(a_step(done))
    assert environment.is_pending(a_step(done, seal="2"))


def test_a_step_that_fails_stays_pending(tmp_path: Path) -> None:
    environment = an_environment(tmp_path)

    def fail() -> None:
        raise SetupProblem("no connection.", "connect.")

    step = Step("run", "Installing", lambda: "1", fail)
    with pytest.raises(SetupProblem):
        environment.carry_out(step)
    assert environment.is_pending(step)


def test_a_package_that_was_half_written_when_all_stopped_is_installed_again(tmp_path: Path) -> None:
    environment, done = an_environment(tmp_path), []
    packages = environment.venv / "lib" / "python3.11" / "site-packages"
    for name in ("whole-1.dist-info", "half-1.dist-info", "~eplaced"):
        (packages / name).mkdir(parents=True)
    (packages / "whole-1.dist-info" / "INSTALLER").touch()
    environment.done.mkdir(parents=True)
    (environment.done / "run.begun").touch()
    environment.carry_out(a_step(done))
    assert [path.name for path in packages.iterdir()] == ["whole-1.dist-info"]


def test_a_changed_lock_changes_the_seal_and_so_does_a_moved_folder(tmp_path: Path) -> None:
    environment = an_environment(tmp_path)
    before = environment.step("run").seal()
    moved = Environment(tmp_path / "elsewhere", tmp_path).step("run").seal()
    (tmp_path / "requirements" / "run.txt").write_text("a==2\n")
    assert len({before, moved, environment.step("run").seal()}) == 3


def test_a_folder_that_is_no_environment_is_not_taken_for_one(tmp_path: Path) -> None:
    environment = an_environment(tmp_path)
    assert not environment.is_sound()
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    assert not environment.is_sound()


def test_running_kaimen_installs_nothing_that_only_tests_and_checks_need() -> None:
    assert not {"test", "check"} & set(PURPOSES["run"])


def prepare(path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [SH, str(ROOT / "setup" / "prepare.sh"), *arguments]
    return subprocess.run(
        command, env={"PATH": path}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def a_path(folder: Path, **programs: str) -> str:
    """A PATH on which only `programs` are found, each a line of shell, beside dirname and cat."""
    for name in ("dirname", "cat"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    for name, line in programs.items():
        (folder / name).write_text(f"#!{SH}\n{line}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_an_old_python_is_named_with_its_remedy(tmp_path: Path) -> None:
    old = '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1'
    done = prepare(a_path(tmp_path, python3=old))
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, and this machine has Python 3.9.2" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_a_machine_without_python_is_told_so(tmp_path: Path) -> None:
    done = prepare(a_path(tmp_path))
    assert done.returncode == 1
    assert "no Python at all" in done.stderr


def test_a_set_up_that_is_done_says_nothing_and_succeeds() -> None:
    path = f"{ROOT}/.venv/bin:{os.defpath}"
    assert prepare(path, "--for", "run").returncode == 0
    done = prepare(path, "--for", "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.real
def test_no_network_ends_with_a_remedy_and_no_half_made_stamp(tmp_path: Path) -> None:
    environment = Environment(tmp_path / ".venv", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text(f"nothing-of-that-name==1 --hash=sha256:{'0' * 64}\n")
    environment.make()
    nowhere = "http://127.0.0.1:9/simple"
    (tmp_path / ".venv" / "pip.conf").write_text(f"[global]\nindex-url = {nowhere}\nretries = 1\n")
    with pytest.raises(SetupProblem, match="no connection"):
        environment.carry_out(environment.step("run"))
    assert environment.is_pending(environment.step("run"))
