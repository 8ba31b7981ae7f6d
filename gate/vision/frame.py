"""Values of seeing: a frame, a box, five landmarks, a face. Pixels of the full frame, origin top left."""

import math
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

COLOURS: Final = 3

Pixels: TypeAlias = NDArray[np.uint8]
"""Height x width x 3, blue-green-red, 0 to 255."""

Vector: TypeAlias = NDArray[np.float32]
"""One template: a row of numbers, compared by L2 distance with templates of the same model."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a camera.

    `at` is aware UTC wall time, `monotonic` seconds of this process' steady clock: differences of time are
    taken from it alone. `number` counts the frames of one source and has gaps where frames were skipped.
    `decode_ms` is what reading it cost.
    """

    pixels: Pixels = field(repr=False)
    at: datetime
    monotonic: float
    number: int
    decode_ms: float = 0.0

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.shape[2:] != (COLOURS,):
            raise ValueError("A frame takes height x width x 3 bytes, blue-green-red")
        if self.at.tzinfo is None:
            raise ValueError("A frame takes an aware time")

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the frame, in pixels, with fractions."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of the full frame, origin top left; right and bottom are exclusive. May reach past the frame."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across, never negative."""
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        """Pixels down, never negative."""
        return max(0, self.bottom - self.top)

    @property
    def centre(self) -> Point:
        """The middle."""
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(0, across) * max(0, down)
        union = self.width * self.height + other.width * other.height - shared
        return shared / union if union else 0.0

    def inside(self, width: int, height: int) -> float:
        """The share of this box that lies within a frame of that size, 0 to 1."""
        across = min(self.right, width) - max(self.left, 0)
        down = min(self.bottom, height) - max(self.top, 0)
        area = self.width * self.height
        return max(0, across) * max(0, down) / area if area else 0.0


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Five points. Left and right are the picture's for an upright face: `left_eye` is the person's right."""

    left_eye: Point
    right_eye: Point
    nose: Point
    left_mouth: Point
    right_mouth: Point

    @property
    def inter_eye(self) -> float:
        """Pixels between the eyes' centres."""
        return math.hypot(self.right_eye.x - self.left_eye.x, self.right_eye.y - self.left_eye.y)

    def mirrored(self, width: int) -> "Landmarks":
        """Where the points are in the mirrored picture; left and right change their names."""
        flipped = [
            Point(width - 1 - point.x, point.y)
            for point in (self.right_eye, self.left_eye, self.nose, self.right_mouth, self.left_mouth)
        ]
        return Landmarks(*flipped)

    def matrix(self) -> NDArray[np.float64]:
        """5 x 2: left eye, right eye, nose, left and right corner of the mouth."""
        points = (self.left_eye, self.right_eye, self.nose, self.left_mouth, self.right_mouth)
        return np.array([(point.x, point.y) for point in points], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a frame; `score` is the detector's certainty, 0 to 1."""

    box: Box
    landmarks: Landmarks
    score: float


def mirrored(frame: Frame, face: Face) -> tuple[Frame, Face]:
    """The same face as a mirror shows it."""
    width, box = frame.width, face.box
    pixels = np.ascontiguousarray(frame.pixels[:, ::-1])
    flipped = Box(width - box.right, box.top, width - box.left, box.bottom)
    return replace(frame, pixels=pixels), Face(flipped, face.landmarks.mirrored(width), face.score)
