"""What a process of a measurement says to the one that began it (`bench.child`), and how it waits."""

import sys
import time
from collections.abc import Callable


def say(*words: object) -> None:
    """One line."""
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def until(true: Callable[[], bool], longest_s: float, look_every_s: float) -> None:
    """Waits for it; raises TimeoutError."""
    end = time.monotonic() + longest_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("What was waited for did not come.")
        time.sleep(look_every_s)
