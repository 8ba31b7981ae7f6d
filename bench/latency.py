"""How long a frame takes, beside the plain and the quick loop people write with face_recognition.

All three see the same frames in the same run, one after the other on each frame, so that a busy machine slows
them alike. The first person found at enrolment quality is enrolled from that frame, and the time to unlock is
measured for everybody recognised after that.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from bench.liveness import networks_in
from contracts.ids import PersonId
from gate.vision.antispoof import Antispoof, MiniFasNets
from gate.vision.captures import frames_of
from gate.vision.dlib_eye import library
from gate.vision.eye import Eye
from gate.vision.frame import Frame
from gate.vision.gallery import Gallery, Template
from gate.vision.match import Threshold, threshold_for
from gate.vision.onnx_eye import OnnxEye
from gate.vision.quality import AT_ENROLMENT, Usable, judge_alone
from gate.vision.watch import Watcher
from kaimen.weights import weights_folder

TARGET_FPIR: Final = 0.001
CUSTOMARY_TOLERANCE: Final = 0.6
MOST_FRAMES: Final = 300
"""Kept in memory: 300 frames of 1280 x 720 are 830 MB."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds: the middle and the worst of twenty; None when nothing was measured."""

    p50: float | None
    p95: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of any number of values."""
        if not values:
            return cls(None, None)
        middle, high = (round(float(value), 1) for value in np.quantile(values, (0.5, 0.95)))
        return cls(middle, high)


@dataclass(frozen=True, slots=True)
class Figures:
    """One clip's measurement. Times are mean milliseconds per frame, decoding left out for all."""

    frame_ms: float
    baseline_frame_ms: float
    ratio: float
    quick_baseline_frame_ms: float
    quick_ratio: float
    quick_faces_found_share: float | None
    """Faces the quick loop found over faces the plain loop found."""
    unlock_ms: Spread
    """From the first usable frame of an approach to its grant, by the clip's clock and the work on top."""
    frames: int
    baseline_frames: int
    faces_found: int
    baseline_faces_found: int
    width: int
    height: int
    note: str

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


@dataclass(slots=True)
class _Tally:
    ours: list[float]
    plain: list[float]
    quick: list[float]
    unlocks: list[float]
    found: int = 0
    plain_found: int = 0
    quick_found: int = 0


def measure(
    video: Path,
    eye: Eye,
    baseline_frames: int = 60,
    frames: int = MOST_FRAMES,
    antispoof: Antispoof | None = None,
) -> Figures:
    """Measures up to `frames` frames of a clip, and the two loops on about `baseline_frames` of the same.

    With `antispoof` the gate looks for life as well, and lets nobody in before it has seen enough.

    Raises CameraRefused when the clip cannot be read, MissingPackage without face_recognition, ValueError when
    the clip has no frame.
    """
    seen = [frame for frame, _ in zip(frames_of(video), range(frames), strict=False)]
    if not seen:
        raise ValueError("The clip has no frame")
    gallery, note = _enrolled(seen, eye)
    rule = threshold_for(TARGET_FPIR, len(gallery), eye.model)
    plain, quick = PlainLoop(gallery), QuickLoop(gallery)
    gate = _Gate(Watcher(eye, antispoof=antispoof), gallery, rule)
    tally = _Tally([], [], [], [])
    stride = max(1, len(seen) // max(1, baseline_frames))
    for number, frame in enumerate(seen):
        tally.ours.append(_milliseconds(lambda frame=frame: gate.look(frame)))
        if number % stride == 0:
            _compare(frame, plain, quick, tally)
    tally.unlocks.extend(gate.unlocks)
    tally.found = gate.found
    return _figures(seen[0], tally, note)


def run(video: Path, baseline_frames: int = 60, models: Path | None = None) -> Figures:
    """`kaimen bench latency`: the default eye, and the networks of a folder where one is named.

    Raises CannotMeasure where that folder holds none, and what `measure` raises.
    """
    antispoof = MiniFasNets.load(networks_in(models)) if models else None
    return measure(video, OnnxEye(weights_folder()), baseline_frames, antispoof=antispoof)


class _Gate:
    """What the gate does with each frame, and how long its grants took."""

    def __init__(self, watcher: Watcher, gallery: Gallery, rule: Threshold) -> None:
        self._watcher, self._gallery, self._rule = watcher, gallery, rule
        self.unlocks: list[float] = []
        self.found = 0

    def look(self, frame: Frame) -> None:
        began = time.perf_counter()
        seen = self._watcher.look(frame, self._gallery, self._rule)
        work = time.perf_counter() - began
        self.found += len(seen.faces)
        for verdict in seen.verdicts:
            if verdict.person is not None and verdict.first_usable_at is not None:
                self.unlocks.append((frame.monotonic - verdict.first_usable_at + work) * 1000)


class PlainLoop:
    """HOG detection, encodings and compare_faces on every frame, as in face_recognition's own examples."""

    def __init__(self, gallery: Gallery) -> None:
        self._library = library()
        # As many known faces to compare with; their numbers do not change the time.
        self._known = [np.zeros(128) for _ in range(len(gallery))]

    def look(self, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> int:
        """One frame; returns how many faces it found."""
        picture = np.ascontiguousarray(pixels[:, :, ::-1])
        places = self._library.face_locations(picture)
        for encoding in self._library.face_encodings(picture, places):
            self._library.compare_faces(self._known, encoding, tolerance=CUSTOMARY_TOLERANCE)
        return len(places)


class QuickLoop:
    """The same at a quarter of the size on every second frame: what people copy to make it keep up."""

    def __init__(self, gallery: Gallery) -> None:
        self._plain = PlainLoop(gallery)

    def look(self, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> int:
        """One frame that is looked at; the next one costs nothing."""
        small = cv2.resize(pixels, (0, 0), fx=0.25, fy=0.25)
        return self._plain.look(np.asarray(small, dtype=np.uint8))


def _compare(frame: Frame, plain: PlainLoop, quick: QuickLoop, tally: _Tally) -> None:
    found: list[int] = []
    tally.plain.append(_milliseconds(lambda: found.append(plain.look(frame.pixels))))
    # Every second frame costs it nothing.
    tally.quick.append(_milliseconds(lambda: found.append(quick.look(frame.pixels))) / 2)
    tally.plain_found += found[0]
    tally.quick_found += found[1]


def _enrolled(frames: Sequence[Frame], eye: Eye) -> tuple[Gallery, str]:
    """A gallery of the first person found alone and at enrolment quality, or of nobody."""
    for frame in frames:
        faces = eye.find(frame)
        if isinstance(judge_alone(frame.pixels, faces, AT_ENROLMENT), Usable):
            template = Template(PersonId("first-seen"), eye.model, eye.describe(frame, faces[0]))
            note = f"The person in frame {frame.number} was enrolled from that frame; unlock_ms is theirs."
            return Gallery.from_templates(eye.model, [template]), note
    return Gallery.empty(eye.model), "Nobody was seen at enrolment quality: unlock_ms was not measured."


def _figures(first: Frame, tally: _Tally, note: str) -> Figures:
    ours, plain, quick = (float(np.mean(times)) for times in (tally.ours, tally.plain, tally.quick))
    share = tally.quick_found / tally.plain_found if tally.plain_found else None
    return Figures(
        frame_ms=round(ours, 2),
        baseline_frame_ms=round(plain, 2),
        ratio=round(plain / ours, 2),
        quick_baseline_frame_ms=round(quick, 2),
        quick_ratio=round(quick / ours, 2),
        quick_faces_found_share=None if share is None else round(share, 3),
        unlock_ms=Spread.of(tally.unlocks),
        frames=len(tally.ours),
        baseline_frames=len(tally.plain),
        faces_found=tally.found,
        baseline_faces_found=tally.plain_found,
        width=first.width,
        height=first.height,
        note=note,
    )


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
