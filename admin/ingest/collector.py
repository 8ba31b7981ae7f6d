"""Python's collector of cycles, told what ingest is like."""

import gc
from typing import Final

MANY: Final = 20_000
"""About what a batch of 500 makes, which goes by its reference counts alone. Python's own 700 had every batch looked
through dozens of times, a fifth of all the work (docs/decisions/0051)."""


def collect_seldom() -> None:
    """What is loaded by now is looked through no more, and what comes after it seldom."""
    gc.freeze()
    gc.set_threshold(MANY, 20, 50)
