"""The tests' Debian packages are installed by root, by sudo, or named for whoever may."""

from pathlib import Path

import pytest

from setup.debian import LIST, DebianPackage, Operator, steps, wanted
from setup.problem import SetupProblem

MISSING = ["mosquitto", "chromium"]


def test_the_list_reads_as_packages_with_their_proofs() -> None:
    listed = wanted("# why\nmosquitto /usr/sbin/mosquitto\n\nchromium /usr/bin/chromium # pages\n")
    assert listed == [
        DebianPackage("mosquitto", "/usr/sbin/mosquitto"),
        DebianPackage("chromium", "/usr/bin/chromium"),
    ]


def test_the_broker_the_browser_and_the_chinese_fonts_are_on_the_list() -> None:
    names = {package.name for package in wanted(LIST.read_text())}
    assert names >= {"mosquitto", "chromium", "fonts-noto-cjk"}


def test_a_package_counts_as_here_once_its_file_is(tmp_path: Path) -> None:
    proof = DebianPackage("camera", f"{tmp_path}/lib/*/camera.so")
    assert not proof.is_here()
    (tmp_path / "lib" / "amd64").mkdir(parents=True)
    (tmp_path / "lib" / "amd64" / "camera.so").touch()
    assert proof.is_here()


def test_root_installs_without_sudo() -> None:
    update, install = steps(MISSING, Operator(root=True, sudo=False, apt=True))
    assert update == ["apt-get", "update"]
    assert "sudo" not in install
    assert install[-2:] == MISSING


def test_others_install_with_sudo() -> None:
    assert all(command[0] == "sudo" for command in steps(MISSING, Operator(root=False, sudo=True, apt=True)))


def test_without_sudo_the_missing_packages_are_named_and_the_set_up_stops() -> None:
    with pytest.raises(SetupProblem, match="mosquitto, chromium") as problem:
        steps(MISSING, Operator(root=False, sudo=False, apt=True))
    assert "as root: apt-get install mosquitto chromium" in problem.value.remedy


def test_elsewhere_than_debian_the_needs_are_named() -> None:
    with pytest.raises(SetupProblem, match="mosquitto, chromium"):
        steps(MISSING, Operator(root=True, sudo=True, apt=False))
