"""A folder of pictures with an openset.csv: who is enrolled, who comes back, who is a stranger."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.tables import Line, picture_path, read_table

ROLES: Final = ("enroll", "probe", "stranger")
OPENSET: Final = "openset.csv"
PAIRS: Final = "lfw_pairs_600.csv"
FOLDS: Final = 10
TEST: Final = "test"
"""The split that nothing was tuned on."""
SAME: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Picture:
    """One line of openset.csv; `path` is relative to the folder or absolute, `split` is empty where the file has none.

    A stranger whom the file does not name is a person of their own: `identity` is then the path.
    """

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
    """What one source is measured with. The gallery holds the largest source's people beside its own.

    Left out are probes and strangers whose very picture is enrolled, and strangers whom the source enrols.
    """

    name: str
    gallery: tuple[Picture, ...]
    probes: tuple[Picture, ...]
    strangers: tuple[Picture, ...]
    probes_left_out: int = 0
    strangers_left_out: int = 0

    @property
    def by_role(self) -> dict[str, tuple[Picture, ...]]:
        """The pictures of each of the ROLES."""
        return dict(zip(ROLES, (self.gallery, self.probes, self.strangers), strict=True))

    def without(self, paths: Set[str]) -> "SourceSet":
        """The same less those pictures."""
        gallery, probes, strangers = (
            tuple(each for each in pictures if each.path not in paths) for pictures in self.by_role.values()
        )
        return replace(self, gallery=gallery, probes=probes, strangers=strangers)


def read_openset(folder: Path) -> tuple[Picture, ...]:
    """Every line, once. Raises NoSet."""
    lines = read_table(folder / OPENSET, ("path", "identity", "role", "source"))
    return tuple(dict.fromkeys(map(_picture, lines)))


def read_pairs(folder: Path) -> tuple[Pair, ...]:
    """The LFW pairs, or none where the folder has no such file. Raises NoSet.

    Where the file has no folds, or a single one, pairs are dealt in turn.
    """
    if not (folder / PAIRS).is_file():
        return ()
    lines = read_table(folder / PAIRS, ("path1", "path2", "same"))
    folded = len({each["fold"] for each in lines}) > 1
    return tuple(
        _pair(each, each["fold"] if folded else str(number % FOLDS)) for number, each in enumerate(lines)
    )


def sources(pictures: Sequence[Picture], split: str | None = None) -> tuple[SourceSet, ...]:
    """One set per source. With a split, probes and strangers are of it; the gallery stays whole."""
    names = list(dict.fromkeys(each.source for each in pictures))
    enrolled = {name: _of(pictures, name, "enroll") for name in names}
    base = max(names, key=lambda name: len({each.identity for each in enrolled[name]}))
    return tuple(_source(name, _gallery(pictures, name, enrolled[base]), pictures, split) for name in names)


def _gallery(pictures: Sequence[Picture], name: str, largest: Sequence[Picture]) -> tuple[Picture, ...]:
    """The largest source's people and the source's own.

    Two sources may number their people alike. A name that the source enrols or calls a stranger is its own person,
    so whoever the largest source calls by it is left out.
    """
    own = [each for each in pictures if each.source == name and each.role != "probe"]
    names = {each.identity for each in own}
    others = [each for each in largest if each.source != name and each.identity not in names]
    return (*others, *_of(own, name, "enroll"))


def _source(
    name: str, gallery: tuple[Picture, ...], pictures: Sequence[Picture], split: str | None
) -> SourceSet:
    judged = [each for each in pictures if split is None or each.split == split]
    probes, strangers = _of(judged, name, "probe"), _of(judged, name, "stranger")
    enrolled, people = {each.path for each in gallery}, {each.identity for each in gallery}
    kept = tuple(each for each in probes if each.path not in enrolled)
    unknown = tuple(each for each in strangers if each.path not in enrolled and each.identity not in people)
    return SourceSet(name, gallery, kept, unknown, len(probes) - len(kept), len(strangers) - len(unknown))


def _picture(line: Line) -> Picture:
    role, path = line["role"].lower(), picture_path(line["path"])
    if role not in ROLES:
        raise line.wrong(f"has a role that is none of {', '.join(ROLES)}: {line['role']!r}")
    identity = line["identity"] or (path if role == "stranger" else "")
    if not path or not identity:
        raise line.wrong("has no path or no identity")
    return Picture(path, identity, role, line["source"], line["split"].lower())


def _pair(line: Line, fold: str) -> Pair:
    same = SAME.get(line["same"].lower())
    if same is None or not fold.isdecimal():
        raise line.wrong("needs 1 or 0 as same, and a number as fold")
    return Pair(picture_path(line["path1"]), picture_path(line["path2"]), same, int(fold))


def _of(pictures: Sequence[Picture], source: str, role: str) -> tuple[Picture, ...]:
    return tuple(each for each in pictures if each.source == source and each.role == role)
