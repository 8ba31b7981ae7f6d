"""The second eye: the widely used `face_recognition`, and the reference the default eye is measured against.

Slow (HOG and dlib's own ResNet) and weaker in telling people apart: docs/decisions/0011-thresholds.md.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false
# pyright: reportUnknownArgumentType=false

import importlib
import warnings
from typing import Any, Final

import numpy as np
from PIL import ImageFile

from contracts.ids import ModelId
from gate.vision.errors import MissingPackage
from gate.vision.eye import SEARCH_PIXELS
from gate.vision.frame import Box, Face, Frame, Landmarks, Pixels, Point, Vector

MODEL: Final = ModelId("dlib-hog-resnet.1")


class DlibEye:
    """HOG detection, five landmarks and the ResNet of `face_recognition`."""

    def __init__(self) -> None:
        """Raises MissingPackage when face_recognition is not installed or does not load."""
        self._library = library()

    @property
    def model(self) -> ModelId:
        """Detector, network and alignment as one name."""
        return MODEL

    def find(self, frame: Frame, search_pixels: int = SEARCH_PIXELS) -> list[Face]:  # noqa: ARG002 - full size
        """The faces in the frame, largest first; always sought in the whole frame, as the library's users do."""
        picture = _rgb(frame.pixels)
        places = self._library.face_locations(picture)
        points = self._library.face_landmarks(picture, places, model="small")
        faces = [_face(place, each) for place, each in zip(places, points, strict=True)]
        return sorted(faces, key=lambda face: face.box.width, reverse=True)

    def describe(self, frame: Frame, face: Face) -> Vector:
        """128 numbers, not normalised. Raises ValueError when the landmarks fall on one point."""
        if face.landmarks.inter_eye < 1:
            raise ValueError("The landmarks of this face fall on one point")
        box = face.box
        place = (box.top, box.right, box.bottom, box.left)
        (numbers,) = self._library.face_encodings(_rgb(frame.pixels), [place], model="small")
        return np.asarray(numbers, dtype=np.float32)


def library() -> Any:  # noqa: ANN401 - face_recognition has no types
    """The face_recognition package, loaded now. Raises MissingPackage."""
    strict = ImageFile.LOAD_TRUNCATED_IMAGES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its models still ask the deprecated pkg_resources for their place
        try:
            return importlib.import_module("face_recognition")
        except (ImportError, SystemExit) as why:  # it leaves with SystemExit when its models are missing
            raise MissingPackage("face_recognition", type(why).__name__) from why
        finally:
            # It makes Pillow take pictures that are cut short, for the whole process; we refuse them.
            ImageFile.LOAD_TRUNCATED_IMAGES = strict


def _rgb(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _face(place: tuple[int, int, int, int], points: dict[str, list[tuple[int, int]]]) -> Face:
    """dlib has no mouth in five points: its corners are put where an average head has them."""
    top, right, bottom, left = place
    eyes = [np.mean(points[side], axis=0) for side in ("left_eye", "right_eye")]
    picture_left, picture_right = sorted(eyes, key=lambda eye: float(eye[0]))
    nose = np.mean(points["nose_tip"], axis=0)
    across = picture_right - picture_left
    down = np.array([-across[1], across[0]])
    middle = (picture_left + picture_right) / 2
    mouth = [middle + 1.15 * down + side * 0.41 * across for side in (-1, 1)]
    marks = [Point(float(x), float(y)) for x, y in (picture_left, picture_right, nose, *mouth)]
    return Face(Box(left, top, right, bottom), Landmarks(*marks), 1.0)
