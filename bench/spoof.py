"""A folder of pictures with a spoof.csv: who stood before the camera, and what was only held before it."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from bench.openset import NoSet

SPOOF: Final = "spoof.csv"
LIVE: Final = "live"
ATTACKS: Final = ("print", "replay")
FRAMES: Final = 5
"""Of one approach, as the gate averages them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Presentation:
    """One line of spoof.csv; `path` is relative to the folder, `identity` is who is shown, empty where unknown."""

    path: str
    label: str
    identity: str


def read_spoof(folder: Path) -> tuple[Presentation, ...]:
    """Every line, in the order of the paths. Raises NoSet."""
    file = folder / SPOOF
    if not file.is_file():
        raise NoSet(folder, f"{SPOOF} is missing")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not {"path", "label"} <= rows[0].keys():
        raise NoSet(folder, f"{SPOOF} needs the columns path and label")
    if wrong := {row["label"] for row in rows} - {LIVE, *ATTACKS}:
        raise NoSet(
            folder, f"{SPOOF} has a label that is none of {LIVE}, {', '.join(ATTACKS)}: {min(wrong)!r}"
        )
    presentations = [Presentation(row["path"], row["label"], row.get("identity_shown") or "") for row in rows]
    return tuple(sorted(presentations, key=lambda each: each.path))


def in_fives(frames: Sequence[T]) -> Iterator[Sequence[T]]:
    """Approaches that share no frame; what is left over is not judged."""
    for first in range(0, len(frames) - FRAMES + 1, FRAMES):
        yield frames[first : first + FRAMES]


def second_half(presentations: Sequence[Presentation]) -> frozenset[str]:
    """Every other person, beginning with the second: those that the threshold was not chosen on."""
    return frozenset(sorted({each.identity for each in presentations if each.identity})[1::2])
