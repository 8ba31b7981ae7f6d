"""Write the locked requirement files: exact versions and hashes, and never an address.

`requirements/NAME.in` says what each side asks for; this writes `requirements/NAME.txt` beside it.
Everything is resolved together first, so that all files agree on every version.
Run it with `make lock`; `make lock UPGRADE=1` takes the newest versions.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
OLDEST_PYTHON = "3.11"
RUN = ("gate", "second-eye", "enrollment", "admin", "kaimen")
DEV = ("test", "check")
CARRIERS = "carriers"


def compile_lock(sources: list[Path], target: Path, *options: str) -> None:
    """Resolve `sources` into `target` with the uv that stands beside the running Python."""
    uv = Path(sys.executable).parent / "uv"
    plain = ("--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")
    wanted = ("--universal", f"--python-version={OLDEST_PYTHON}", "--generate-hashes")
    command = [uv, "pip", "compile", *plain, *wanted, f"--output-file={target}", *options, *sources]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def source(name: str) -> Path:
    """Return where the packages of `name` are asked for."""
    return FOLDER / f"{name}.in"


def locked(name: str) -> Path:
    """Return where the packages of `name` are locked."""
    return FOLDER / f"{name}.txt"


def main() -> None:
    """Write all lock files; with `--upgrade`, take the newest versions."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    together = FOLDER / "together.txt"
    # What is locked already is what uv prefers, so that a new package moves no other.
    known = [path.read_text() for path in map(locked, ("run", *DEV)) if path.exists()]
    together.write_text("".join(known))
    try:
        compile_lock([source(name) for name in (*RUN, *DEV)], together, *upgrade)
        agreed = f"--constraint={together}"
        compile_lock([source(name) for name in RUN], locked("run"), agreed)
        for name in ("gate", "second-eye", "enrollment", "admin", *DEV):
            compile_lock([source(name)], locked(name), agreed)
        compile_lock([source(CARRIERS)], locked(CARRIERS), "--no-deps", *upgrade)
    finally:
        together.unlink()


if __name__ == "__main__":
    main()
