"""One photo to one person's templates."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from contracts.ids import ModelId
from enrollment.photo import decode
from enrollment.quality import eyes_covered, only_face
from enrollment.refusal import PhotoFault, Refused
from gate.vision.errors import MissingWeights, VisionError
from gate.vision.eye import Eye, describe_with_mirror
from gate.vision.features import Features, Mesh
from gate.vision.frame import Frame, Pixels, Vector
from gate.vision.quality import Fault, Quality

__all__ = ["Enrolled", "Eye", "NoEye", "Studio", "enrol", "enrol_pixels", "open_eye", "open_studio", "row_of"]

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)  # a photo has no time that we would trust or need


class NoEye(Exception):
    """The model files are missing or wrong; says which, and the remedy."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Templates as the vault and the roster carry them: little-endian float32 rows of one model."""

    model: ModelId
    rows: tuple[bytes, ...] = field(repr=False)
    quality: Quality
    features: Features | None = None
    """None where no mesh was at hand, or it saw no face."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What photos are looked at with. Without a mesh nothing is said of eyes and mouth."""

    eye: Eye
    mesh: Mesh | None = None


def enrol(content: bytes, eye: Eye, mesh: Mesh | None = None) -> Enrolled | Refused:
    """Templates of the one face in the photo, or why there are none. `content` is a file as uploaded."""
    pixels = decode(content)
    if isinstance(pixels, Refused):
        return pixels
    return enrol_pixels(pixels, eye, mesh)


def enrol_pixels(pixels: Pixels, eye: Eye, mesh: Mesh | None = None) -> Enrolled | Refused:
    """As `enrol`, of upright pixels."""
    frame = Frame(pixels, _NEVER, 0.0, 0)
    found = only_face(pixels, eye.find(frame))
    if isinstance(found, Refused):
        return found
    features = mesh.features(pixels, found.face.landmarks) if mesh else None
    if eyes_covered(features):
        return Refused((Fault.EYES_COVERED,))
    vector = describe_with_mirror(eye, frame, found.face)
    if not np.isfinite(vector).all() or not vector.any():
        return Refused((PhotoFault.DAMAGED,))
    return Enrolled(eye.model, (row_of(vector),), found.quality, features)


def row_of(vector: Vector) -> bytes:
    """The vector as it is stored and sent."""
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


def open_eye(weights: Path) -> Eye:
    """The eye that the gates have. Loads its models, converting them into `weights` first where needed.

    Raises NoEye.
    """
    from gate.vision.onnx_eye import OnnxEye  # here, so that whoever only reads photos loads no models

    try:
        return OnnxEye(weights)
    except VisionError as trouble:
        raise NoEye(str(trouble)) from trouble


def open_studio(weights: Path) -> Studio:
    """The eye as in `open_eye`, and the face mesh where the package that carries it is installed. Raises NoEye."""
    from gate.vision.mesh import FaceMesh  # here, for the same reason

    eye = open_eye(weights)
    try:
        return Studio(eye, FaceMesh(weights))
    except MissingWeights:
        return Studio(eye)
    except VisionError as trouble:
        raise NoEye(str(trouble)) from trouble
