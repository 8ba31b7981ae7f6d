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
SIDES = ("gate", "admin", "enrollment", "dev")


def compile_lock(sources: list[Path], target: Path, *options: str) -> None:
    """Resolve `sources` into `target` with uv, which must stand beside the running Python."""
    uv = Path(sys.executable).parent / "uv"
    subprocess.run(
        [
            uv,
            "pip",
            "compile",
            "--quiet",
            "--universal",
            f"--python-version={OLDEST_PYTHON}",
            "--generate-hashes",
            "--no-header",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--no-annotate",
            f"--output-file={target}",
            *options,
            *sources,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
    )


def main() -> None:
    """Write all lock files; with `--upgrade`, take the newest versions."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    sources = {name: FOLDER / f"{name}.in" for name in (*RUN, "dev", "carriers")}
    together = FOLDER / "lock.txt"
    everything = [sources[name] for name in (*RUN, "dev")]
    compile_lock(everything, together, *upgrade)
    constrained = f"--constraint={together}"
    compile_lock([sources[name] for name in RUN], FOLDER / "run.txt", constrained)
    for side in SIDES:
        compile_lock([sources[side]], FOLDER / f"{side}.txt", constrained)
    compile_lock([sources["carriers"]], FOLDER / "carriers.txt", "--no-deps", *upgrade)
    together.unlink()


if __name__ == "__main__":
    main()
