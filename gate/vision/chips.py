"""Chips: a face cut out of its frame, turned upright and brought to the size that a network takes."""

import cv2
import numpy as np

from gate.vision.align import Affine, scale_of
from gate.vision.frame import Pixels


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
