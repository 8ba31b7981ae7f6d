"""Measures eyes and mouth with two networks of MediaPipe: a mesh of the face, and the lids of an eye."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gate.vision.align import Affine, grey_chip
from gate.vision.chips import cut
from gate.vision.features import Features
from gate.vision.frame import Landmarks, Pixels
from gate.vision.session import Session
from gate.vision.weights import mesh_weights

Points = NDArray[np.float64]
"""n x 2, pixels of the frame."""

MESH_SIZE: Final = 192
MESH_POINTS: Final = 468
# The square that MediaPipe cuts is one and a half times the mesh: so many inter-eye distances, its middle below the
# eyes. Medians of 7,500 faces.
MESH_SIDE, MESH_DOWN = 3.7, 0.41

LIDS_SIZE: Final = 64
LIDS_POINTS: Final = 71
LIDS_SIDE: Final = 2.3
"""The square around an eye, in distances between its corners: MediaPipe's own."""

# Points of the mesh by MediaPipe's numbers; of an eye the corners, the left one in the picture first.
LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)
LIPS: Final = (13, 14)
CORNERS_OF_MOUTH: Final = (78, 308)
AROUND_EYES: Final = (
    *(226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189),
    *(446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413),
)
CHEEKS: Final = (50, 205, 36, 101, 118, 280, 425, 266, 330, 347)

# Of the lids' points: 0 and 8 are the corners, 1 to 7 the lower lid between them and 9 to 15 the upper.
CORNERS, LOWER, UPPER = (0, 8), slice(1, 8), slice(9, 16)


class FaceMesh:
    """Both networks, one thread each, about 15 ms a face. Not for two threads at once."""

    def __init__(self, cache: Path) -> None:
        """Loads the networks; converts them into `cache` first if needed.

        Raises MissingWeights or WrongWeights.
        """
        weights = mesh_weights(cache)
        self._mesh, self._lids = Session(weights.mesh), Session(weights.lids)

    def features(self, pixels: Pixels, landmarks: Landmarks) -> Features | None:
        """See features.Mesh."""
        if landmarks.inter_eye < 1:  # points on one place: nothing to cut by
            return None
        points = self._points(pixels, landmarks)
        if points is None:
            return None
        left = self._opening(pixels, points[list(LEFT_EYE)], mirrored=False)
        right = self._opening(pixels, points[list(RIGHT_EYE)], mirrored=True)
        return Features(
            eyes_open=(left + right) / 2,
            eyes_visible=_lightness(pixels, points, landmarks),
            mouth_open=_length(points, LIPS) / max(_length(points, CORNERS_OF_MOUTH), 1e-6),
        )

    def _points(self, pixels: Pixels, landmarks: Landmarks) -> Points | None:
        """The mesh in the frame; None where the network doubts that this is a face."""
        square = _around(landmarks, MESH_SIDE, MESH_DOWN)
        numbers = self._mesh.run(cut(pixels, square.to_chip(MESH_SIZE), MESH_SIZE))
        if numbers[3 * MESH_POINTS] < 0:  # the logarithm of its odds
            return None
        flat = numbers[: 3 * MESH_POINTS].reshape(MESH_POINTS, 3)[:, :2]
        return square.to_frame(flat, MESH_SIZE)

    def _opening(self, pixels: Pixels, corners: Points, *, mirrored: bool) -> float:
        """Of one eye. The network knows only the left eye of a picture; it gets the other one mirrored."""
        across = corners[1] - corners[0]
        square = _Square(corners.mean(axis=0), across, LIDS_SIDE * float(np.linalg.norm(across)))
        chip = cut(pixels, square.to_chip(LIDS_SIZE), LIDS_SIZE)
        numbers = self._lids.run(chip[:, ::-1] if mirrored else chip)
        return opening(numbers[: 3 * LIDS_POINTS].reshape(LIDS_POINTS, 3)[:, :2].astype(np.float64))


def opening(lids: Points) -> float:
    """Widest gap between the lids over the distance of the eye's corners."""
    gaps = np.linalg.norm(lids[UPPER] - lids[LOWER], axis=1)
    return float(gaps.max()) / max(_length(lids, CORNERS), 1e-6)


@dataclass(frozen=True, slots=True)
class _Square:
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


def _around(landmarks: Landmarks, side: float, down: float) -> _Square:
    """A square upright to the line of the eyes; both measures in inter-eye distances."""
    points, apart = landmarks.matrix(), landmarks.inter_eye
    across = points[1] - points[0]
    below = np.array([-across[1], across[0]])
    return _Square(points[:2].mean(axis=0) + down * below, across, side * apart)


def _lightness(pixels: Pixels, points: Points, landmarks: Landmarks) -> float:
    """The middle grey around the eyes over that of the cheeks, on a chip that levels out skin and noise."""
    square = _around(landmarks, MESH_SIDE, MESH_DOWN)
    affine = square.to_chip(MESH_SIZE // 3)
    chip = grey_chip(pixels, affine, MESH_SIZE // 3)
    places = np.rint(points @ affine[:, :2].T + affine[:, 2]).astype(np.intp).clip(0, len(chip) - 1)
    grey = chip[places[:, 1], places[:, 0]]
    # 5: what a sensor gives without light.
    return float(np.median(grey[list(AROUND_EYES)]) / (np.median(grey[list(CHEEKS)]) + 5))


def _length(points: Points, ends: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[ends[0]] - points[ends[1]]))
