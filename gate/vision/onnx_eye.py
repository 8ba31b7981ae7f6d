"""The default eye: YuNet finds faces, SFace and dlib's ResNet describe them, all without dlib itself.

The template is one row of 256 numbers: [a * s, b * r], s SFace's and r the ResNet's 128 numbers, each brought
to length 1, a**2 + b**2 = 1. So one L2 distance is the weighted distance of both:
distance**2 = a**2 * |s1 - s2|**2 + b**2 * |r1 - r2|**2, between 0 and 2.
"""

from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from contracts.ids import ModelId
from gate.vision.align import (
    RESNET_POINTS,
    RESNET_SIZE,
    SFACE_POINTS,
    SFACE_SIZE,
    Affine,
    scale_of,
    similarity,
)
from gate.vision.eye import SEARCH_PIXELS
from gate.vision.frame import Box, Face, Frame, Landmarks, Pixels, Point, Vector
from gate.vision.session import Session
from gate.vision.weights import EyeWeights, eye_weights

MODEL: Final = ModelId("yunet-sface-resnet.1")

# Measured weight of the ResNet beside SFace: docs/decisions/0011-thresholds.md.
RESNET_WEIGHT: Final = 1.2

SMALLEST_SCORE: Final = 0.7
OVERLAP: Final = 0.3
MOST_FACES: Final = 50


class OnnxEye:
    """YuNet, SFace and the ResNet, one thread each. Not for two threads at once."""

    def __init__(self, cache: Path) -> None:
        """Loads the models; converts them into `cache` first if needed.

        Raises MissingWeights or WrongWeights.
        """
        weights = eye_weights(cache)
        # More threads than one make small pictures slower on a small box and take them from the rest.
        cv2.setNumThreads(1)
        # OpenCV warns at each start that YuNet runs on its default target, which is what is wanted.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        self._detector = _Detector(weights)
        self._sface = Session(weights.sface)
        self._resnet = Session(weights.resnet)

    @property
    def model(self) -> ModelId:
        """Detector, networks and alignment as one name."""
        return MODEL

    def find(self, frame: Frame, search_pixels: int = SEARCH_PIXELS) -> list[Face]:
        """The faces in the frame, largest first.

        At 640 pixels of search a face of 24 px between the eyes at 1280 is still 12, above what YuNet was trained
        for (10 px faces); docs/decisions/0034-slow-boxes.md has what fewer find.
        """
        return self._detector.find(frame.pixels, search_pixels)

    def describe(self, frame: Frame, face: Face) -> Vector:
        """256 numbers of length 1. Raises ValueError when the landmarks fall on one point."""
        return joined(self.sface_part(frame, face), self.resnet_part(frame, face))

    def sface_part(self, frame: Frame, face: Face) -> Vector:
        """SFace's 128 numbers of one face, as the network gives them."""
        chip = cut(frame.pixels, similarity(face.landmarks, SFACE_POINTS), SFACE_SIZE)
        return self._sface.run(chip)

    def resnet_part(self, frame: Frame, face: Face) -> Vector:
        """dlib's 128 numbers of one face, cut by YuNet's landmarks."""
        return self.describe_chip(self.resnet_chip(frame, face))

    def resnet_chip(self, frame: Frame, face: Face) -> Pixels:
        """The 150 x 150 chip of one face as the ResNet sees it, blue-green-red."""
        return cut(frame.pixels, similarity(face.landmarks, RESNET_POINTS), RESNET_SIZE)

    def describe_chip(self, chip: Pixels) -> Vector:
        """dlib's 128 numbers of a ready 150 x 150 chip, blue-green-red: equal to dlib's own."""
        return self._resnet.run(chip)


def joined(sface: Vector, resnet: Vector) -> Vector:
    """Both parts as one row whose L2 distance is the weighted distance."""
    parts = (sface / np.linalg.norm(sface), resnet / np.linalg.norm(resnet) * RESNET_WEIGHT)
    return np.asarray(np.concatenate(parts) / np.hypot(1.0, RESNET_WEIGHT), dtype=np.float32)


def cut(pixels: Pixels, affine: Affine, size: int) -> Pixels:
    """A size x size chip; a face much larger than the chip is averaged down first, not thinned out."""
    shrink = int(1 / max(scale_of(affine), 1e-3))
    if shrink > 1:
        pixels, affine = _shrunk(pixels, affine, shrink, size)
    chip = cv2.warpAffine(pixels, affine, (size, size), flags=cv2.INTER_LINEAR)
    return np.asarray(chip, dtype=np.uint8)


def _shrunk(pixels: Pixels, affine: Affine, shrink: int, size: int) -> tuple[Pixels, Affine]:
    """The part of the picture around the chip at 1/shrink, and the map from there to the chip."""
    back = np.linalg.inv(affine[:, :2])
    corners = (np.array([(0, 0), (size, 0), (0, size), (size, size)]) - affine[:, 2]) @ back.T
    left, top = np.clip(corners.min(axis=0).astype(int) - shrink, 0, None)
    right, bottom = corners.max(axis=0).astype(int) + shrink
    part = pixels[top : max(bottom, top + shrink), left : max(right, left + shrink)]
    height, width = part.shape[0] // shrink, part.shape[1] // shrink
    if not height or not width:
        return pixels, affine
    part = part[: height * shrink, : width * shrink]
    small = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    middle = (shrink - 1) / 2  # the centre of a small pixel, in pixels of the part
    shift = affine[:, :2] @ np.array([left + middle, top + middle]) + affine[:, 2]
    return np.asarray(small, dtype=np.uint8), np.column_stack([affine[:, :2] * shrink, shift])


class _Detector:
    """YuNet on a picture brought down to a longer side of a given size."""

    def __init__(self, weights: EyeWeights) -> None:
        self._yunet = cv2.FaceDetectorYN.create(
            str(weights.yunet), "", (320, 320), SMALLEST_SCORE, OVERLAP, MOST_FACES
        )

    def find(self, pixels: Pixels, longest: int) -> list[Face]:
        # A face that fills the picture is found only when that picture is small.
        return self._find_at(pixels, longest) or self._find_at(pixels, SEARCH_PIXELS // 4)

    def _find_at(self, pixels: Pixels, longest: int) -> list[Face]:
        height, width = pixels.shape[:2]
        shrink = max(1.0, max(height, width) / longest)
        size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        small = pixels if shrink == 1.0 else cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
        self._yunet.setInputSize(size)
        rows = cast("NDArray[np.float32] | None", self._yunet.detect(small)[1])
        if rows is None:  # OpenCV's way of saying that there is no face
            return []
        found = [_face(row, width / size[0], height / size[1]) for row in rows]
        return sorted(found, key=lambda face: face.box.width * face.box.height, reverse=True)


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
