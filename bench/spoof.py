"""A folder of pictures with a spoof.csv: who stood before the camera, and what was only held before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from bench.tables import Line, picture_path, read_table

SPOOF: Final = "spoof.csv"
LIVE: Final = "live"
ATTACKS: Final = ("print", "replay")
FRAMES: Final = 5
"""Of one approach, as the gate averages them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Presentation:
    """One line of spoof.csv; `path` is relative to the folder or absolute, `identity` who is shown, maybe empty."""

    path: str
    label: str
    identity: str


def read_spoof(folder: Path) -> tuple[Presentation, ...]:
    """Every line, once, in the order of the paths. Raises NoSet."""
    lines = read_table(folder / SPOOF, ("path", "label"))
    return tuple(sorted(dict.fromkeys(map(_presentation, lines)), key=lambda each: each.path))


def in_fives(frames: Sequence[T]) -> Iterator[Sequence[T]]:
    """Approaches that share no frame; what is left over is not judged."""
    for first in range(0, len(frames) - FRAMES + 1, FRAMES):
        yield frames[first : first + FRAMES]


def second_half(presentations: Sequence[Presentation]) -> frozenset[str]:
    """Every other person, beginning with the second: those that the threshold was not chosen on."""
    return frozenset(sorted({each.identity for each in presentations if each.identity})[1::2])


def _presentation(line: Line) -> Presentation:
    label = line["label"].lower()
    if label not in (LIVE, *ATTACKS):
        raise line.wrong(f"has a label that is none of {LIVE}, {', '.join(ATTACKS)}: {line['label']!r}")
    if not line["path"]:
        raise line.wrong("has no path")
    return Presentation(picture_path(line["path"]), label, line["identity_shown"])
