"""A folder of pictures with an openset.csv: who is enrolled, who comes back, who is a stranger."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROLES: Final = ("enroll", "probe", "stranger")
OPENSET: Final = "openset.csv"
PAIRS: Final = "lfw_pairs_600.csv"
FOLDS: Final = 10
TEST: Final = "test"
"""The split that nothing was tuned on."""


class NoSet(Exception):
    """The folder holds no set of that form."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"{folder} is no evaluation set: {why}. See docs/operations.md, Measuring recognition."
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """One line of openset.csv; `path` is relative to the folder, `split` is empty where the file has none."""

    path: str
    identity: str
    role: str
    source: str
    split: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that are one person or not; accuracy is averaged over folds."""

    first: str
    second: str
    same: bool
    fold: int


@dataclass(frozen=True, slots=True)
class SourceSet:
    """What one source is measured with. The gallery holds the largest source's people beside its own."""

    name: str
    gallery: tuple[Picture, ...]
    probes: tuple[Picture, ...]
    strangers: tuple[Picture, ...]


def read_openset(folder: Path) -> tuple[Picture, ...]:
    """Every line. Raises NoSet."""
    file = folder / OPENSET
    if not file.is_file():
        raise NoSet(folder, f"{OPENSET} is missing")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not {"path", "identity", "role", "source"} <= rows[0].keys():
        raise NoSet(folder, f"{OPENSET} needs the columns path, identity, role and source")
    if wrong := {row["role"] for row in rows} - {*ROLES}:
        raise NoSet(folder, f"{OPENSET} has a role that is none of {', '.join(ROLES)}: {min(wrong)!r}")
    return tuple(
        Picture(row["path"], row["identity"], row["role"], row["source"], row.get("split") or "")
        for row in rows
    )


def read_pairs(folder: Path) -> tuple[Pair, ...]:
    """The LFW pairs, or none where the folder has no such file."""
    file = folder / PAIRS
    if not file.is_file():
        return ()
    with file.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Pair(row["path1"], row["path2"], row["same"] == "1", int(row.get("fold") or number % FOLDS))
            for number, row in enumerate(csv.DictReader(lines))
        )


def sources(pictures: Sequence[Picture], split: str | None = None) -> tuple[SourceSet, ...]:
    """One set per source. With a split, probes and strangers are of it; the gallery stays whole."""
    names = list(dict.fromkeys(each.source for each in pictures))
    enrolled = {name: _of(pictures, name, "enroll") for name in names}
    base = max(names, key=lambda name: len({each.identity for each in enrolled[name]}))
    judged = [each for each in pictures if split is None or each.split == split]
    return tuple(
        SourceSet(
            name,
            enrolled[base] + (enrolled[name] if name != base else ()),
            _of(judged, name, "probe"),
            _of(judged, name, "stranger"),
        )
        for name in names
    )


def _of(pictures: Sequence[Picture], source: str, role: str) -> tuple[Picture, ...]:
    return tuple(each for each in pictures if each.source == source and each.role == role)
