"""What tests need from Debian: a broker, a browser, fonts and a camera server. `make run` needs none of it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from setup.problem import SetupProblem

LIST = Path(__file__).resolve().parent.parent / "requirements" / "debian.txt"
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")


@dataclass(frozen=True, slots=True)
class DebianPackage:
    """A package and the pattern of a file that is there once it is installed."""

    name: str
    proof: str

    def is_here(self) -> bool:
        """Return whether the proof exists."""
        return any(Path("/").glob(self.proof.removeprefix("/")))


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the set-up, and what they may do."""

    root: bool
    sudo: bool
    apt: bool


def wanted(text: str) -> list[DebianPackage]:
    """Read the list: one package and its proof a line, comments after #."""
    lines = [line.split("#")[0].split() for line in text.splitlines()]
    return [DebianPackage(*line) for line in lines if line]


def whoever_runs_this() -> Operator:
    """Look at the running process and this machine."""
    return Operator(os.geteuid() == 0, shutil.which("sudo") is not None, shutil.which("apt-get") is not None)


def steps(missing: list[str], operator: Operator) -> list[list[str]]:
    """Return the commands that install `missing`; raises SetupProblem, naming all, when nobody here may."""
    if not operator.apt:
        raise SetupProblem(
            f"the tests need these Debian packages or their like: {', '.join(missing)}.",
            "install them, then run make test again; make run does not need them.",
        )
    if not (operator.root or operator.sudo):
        raise SetupProblem(
            f"the tests need Debian packages that are missing: {', '.join(missing)}.",
            f"as root: apt-get install {' '.join(missing)}   (then make test again)",
        )
    prefix = [] if operator.root else ["sudo", *([] if sys.stdin.isatty() else ["-n"])]
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    return [[*prefix, "apt-get", "update"], [*prefix, *quiet, *INSTALL, *missing]]


def install_missing(log: Path) -> None:
    """Install what is missing from Debian; raises SetupProblem with the remedy when that fails."""
    missing = [package.name for package in wanted(LIST.read_text()) if not package.is_here()]
    if not missing:
        return
    print(f"Installing from Debian, for the tests: {', '.join(missing)}", flush=True)
    for command in steps(missing, whoever_runs_this()):
        with log.open("ab") as output:
            done = subprocess.run(command, stdout=output, stderr=output, check=False)
        if done.returncode != 0:
            raise SetupProblem(
                f"{' '.join(command[:6])} … failed.",
                f"read the end of {log}, or as root: apt-get install {' '.join(missing)}",
            )
