"""How long a frame takes, beside the plain and the quick loop people write with face_recognition; and how long a door.

All three see the same frames in the same run, one after the other on each frame, so that a busy machine slows them
alike; each counts the faces it found on these. Then the clip is shown once more, at its own pace, to a gate's own loop
with a journal and a simulated door: from the first usable frame of an approach to the relay.

The first person found at enrolment quality is enrolled from that frame, so they are recognised more easily than from
another day's picture.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import cv2
import numpy as np

from bench.doorway import TARGET_FPIR, Gate, unlocks
from bench.liveness import networks_in
from contracts.ids import ModelId, PersonId
from gate.access.policy import Liveness
from gate.vision.antispoof import Antispoof, MiniFasNets
from gate.vision.captures import frames_of
from gate.vision.dlib_eye import library
from gate.vision.eye import SEARCH_PIXELS, Eye
from gate.vision.frame import Face, Frame, Vector
from gate.vision.gallery import Gallery, Template
from gate.vision.match import threshold_for
from gate.vision.onnx_eye import OnnxEye
from gate.vision.quality import AT_ENROLMENT, Usable, judge_alone
from gate.vision.watch import Watcher
from kaimen.weights import weights_folder

T = TypeVar("T")

CUSTOMARY_TOLERANCE: Final = 0.6
MOST_FRAMES: Final = 300
"""Kept in memory: 300 frames of 1280 x 720 are 830 MB."""
MOST_SECONDS: Final = 60.0
"""Of the clip before the gate's own loop."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds of `n` measurements: the middle and the worst of twenty; None when nothing was measured."""

    n: int
    p50: float | None
    p95: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of any number of values."""
        if not values:
            return cls(0, None, None)
        middle, high = (round(float(value), 1) for value in np.quantile(values, (0.5, 0.95)))
        return cls(len(values), middle, high)


@dataclass(frozen=True, slots=True)
class Figures:
    """One clip's measurement. Times are mean milliseconds per frame, decoding left out for all."""

    frame_ms: float
    """Of all frames, also those of a still scene that the gate passes over."""
    baseline_frame_ms: float
    ratio: float
    quick_baseline_frame_ms: float
    quick_ratio: float
    quick_faces_found_share: float | None
    """Faces the quick loop found over faces the plain loop found."""
    detect_ms: Spread
    """Of a frame that is looked at."""
    describe_ms: Spread
    """Of a face: the closer look at its landmarks and both parts of its template."""
    unlock_ms: Spread
    """From the first usable frame of an approach to the relay's answer, the record's commit between."""
    frames: int
    baseline_frames: int
    """Compared by all three; the gate looked at each of them."""
    faces_found: int
    """On the frames compared, as the next two."""
    baseline_faces_found: int
    quick_faces_found: int
    search_pixels: int
    """The fewest that faces were sought at: below 640 the machine was too slow or too busy, and the gate spared it."""
    width: int
    height: int
    note: str

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


@dataclass(slots=True)
class _Tally:
    """Milliseconds of each frame, and faces on the frames compared."""

    ours: list[float] = field(default_factory=list[float])
    plain: list[float] = field(default_factory=list[float])
    quick: list[float] = field(default_factory=list[float])
    found: int = 0
    plain_found: int = 0
    quick_found: int = 0


class TimedEye:
    """An eye that notes how long it takes, and the fewest pixels it was asked to search."""

    def __init__(self, eye: Eye) -> None:
        self._eye = eye
        self.find_ms, self.describe_ms = list[float](), list[float]()
        self.search_pixels = SEARCH_PIXELS

    @property
    def model(self) -> ModelId:
        return self._eye.model

    def find(self, frame: Frame, search_pixels: int = SEARCH_PIXELS) -> list[Face]:
        """One more time in `find_ms`."""
        self.search_pixels = min(self.search_pixels, search_pixels)
        return _noted(self.find_ms, lambda: self._eye.find(frame, search_pixels))

    def describe(self, frame: Frame, face: Face) -> Vector:
        """One more time in `describe_ms`."""
        return _noted(self.describe_ms, lambda: self._eye.describe(frame, face))


def measure(
    video: Path,
    eye: Eye,
    baseline_frames: int = 60,
    frames: int = MOST_FRAMES,
    antispoof: Antispoof | None = None,
) -> Figures:
    """Measures up to `frames` frames of a clip, the two loops on about `baseline_frames` of the same, and the door.

    With `antispoof` the gate looks for life as well, and lets nobody in before it has seen enough.

    Raises CameraRefused when the clip cannot be read, MissingPackage without face_recognition, ValueError when
    the clip has no frame.
    """
    seen = [frame for frame, _ in zip(frames_of(video), range(frames), strict=False)]
    if not seen:
        raise ValueError("The clip has no frame")
    gallery, note = _enrolled(seen, eye)
    gate = Gate(
        gallery,
        threshold_for(TARGET_FPIR, len(gallery), eye.model),
        Liveness.WARN if antispoof else Liveness.OFF,
    )
    timed = TimedEye(eye)
    tally = _compared(seen, Watcher(timed, antispoof=antispoof), gate, baseline_frames)
    opened = unlocks(video, Watcher(eye, antispoof=antispoof), gate, MOST_SECONDS) if len(gallery) else []
    return _figures(seen[0], tally, timed, opened, note)


def run(video: Path, baseline_frames: int = 60, models: Path | None = None) -> Figures:
    """`kaimen bench latency`: the default eye, and the networks of a folder where one is named.

    Raises CannotMeasure where that folder holds none, and what `measure` raises.
    """
    antispoof = MiniFasNets.load(networks_in(models)) if models else None
    return measure(video, OnnxEye(weights_folder()), baseline_frames, antispoof=antispoof)


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


def _compared(seen: Sequence[Frame], watcher: Watcher, gate: Gate, baseline_frames: int) -> _Tally:
    """Every frame by the gate; by the loops every so many frames, the next one that the gate looked at."""
    plain, quick, tally = PlainLoop(gate.gallery), QuickLoop(gate.gallery), _Tally()
    stride, due = max(1, len(seen) // max(1, baseline_frames)), 0
    for number, frame in enumerate(seen):
        looked = _noted(tally.ours, lambda frame=frame: watcher.look(frame, gate.gallery, gate.rule))
        if number >= due and looked.looked:
            due += stride
            tally.found += len(looked.faces)
            tally.plain_found += _noted(tally.plain, lambda frame=frame: plain.look(frame.pixels))
            tally.quick_found += _noted(tally.quick, lambda frame=frame: quick.look(frame.pixels))
    return tally


def _enrolled(frames: Sequence[Frame], eye: Eye) -> tuple[Gallery, str]:
    """A gallery of the first person found alone and at enrolment quality, or of nobody."""
    for frame in frames:
        faces = eye.find(frame)
        if isinstance(judge_alone(frame.pixels, faces, AT_ENROLMENT), Usable):
            template = Template(PersonId("first-seen"), eye.model, eye.describe(frame, faces[0]))
            note = f"The person in frame {frame.number} was enrolled from that frame; unlock_ms is theirs."
            return Gallery.from_templates(eye.model, [template]), note
    return Gallery.empty(eye.model), "Nobody was seen at enrolment quality: unlock_ms was not measured."


def _figures(first: Frame, tally: _Tally, timed: TimedEye, opened: Sequence[float], note: str) -> Figures:
    ours, plain = float(np.mean(tally.ours)), float(np.mean(tally.plain))
    quick = float(np.mean(tally.quick)) / 2  # every second frame costs it nothing
    share = tally.quick_found / tally.plain_found if tally.plain_found else None
    return Figures(
        frame_ms=round(ours, 2),
        baseline_frame_ms=round(plain, 2),
        ratio=round(plain / ours, 2),
        quick_baseline_frame_ms=round(quick, 2),
        quick_ratio=round(quick / ours, 2),
        quick_faces_found_share=None if share is None else round(share, 3),
        detect_ms=Spread.of(timed.find_ms),
        describe_ms=Spread.of(timed.describe_ms),
        unlock_ms=Spread.of(opened),
        frames=len(tally.ours),
        baseline_frames=len(tally.plain),
        faces_found=tally.found,
        baseline_faces_found=tally.plain_found,
        quick_faces_found=tally.quick_found,
        search_pixels=timed.search_pixels,
        width=first.width,
        height=first.height,
        note=note,
    )


def _noted(times: list[float], work: Callable[[], T]) -> T:
    """What the work gives; its milliseconds are added to `times`."""
    began = time.perf_counter()
    done = work()
    times.append((time.perf_counter() - began) * 1000)
    return done
