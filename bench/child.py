"""A process of a measurement that is spoken to line by line."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, Self

from kaimen.house import OF_A_CHILD

ENDS_WITHIN_S: Final = 20.0


class Child:
    """`python -m MODULE CONFIG`: commands to its stdin, answers from its stdout, a line each."""

    def __init__(self, module: str, config: Path, log: Path) -> None:
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **OF_A_CHILD},
            )

    def hear(self, first: str) -> list[float]:
        """The figures of the next line that begins so; raises RuntimeError where the process ended before."""
        if self._process.stdout is None:
            raise RuntimeError("The process has no output.")
        for line in self._process.stdout:
            words = line.split()
            if words and words[0] == first:
                return [float(word) for word in words[1:]]
        raise RuntimeError(f"The process ended before it said {first}.")

    def say(self, *words: object) -> None:
        if self._process.stdin is None:
            raise RuntimeError("The process has no input.")
        self._process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Ends its stdin, and it where that does not end it."""
        try:
            self._process.communicate(timeout=ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
