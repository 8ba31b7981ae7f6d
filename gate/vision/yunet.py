"""YuNet: where faces are, and a closer look at the landmarks of one of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gate.vision.chips import cut
from gate.vision.eye import SEARCH_PIXELS
from gate.vision.frame import Box, Face, Landmarks, Pixels, Point

SMALLEST_SCORE: Final = 0.7
OVERLAP: Final = 0.3
MOST_FACES: Final = 50

CLOSE_LOOKS: Final = ((160, 1.9), (128, 1.6))
"""Pixels of a square around the face, and how many times the face's box it spans. YuNet's landmarks lean with the
size of a face by 7 % of the distance between the eyes; four looks agree to 2 %:
docs/decisions/0030-what-lowers-the-misses.md."""

Points = NDArray[np.float64]
"""5 x 2: left eye, right eye, nose, left and right corner of the mouth."""
MIRRORED: Final = (1, 0, 2, 4, 3)


class YuNet:
    """The detector on one thread. Not for two threads at once."""

    def __init__(self, weights: Path) -> None:
        self._yunet = cv2.FaceDetectorYN.create(
            str(weights), "", (320, 320), SMALLEST_SCORE, OVERLAP, MOST_FACES
        )

    def find(self, pixels: Pixels, longest: int) -> list[Face]:
        """The faces, largest first, searched on a picture brought down to that longer side."""
        # A face that fills the picture is found only when that picture is small.
        return self._find_at(pixels, longest) or self._find_at(pixels, SEARCH_PIXELS // 4)

    def look_closer(self, pixels: Pixels, face: Face) -> Landmarks:
        """The landmarks as the mean of CLOSE_LOOKS, each also in the mirror; those of `face` where no look finds it."""
        seen = [points for look in CLOSE_LOOKS for points in self._close(pixels, face, *look)]
        if not seen:
            return face.landmarks
        return Landmarks(*(Point(float(x), float(y)) for x, y in np.mean(seen, axis=0)))

    def _close(self, pixels: Pixels, face: Face, size: int, spans: float) -> Iterator[Points]:
        """The landmarks in pixels of the frame, from a square around the face and from its mirror image."""
        side = max(face.box.width, face.box.height, 1) * spans
        corner = np.array([face.box.centre.x, face.box.centre.y]) - side / 2
        scale = size / side
        square = cut(pixels, np.column_stack([np.eye(2) * scale, -scale * corner]), size)
        for mirror in (False, True):
            points = self._central(np.ascontiguousarray(square[:, ::-1]) if mirror else square)
            if points is not None:
                if mirror:
                    points = points[list(MIRRORED)] * (-1, 1) + (size - 1, 0)
                yield points / scale + corner

    def _central(self, square: Pixels) -> Points | None:
        """The landmarks of the face nearest to the middle."""
        middle = square.shape[0] / 2
        rows = self._rows(square)
        if not len(rows):
            return None
        centres = rows[:, :2] + rows[:, 2:4] / 2
        nearest = int(np.linalg.norm(centres - middle, axis=1).argmin())
        return rows[nearest, 4:14].reshape(5, 2).astype(np.float64)

    def _find_at(self, pixels: Pixels, longest: int) -> list[Face]:
        height, width = pixels.shape[:2]
        shrink = max(1.0, max(height, width) / longest)
        size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        small = pixels if shrink == 1.0 else cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
        found = [
            _face(row, width / size[0], height / size[1])
            for row in self._rows(np.asarray(small, dtype=np.uint8))
        ]
        return sorted(found, key=lambda face: face.box.width * face.box.height, reverse=True)

    def _rows(self, pixels: Pixels) -> NDArray[np.float32]:
        """Fifteen numbers a face."""
        self._yunet.setInputSize((pixels.shape[1], pixels.shape[0]))
        rows = cast("NDArray[np.float32] | None", self._yunet.detect(pixels)[1])
        return np.zeros((0, 15), dtype=np.float32) if rows is None else rows  # None: no face


def _face(row: NDArray[np.float32], across: float, down: float) -> Face:
    """YuNet's fifteen numbers: box, right and left eye of the person, nose, mouth corners, score."""
    points = [Point(float(row[at]) * across, float(row[at + 1]) * down) for at in range(4, 14, 2)]
    left, top, width, height = (float(row[at]) for at in range(4))
    box = Box(
        left=round(left * across),
        top=round(top * down),
        right=round((left + width) * across),
        bottom=round((top + height) * down),
    )
    return Face(box, Landmarks(*points), float(row[14]))
