"""Pictures to templates, each once, in two processes; kept in a folder where one is named."""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from bench.pictures import read_picture
from gate.vision.eye import Eye, describe_with_mirror
from gate.vision.frame import Face, Frame, Pixels, Vector
from gate.vision.onnx_eye import MODEL, OnnxEye
from gate.vision.quality import AT_THE_GATE, Quality, Usable, judge, measure

PROCESSES: Final = 2
CHUNK: Final = 16
TOLD_EVERY: Final = 100
KEPT_EVERY: Final = 1_000
VECTORS: Final = ("template", "enrolled", "resnet")
MEASURES: Final = TypeAdapter(Quality)
REPOSITORY: Final = Path(__file__).resolve().parents[1]


class CacheInside(Exception):
    """Templates are of real people: the folder that keeps them may not be in the source tree."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} lies inside the source tree; templates are kept elsewhere, or not at all."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """The central face of one picture: the template a gate makes of it and the one enrolment makes, the ResNet's own
    numbers for the baseline, and what a gate measures before it counts the frame."""

    template: Vector = field(repr=False)
    enrolled: Vector = field(repr=False)
    resnet: Vector = field(repr=False)
    quality: Quality

    @property
    def weight(self) -> float:
        """How much a gate counts the frame beside others of its track."""
        return self.quality.weight

    @property
    def usable(self) -> bool:
        """Whether a gate would have described it at all."""
        return isinstance(judge(self.quality, AT_THE_GATE), Usable)


Faces = Mapping[str, Described]
"""By path relative to the folder; a picture without a face is absent."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What the pictures of a set showed. `unreadable` are the paths of files that are missing, damaged or far too
    large: nothing was shown, which is another thing than a picture without a face."""

    faces: Faces
    unreadable: Set[str] = frozenset()


def look_at_all(folder: Path, paths: Iterable[str], weights: Path, cache: Path | None = None) -> Looked:
    """Describes each picture once; says on stderr how far it is. Raises CacheInside, MissingWeights or WrongWeights."""
    wanted = sorted(set(paths))
    kept = _Cache(cache, folder) if cache else None
    known = kept.read() if kept else {}
    missing = [path for path in wanted if path not in known]
    before, unreadable = len(known), set[str]()
    for number, look in enumerate(_looks(folder, missing, weights), start=1):
        if look.readable:
            known[look.path] = look.face
        else:
            unreadable.add(look.path)
        if kept and number % KEPT_EVERY == 0:
            kept.write(known)
        if number % TOLD_EVERY == 0:
            print(f"{number} of {len(missing)} pictures", file=sys.stderr, flush=True)
    if kept and len(known) > before:
        kept.write(known)
    return Looked({path: face for path in wanted if (face := known.get(path)) is not None}, unreadable)


def central(faces: Sequence[Face], width: int, height: int) -> Face:
    """The face nearest to the picture's middle: the one a set's label means."""
    return min(
        faces, key=lambda face: np.hypot(face.box.centre.x - width / 2, face.box.centre.y - height / 2)
    )


def central_face(pixels: Pixels, eye: Eye) -> tuple[Frame, Face] | None:
    """A picture as a frame, and its central face; None where no face is found."""
    frame = Frame(pixels, datetime.now(UTC), 0.0, 0)
    faces = eye.find(frame)
    return (frame, central(faces, frame.width, frame.height)) if faces else None


def describe_central(pixels: Pixels, eye: OnnxEye) -> Described | None:
    """The central face of a picture, or None where there is none."""
    found = central_face(pixels, eye)
    if found is None:
        return None
    frame, face = found
    try:
        quality = measure(frame.pixels, face)
        template, enrolled = eye.describe(frame, face), describe_with_mirror(eye, frame, face)
        resnet = eye.resnet_part(frame, eye.look_closer(frame, face))
    except ValueError:  # landmarks on one point
        return None
    return Described(template, enrolled, resnet, quality)


@dataclass(slots=True)
class _Here:
    """What one of the processes works with."""

    folder: Path
    eye: OnnxEye


_here: list[_Here] = []


@dataclass(frozen=True, slots=True)
class _Look:
    """What one picture showed."""

    path: str
    readable: bool
    face: Described | None


def _looks(folder: Path, paths: Sequence[str], weights: Path) -> Iterator[_Look]:
    if not paths:
        return
    OnnxEye(weights)  # converts the models once, before two processes want them
    with ProcessPoolExecutor(
        PROCESSES, mp_context=get_context("spawn"), initializer=_begin, initargs=(folder, weights)
    ) as pool:
        yield from pool.map(_look, paths, chunksize=CHUNK)


def _begin(folder: Path, weights: Path) -> None:
    _here.append(_Here(folder, OnnxEye(weights)))


def _look(path: str) -> _Look:
    pixels = read_picture(_here[0].folder / path)
    if pixels is None:
        return _Look(path, readable=False, face=None)
    return _Look(path, readable=True, face=describe_central(pixels, _here[0].eye))


_Known = dict[str, Described | None]
"""By path; None for a picture in which no face was found."""


class _Cache:
    """One file for each folder of pictures and each model; a picture of another size is described again."""

    def __init__(self, cache: Path, folder: Path) -> None:
        if cache.resolve().is_relative_to(REPOSITORY):
            raise CacheInside(cache)
        self._folder = folder
        name = json.dumps(
            [str(MODEL), VECTORS, [each.name for each in fields(Quality)], str(folder.resolve())]
        )
        self._file = cache / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.npz"

    def read(self) -> _Known:
        if not self._file.is_file():
            return {}
        with np.load(self._file, allow_pickle=False) as kept:
            vectors = [kept[name] for name in VECTORS]
            measures = [MEASURES.validate_json(str(text)) for text in kept["measures"]]
            pictures = list(zip(map(str, kept["paths"]), map(int, kept["sizes"]), strict=True))
            rows = [int(row) for row in kept["rows"]]
        found = dict(zip(rows, map(Described, *vectors, measures), strict=True))
        return {
            path: found.get(row) for row, (path, size) in enumerate(pictures) if 0 <= size == self._size(path)
        }

    def write(self, known: _Known) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        faces = {row: face for row, face in enumerate(known.values()) if face is not None}
        found = list(faces.values())
        half = self._file.with_suffix(".part.npz")
        np.savez(
            half,
            paths=np.array(list(known), dtype=np.str_),
            sizes=np.array([self._size(path) for path in known], dtype=np.int64),
            rows=np.array(list(faces), dtype=np.int64),
            template=np.array([each.template for each in found], dtype=np.float32),
            enrolled=np.array([each.enrolled for each in found], dtype=np.float32),
            resnet=np.array([each.resnet for each in found], dtype=np.float32),
            measures=np.array([MEASURES.dump_json(each.quality).decode() for each in found], dtype=np.str_),
        )
        half.chmod(0o600)
        half.replace(self._file)

    def _size(self, path: str) -> int:
        """Bytes of the picture, -1 where it is not there."""
        try:
            return (self._folder / path).stat().st_size
        except (OSError, ValueError):
            return -1
