"""How far an eye is open, by a network of MediaPipe that outlines its lids."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gate.vision.align import Affine, grey_chip
from gate.vision.blink import Eyes
from gate.vision.chips import cut
from gate.vision.frame import Frame, Landmarks, Pixels, Vector
from gate.vision.session import Session
from gate.vision.weights import lids_weights

Points = NDArray[np.float64]
"""n x 2, pixels of the frame."""

LIDS_SIZE: Final = 64
LIDS_POINTS: Final = 71

EYE_SIDE: Final = 1.05
"""The square around an eye by five landmarks, in inter-eye distances: 2.3 times 0.46, the usual eye from corner to
corner."""

AROUND_SIZE: Final = 20
AROUND_SIDE: Final = 2.0
"""Inter-eye distances: the face from temple to temple."""
# Half the height and the width of the band compared, and of the box around an eye that is left out of it: the eye and
# what moves with its lids. In inter-eye distances.
BAND: Final = (0.6, 0.95)
EYE_BOX: Final = (0.24, 0.34)

# Of the lids' points: 0 and 8 are the corners, 1 to 7 the lower lid between them and 9 to 15 the upper.
CORNERS, LOWER, UPPER = (0, 8), slice(1, 8), slice(9, 16)


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the frame: its middle, the direction of its upper edge, its side in pixels."""

    middle: Points
    across: Points
    side: float

    def to_chip(self, size: int) -> Affine:
        """From the frame to a chip of that size."""
        cosine, sine = self.across / max(float(np.linalg.norm(self.across)), 1e-6) * size / self.side
        turn = np.array([(cosine, sine), (-sine, cosine)])
        return np.column_stack([turn, np.full(2, size / 2) - turn @ self.middle])

    def to_frame(self, points: NDArray[np.float32], size: int) -> Points:
        """Points of such a chip in the frame."""
        affine = self.to_chip(size)
        back = np.linalg.inv(affine[:, :2])
        return np.asarray((points - affine[:, 2]) @ back.T, dtype=np.float64)


def around(landmarks: Landmarks, side: float, down: float) -> Square:
    """A square upright to the line of the eyes; both measures in inter-eye distances."""
    points, apart = landmarks.matrix(), landmarks.inter_eye
    across = points[1] - points[0]
    below = np.array([-across[1], across[0]])
    return Square(points[:2].mean(axis=0) + down * below, across, side * apart)


class Lids:
    """About 4 ms an eye on one thread. Not for two threads at once."""

    def __init__(self, network: Session) -> None:
        self._network = network

    @classmethod
    def load(cls, cache: Path) -> "Lids":
        """Converts the network into `cache` first if needed. Raises MissingWeights or WrongWeights."""
        return cls(Session(lids_weights(cache)))

    def eyes(self, frame: Frame, landmarks: Landmarks) -> Eyes | None:
        """See blink.Eyelids."""
        if landmarks.inter_eye < 1:
            return None
        left, right, *_ = landmarks.matrix()
        side, across = EYE_SIDE * landmarks.inter_eye, right - left
        openings = (
            self.opening(frame.pixels, Square(left, across, side), mirrored=False),
            self.opening(frame.pixels, Square(right, across, side), mirrored=True),
        )
        return Eyes(frame.monotonic, openings, _around_eyes(frame.pixels, landmarks))

    def opening(self, pixels: Pixels, eye: Square, *, mirrored: bool) -> float:
        """Of the eye in that square: widest gap between the lids over the distance of its corners.

        The network knows only the left eye of a picture; it gets the other one `mirrored`.
        """
        chip = cut(pixels, eye.to_chip(LIDS_SIZE), LIDS_SIZE)
        numbers = self._network.run(chip[:, ::-1] if mirrored else chip)
        return opening(numbers[: 3 * LIDS_POINTS].reshape(LIDS_POINTS, 3)[:, :2].astype(np.float64))


def _beside_the_eyes() -> NDArray[np.bool_]:
    """Which pixels of the chip show brows, bridge, temples and cheeks, but no eye."""
    rows, columns = (np.mgrid[:AROUND_SIZE, :AROUND_SIZE] + 0.5) / AROUND_SIZE * AROUND_SIDE - AROUND_SIDE / 2
    from_eye = np.abs(np.abs(columns) - 0.5)
    band = (np.abs(rows) < BAND[0]) & (np.abs(columns) < BAND[1])
    return np.asarray(band & ~((np.abs(rows) < EYE_BOX[0]) & (from_eye < EYE_BOX[1])))


BESIDE_THE_EYES: Final = _beside_the_eyes()


def _around_eyes(pixels: Pixels, landmarks: Landmarks) -> Vector:
    affine = around(landmarks, AROUND_SIDE, 0.0).to_chip(AROUND_SIZE)
    grey = grey_chip(pixels, affine, AROUND_SIZE)[BESIDE_THE_EYES]
    grey = grey - grey.mean()
    return np.asarray(grey / max(float(np.linalg.norm(grey)), 1e-6), dtype=np.float32)


def opening(lids: Points) -> float:
    """Widest gap between the lids over the distance of the eye's corners."""
    gaps = np.linalg.norm(lids[UPPER] - lids[LOWER], axis=1)
    return float(gaps.max()) / max(length(lids, CORNERS), 1e-6)


def length(points: Points, ends: tuple[int, int]) -> float:
    """Distance of two points by their numbers."""
    return float(np.linalg.norm(points[ends[0]] - points[ends[1]]))
