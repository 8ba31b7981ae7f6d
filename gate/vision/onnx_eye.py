"""The default eye: YuNet finds faces, SFace and dlib's ResNet describe them, all without dlib itself.

The template is one row of 256 numbers: [a * s, b * r], s SFace's and r the ResNet's 128 numbers, each brought
to length 1, a**2 + b**2 = 1. So one L2 distance is the weighted distance of both:
distance**2 = a**2 * |s1 - s2|**2 + b**2 * |r1 - r2|**2, between 0 and 2.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from contracts.ids import ModelId
from gate.vision.align import RESNET_POINTS, RESNET_SIZE, SFACE_POINTS, SFACE_SIZE, similarity
from gate.vision.chips import cut
from gate.vision.eye import SEARCH_PIXELS
from gate.vision.frame import Face, Frame, Pixels, Vector
from gate.vision.session import Session
from gate.vision.weights import eye_weights
from gate.vision.yunet import YuNet

MODEL: Final = ModelId("yunet-sface-resnet.2")
"""The second aligns by a closer look at the landmarks; templates of the first are refused by name."""

# Measured weight of the ResNet beside SFace: docs/decisions/0011-thresholds.md.
RESNET_WEIGHT: Final = 1.2


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
        self._detector = YuNet(weights.yunet)
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
        closer = self.look_closer(frame, face)
        return joined(self.sface_part(frame, closer), self.resnet_part(frame, closer))

    def look_closer(self, frame: Frame, face: Face) -> Face:
        """The same face with the landmarks that its templates are aligned by."""
        return replace(face, landmarks=self._detector.look_closer(frame.pixels, face))

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
