"""Pictures to templates, once per run, in two processes; kept in a folder where one is named."""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from gate.vision.eye import describe_with_mirror
from gate.vision.frame import Face, Frame, Vector
from gate.vision.onnx_eye import MODEL, OnnxEye
from gate.vision.quality import AT_THE_GATE, Usable, judge, measure

PROCESSES: Final = 2
CHUNK: Final = 16
VECTORS: Final = ("template", "enrolled", "resnet")
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
    numbers for the baseline, and how much a gate would count the frame. `usable` is whether a gate would have
    described it at all."""

    template: Vector = field(repr=False)
    enrolled: Vector = field(repr=False)
    resnet: Vector = field(repr=False)
    weight: float
    usable: bool


Faces = Mapping[str, Described]
"""By path relative to the folder; a picture without a face is absent."""


def describe_all(folder: Path, paths: Iterable[str], weights: Path, cache: Path | None = None) -> Faces:
    """Describes each picture once. Raises CacheInside, MissingWeights or WrongWeights."""
    wanted = sorted(set(paths))
    kept = _Cache(cache, folder, wanted) if cache else None
    if kept and (known := kept.read()) is not None:
        return known
    OnnxEye(weights)  # converts the models once, before two processes want them
    faces: dict[str, Described] = {}
    with ProcessPoolExecutor(
        PROCESSES, mp_context=get_context("spawn"), initializer=_begin, initargs=(folder, weights)
    ) as pool:
        for number, (path, found) in enumerate(pool.map(_describe, wanted, chunksize=CHUNK), start=1):
            if found is not None:
                faces[path] = found
            if number % 500 == 0:
                print(f"{number} of {len(wanted)} pictures", file=sys.stderr, flush=True)
    if kept:
        kept.write(faces)
    return faces


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
    usable = isinstance(judge(quality, AT_THE_GATE), Usable)
    return Described(template, enrolled, resnet, quality.weight, usable)


@dataclass(slots=True)
class _Here:
    """What one of the processes works with."""

    folder: Path
    eye: OnnxEye


_here: list[_Here] = []


def _begin(folder: Path, weights: Path) -> None:
    _here.append(_Here(folder, OnnxEye(weights)))


def _describe(path: str) -> tuple[str, Described | None]:
    return path, describe_file(_here[0].folder / path, _here[0].eye)


class _Cache:
    """One file per set and model; another set, a changed picture or another model is another file."""

    def __init__(self, cache: Path, folder: Path, paths: Sequence[str]) -> None:
        if cache.resolve().is_relative_to(REPOSITORY):
            raise CacheInside(cache)
        self._paths = paths
        self._file = cache / f"{_fingerprint(folder, paths)}.npz"

    def read(self) -> Faces | None:
        if not self._file.is_file():
            return None
        with np.load(self._file, allow_pickle=False) as kept:
            vectors, numbers = [kept[name] for name in VECTORS], kept["numbers"]
            paths = [self._paths[int(row)] for row in kept["rows"]]
        return {
            path: Described(*rows, weight=float(weight), usable=bool(usable))
            for path, *rows, (weight, usable) in zip(paths, *vectors, numbers, strict=True)
        }

    def write(self, faces: Faces) -> None:
        if not faces:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        rows = [row for row, path in enumerate(self._paths) if path in faces]
        found = [faces[self._paths[row]] for row in rows]
        half = self._file.with_suffix(".part.npz")
        np.savez(
            half,
            rows=np.array(rows, dtype=np.int64),
            template=np.stack([each.template for each in found]),
            enrolled=np.stack([each.enrolled for each in found]),
            resnet=np.stack([each.resnet for each in found]),
            numbers=np.array([(each.weight, float(each.usable)) for each in found], dtype=np.float32),
        )
        half.chmod(0o600)
        half.replace(self._file)


def _fingerprint(folder: Path, paths: Sequence[str]) -> str:
    sizes = [(path, file.stat().st_size) for path in paths if (file := folder / path).is_file()]
    text = json.dumps([str(MODEL), VECTORS, str(folder.resolve()), sizes])
    return hashlib.sha256(text.encode()).hexdigest()[:24]
