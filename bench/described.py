"""Pictures to templates, each once, in two processes; kept in a folder where one is named."""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from pydantic import TypeAdapter

from gate.vision.eye import describe_with_mirror
from gate.vision.frame import Face, Frame, Vector
from gate.vision.onnx_eye import MODEL, OnnxEye
from gate.vision.quality import AT_THE_GATE, Quality, Usable, judge, measure

PROCESSES: Final = 2
CHUNK: Final = 16
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


def describe_all(folder: Path, paths: Iterable[str], weights: Path, cache: Path | None = None) -> Faces:
    """Describes each picture once. Raises CacheInside, MissingWeights or WrongWeights."""
    wanted = sorted(set(paths))
    kept = _Cache(cache, folder) if cache else None
    known = kept.read() if kept else {}
    missing = [path for path in wanted if path not in known]
    if missing:
        known |= _described(folder, missing, weights)
        if kept:
            kept.write(known)
    return {path: face for path in wanted if (face := known.get(path)) is not None}


def central(faces: Sequence[Face], width: int, height: int) -> Face:
    """The face nearest to the picture's middle: the one a set's label means."""
    return min(
        faces, key=lambda face: np.hypot(face.box.centre.x - width / 2, face.box.centre.y - height / 2)
    )


def describe_file(file: Path, eye: OnnxEye) -> Described | None:
    """The central face of a file, or None where there is none or it is no picture."""
    pixels = cv2.imread(str(file))
    if pixels is None:
        return None
    frame = Frame(np.asarray(pixels, dtype=np.uint8), datetime.now(UTC), 0.0, 0)
    faces = eye.find(frame)
    if not faces:
        return None
    face = central(faces, frame.width, frame.height)
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


def _described(folder: Path, paths: Sequence[str], weights: Path) -> "_Known":
    OnnxEye(weights)  # converts the models once, before two processes want them
    found: _Known = {}
    with ProcessPoolExecutor(
        PROCESSES, mp_context=get_context("spawn"), initializer=_begin, initargs=(folder, weights)
    ) as pool:
        for number, (path, face) in enumerate(pool.map(_describe, paths, chunksize=CHUNK), start=1):
            found[path] = face
            if number % 500 == 0:
                print(f"{number} of {len(paths)} pictures", file=sys.stderr, flush=True)
    return found


def _begin(folder: Path, weights: Path) -> None:
    _here.append(_Here(folder, OnnxEye(weights)))


def _describe(path: str) -> tuple[str, Described | None]:
    return path, describe_file(_here[0].folder / path, _here[0].eye)


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
        return {path: found.get(row) for row, (path, size) in enumerate(pictures) if size == self._size(path)}

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
        file = self._folder / path
        return file.stat().st_size if file.is_file() else -1
