"""Whether a face and what surrounds it look alive: two MiniFASNet networks that an operator installs.

They were trained on prints and screens; they know neither masks nor anything else. Evidence, never proof, and
not certified against ISO/IEC 30107-3. How far they were seen to be right: docs/decisions/0032-signs-of-life.md.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import cv2
import numpy as np

from gate.vision.antispoof_files import SLOTS, Slot
from gate.vision.frame import Box, Face, Frame, Pixels, Vector
from gate.vision.session import Session

CHIP: Final = 80
CLASSES: Final = 3
LIVE: Final = 1
"""The class of living faces; 0 and 2 are kinds of attack."""

Network: TypeAlias = Callable[[Pixels], Vector]
"""An 80 x 80 chip, blue-green-red, to three logits."""


class Antispoof(Protocol):
    """Tells living faces from pictures of faces, one frame at a time."""

    def liveness(self, frame: Frame, face: Face) -> float:
        """How likely this face is alive, 0 to 1; NaN where the networks gave no number."""
        ...


class MiniFasNets:
    """The mean of all networks of the slot. Not for two threads at once."""

    def __init__(self, networks: Mapping[Slot, Network]) -> None:
        self._networks = networks

    @classmethod
    def load(cls, files: Mapping[Slot, Path]) -> "MiniFasNets":
        """The networks of checked files, one for each slot."""
        return cls({slot: Session(files[slot], blue_first=True).run for slot in SLOTS})

    def liveness(self, frame: Frame, face: Face) -> float:
        """The networks' mean probability of the class of living faces."""
        return float(np.mean([self._of_one(frame, face, slot) for slot in self._networks]))

    def _of_one(self, frame: Frame, face: Face, slot: Slot) -> float:
        return _probability(self._networks[slot](chip(frame.pixels, face.box, slot.scale)))


def chip(pixels: Pixels, box: Box, scale: float) -> Pixels:
    """The box made square, enlarged that many times, as 80 x 80 pixels."""
    around = surroundings(squared(box), scale, pixels.shape[1], pixels.shape[0])
    part = pixels[around.top : around.bottom, around.left : around.right]
    return np.asarray(cv2.resize(part, (CHIP, CHIP), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def squared(box: Box) -> Box:
    """The box with its shorter side as long as the other one, about the same centre, to half a pixel.

    YuNet's boxes are three quarters as wide as high; squeezed into a square chip they make living people look
    pressed: 0032-signs-of-life.md, first table.
    """
    side = max(box.width, box.height)
    left, top = box.left - (side - box.width) // 2, box.top - (side - box.height) // 2
    return Box(left, top, left + side, top + side)


def surroundings(box: Box, scale: float, width: int, height: int) -> Box:
    """The box enlarged about its centre, moved into the frame where it reaches out of it.

    It is enlarged less where the frame is too small, its shape kept: CropImage of Silent-Face-Anti-Spoofing, to
    the pixel. Raises ValueError for a box without pixels.
    """
    if not box.width or not box.height:
        raise ValueError("A box without pixels has no surroundings")
    scale = min(scale, (width - 1) / box.width, (height - 1) / box.height)
    left, right = _span(box.centre.x, box.width * scale, width)
    top, bottom = _span(box.centre.y, box.height * scale, height)
    return Box(left, top, right, bottom)


def _span(centre: float, length: float, most: int) -> tuple[int, int]:
    """Where a stretch of that length about a centre lies within 0 to `most`; the end is exclusive."""
    first, last = centre - length / 2, centre + length / 2
    if first < 0:
        first, last = 0.0, last - first
    if last > most - 1:
        first, last = first - (last - (most - 1)), float(most - 1)
    return int(first), int(last) + 1


def _probability(logits: Vector) -> float:
    """Softmax at the living class; NaN from numbers that are none."""
    values = [float(logit) for logit in logits]
    if not all(math.isfinite(value) for value in values):
        return math.nan
    powers = [math.exp(value - max(values)) for value in values]
    return powers[LIVE] / sum(powers)
