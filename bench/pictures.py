"""Picture files of a set: whatever OpenCV reads, and None of what is missing, damaged or far too large."""

import warnings
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

from enrollment.photo import MOST_PIXELS as MOST_ENROLLED
from enrollment.photo import UNREADABLE
from gate.vision.frame import Pixels

MOST_PIXELS: Final = MOST_ENROLLED["JPEG"]
"""Two processes unpack one each, upright at twice three bytes a pixel: more than enrolment takes is not tried."""


def read_picture(file: Path) -> Pixels | None:
    """The first picture of the file, upright, blue-green-red. None where there is none that can be read."""
    try:
        if not file.is_file() or _claims_too_much(file):
            return None
        pixels = cv2.imread(str(file), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):  # no name of a file, or a size that OpenCV refuses
        return None
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)


def _claims_too_much(file: Path) -> bool:
    """By the header alone. Of formats that Pillow does not know, OpenCV's own limit holds."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as picture:
            return picture.width * picture.height > MOST_PIXELS
    except Image.DecompressionBombError:
        return True
    except UNREADABLE:
        return False
