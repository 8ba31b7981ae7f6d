"""An eye of cardboard: it sees the faces it is told to, in pictures of noise that are good enough to describe."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from contracts.ids import ModelId
from gate.vision.eye import SEARCH_PIXELS
from gate.vision.frame import Box, Face, Frame, Landmarks, Point, Vector

MODEL = ModelId("eye.1")
WIDTH, HEIGHT = 1280, 720

# Fine enough to be called sharp, neither dark nor glaring, even.
_NOISE = np.random.default_rng(7).integers(60, 200, (HEIGHT, WIDTH, 3), dtype=np.uint8)


class CardboardEye:
    """Finds `faces`, describes each as `vector`, and notes what it was asked for."""

    model = MODEL

    def __init__(self, *faces: Face, vector: Sequence[float] = (1.0, 0.0)) -> None:
        self.faces: Sequence[Face] = faces
        self.vector = np.array(vector, dtype=np.float32)
        self.searched: list[int] = []
        self.described: list[Face] = []

    def find(self, frame: Frame, search_pixels: int = SEARCH_PIXELS) -> list[Face]:
        """All faces, whatever the frame shows."""
        self.searched.append(search_pixels)
        return list(self.faces)

    def describe(self, frame: Frame, face: Face) -> Vector:
        """The same template for everybody."""
        self.described.append(face)
        return self.vector


def a_frame(at: float = 0.0) -> Frame:
    """Noise that moves: no two frames are alike, as with somebody walking."""
    return Frame(np.roll(_NOISE, int(at * 1000) % 97, axis=1), datetime(2026, 3, 2, tzinfo=UTC), at, 0)


def frontal(x: float, y: float, inter_eye: float = 60.0) -> Face:
    """A face looking straight ahead, its box's middle at (x, y)."""
    e = inter_eye
    eyes, mouth = y - 0.3 * e, y + 0.8 * e
    points = (
        (x - e / 2, eyes),
        (x + e / 2, eyes),
        (x, y + 0.3 * e),
        (x - 0.41 * e, mouth),
        (x + 0.41 * e, mouth),
    )
    box = Box(round(x - e), round(y - 1.4 * e), round(x + e), round(y + 1.4 * e))
    return Face(box, Landmarks(*(Point(*point) for point in points)), 0.9)
