"""Measures eyes and mouth with two networks of MediaPipe: a mesh of the face, and the lids of an eye."""

from pathlib import Path
from typing import Final

import numpy as np

from gate.vision.align import grey_chip
from gate.vision.chips import cut
from gate.vision.features import Features
from gate.vision.frame import Landmarks, Pixels
from gate.vision.lids import Lids, Points, Square, around, length
from gate.vision.session import Session
from gate.vision.weights import mesh_weights

MESH_SIZE: Final = 192
MESH_POINTS: Final = 468
# The square that MediaPipe cuts is one and a half times the mesh: so many inter-eye distances, its middle below the
# eyes. Medians of 7,500 faces.
MESH_SIDE, MESH_DOWN = 3.7, 0.41

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


class FaceMesh:
    """Both networks, one thread each, about 15 ms a face. Not for two threads at once."""

    def __init__(self, cache: Path) -> None:
        """Loads the networks; converts them into `cache` first if needed.

        Raises MissingWeights or WrongWeights.
        """
        weights = mesh_weights(cache)
        self._mesh, self._lids = Session(weights.mesh), Lids(Session(weights.lids))

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
            mouth_open=length(points, LIPS) / max(length(points, CORNERS_OF_MOUTH), 1e-6),
        )

    def _points(self, pixels: Pixels, landmarks: Landmarks) -> Points | None:
        """The mesh in the frame; None where the network doubts that this is a face."""
        square = around(landmarks, MESH_SIDE, MESH_DOWN)
        numbers = self._mesh.run(cut(pixels, square.to_chip(MESH_SIZE), MESH_SIZE))
        if numbers[3 * MESH_POINTS] < 0:  # the logarithm of its odds
            return None
        flat = numbers[: 3 * MESH_POINTS].reshape(MESH_POINTS, 3)[:, :2]
        return square.to_frame(flat, MESH_SIZE)

    def _opening(self, pixels: Pixels, corners: Points, *, mirrored: bool) -> float:
        """Of the eye between these corners."""
        across = corners[1] - corners[0]
        square = Square(corners.mean(axis=0), across, LIDS_SIDE * float(np.linalg.norm(across)))
        return self._lids.opening(pixels, square, mirrored=mirrored)


def _lightness(pixels: Pixels, points: Points, landmarks: Landmarks) -> float:
    """The middle grey around the eyes over that of the cheeks, on a chip that levels out skin and noise."""
    square = around(landmarks, MESH_SIDE, MESH_DOWN)
    affine = square.to_chip(MESH_SIZE // 3)
    chip = grey_chip(pixels, affine, MESH_SIZE // 3)
    places = np.rint(points @ affine[:, :2].T + affine[:, 2]).astype(np.intp).clip(0, len(chip) - 1)
    grey = chip[places[:, 1], places[:, 0]]
    # 5: what a sensor gives without light.
    return float(np.median(grey[list(AROUND_EYES)]) / (np.median(grey[list(CHEEKS)]) + 5))
