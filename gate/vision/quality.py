"""Whether a face in a frame is worth a template. Pure.

Measures bear the names of ISO/IEC 29794-5: inter-eye distance, sharpness, luminance mean, under-exposure,
over-exposure, illumination uniformity, head pose (yaw, pitch, roll), single face present. Mouth closed, eyes open and
eyes visible need the outline of a face and are measured at enrolment: gate/vision/features.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gate.vision.align import SFACE_POINTS, SFACE_SIZE, grey_chip, similarity
from gate.vision.frame import Face, Landmarks, Pixels

CHIP: Final = 64
"""Pixels of the grey chip that quality is measured on: 20 between the eyes, so that faces of all sizes compare."""

DARK, BRIGHT = 30, 235

# Five points of an average head in millimetres: right, down, towards the camera; from the eyes' middle.
# The nose's place makes the median pitch of frontal press photographs zero.
HEAD: Final = np.array(
    [(-32.0, 0.0, 0.0), (32.0, 0.0, 0.0), (0.0, 42.0, 30.0), (-26.5, 74.0, 5.0), (26.5, 74.0, 5.0)]
)


class Fault(StrEnum):
    """What is wrong with a face, and so what the person is told to do."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"  # come closer
    CUT_OFF = "cut_off"  # the whole face into the picture
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    UNEVEN = "uneven"  # half of the face in shadow
    TURNED = "turned"  # face the camera
    BLURRED = "blurred"  # hold still
    EYES_COVERED = "eyes_covered"  # sunglasses off; asked for at enrolment alone


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. Yaw: nose to the picture's right is positive. Pitch: nose down is positive. Roll: clockwise."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of one face in one frame."""

    inter_eye_distance: float
    """Pixels of the full frame."""
    sharpness: float
    """Power of the Laplacian over the power of the grey values, 64 x 64 chip: no unit, about 0.1 to 1.5."""
    luminance_mean: float
    """Mean grey of the face, 0 to 255."""
    under_exposure: float
    """Share of the face's pixels below 30."""
    over_exposure: float
    """Share of the face's pixels above 235."""
    illumination_uniformity: float
    """Darker half of the face over its brighter half, left against right: 1 is even."""
    head_pose: Pose
    inside: float
    """Share of the face's box within the frame."""

    @property
    def weight(self) -> float:
        """How much one frame's template counts beside others of its track: above 0, at most 1."""
        size = min(1.0, self.inter_eye_distance / 60)
        frontal = math.cos(math.radians(min(60.0, abs(self.head_pose.yaw)))) ** 2
        shown = 1 - self.over_exposure
        return max(0.05, size * frontal * shown * min(1.0, self.sharpness / 0.15))


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still usable. Measured: docs/decisions/0010-usable-faces.md and 0037-bright-faces.md."""

    inter_eye_distance: float
    sharpness: float
    darkest: float
    brightest: float
    over_exposure: float
    illumination_uniformity: float
    yaw: float
    pitch: float
    roll: float
    inside: float = 0.95


AT_THE_GATE: Final = Limits(
    inter_eye_distance=24,
    sharpness=0.02,
    darkest=35,
    brightest=230,
    over_exposure=0.7,
    illumination_uniformity=0.25,
    yaw=35,
    pitch=30,
    roll=40,
)

AT_ENROLMENT: Final = Limits(
    inter_eye_distance=40,
    sharpness=0.04,
    darkest=55,
    brightest=200,
    over_exposure=0.25,
    illumination_uniformity=0.5,
    yaw=20,
    pitch=20,
    roll=20,
)


@dataclass(frozen=True, slots=True)
class Usable:
    """Good enough for a template."""


def measure(pixels: Pixels, face: Face) -> Quality:
    """Measures one face. Raises ValueError when its landmarks fall on one point."""
    affine = similarity(face.landmarks, SFACE_POINTS * (CHIP / SFACE_SIZE))
    chip = grey_chip(pixels, affine, CHIP)
    middle = chip[_oval()]
    left, right = float(chip[12:52, 10:32].mean()), float(chip[12:52, 32:54].mean())
    return Quality(
        inter_eye_distance=face.landmarks.inter_eye,
        sharpness=_sharpness(chip),
        luminance_mean=float(middle.mean()),
        under_exposure=float((middle < DARK).mean()),
        over_exposure=float((middle > BRIGHT).mean()),
        illumination_uniformity=(min(left, right) + 1) / (max(left, right) + 1),
        head_pose=pose_of(face.landmarks),
        inside=face.box.inside(pixels.shape[1], pixels.shape[0]),
    )


def judge(quality: Quality, limits: Limits) -> Usable | tuple[Fault, ...]:
    """Usable, or the faults: the one to tell the person first comes first."""
    tests = (
        (quality.inter_eye_distance < limits.inter_eye_distance, Fault.TOO_SMALL),
        (quality.inside < limits.inside, Fault.CUT_OFF),
        (quality.luminance_mean < limits.darkest, Fault.TOO_DARK),
        (_too_bright(quality, limits), Fault.TOO_BRIGHT),
        (quality.illumination_uniformity < limits.illumination_uniformity, Fault.UNEVEN),
        (_turned(quality.head_pose, limits), Fault.TURNED),
        (quality.sharpness < limits.sharpness, Fault.BLURRED),
    )
    return tuple(fault for failed, fault in tests if failed) or Usable()


def judge_alone(pixels: Pixels, faces: Sequence[Face], limits: Limits) -> Usable | tuple[Fault, ...]:
    """For enrolment: exactly one face, and that one usable."""
    if not faces:
        return (Fault.NO_FACE,)
    if len(faces) > 1:
        return (Fault.SEVERAL_FACES,)
    return judge(measure(pixels, faces[0]), limits)


def pose_of(landmarks: Landmarks) -> Pose:
    """Head pose from five points: the average head that, seen from afar, fits them best."""
    points = landmarks.matrix()
    across = points[1] - points[0]
    roll = math.atan2(float(across[1]), float(across[0]))
    back = np.array([(math.cos(roll), math.sin(roll)), (-math.sin(roll), math.cos(roll))])
    upright = (points - points.mean(axis=0)) @ back.T
    inverse = np.asarray(np.linalg.pinv(HEAD - HEAD.mean(axis=0)), dtype=np.float64)
    axes = inverse @ upright
    yaw, pitch = (_degrees(axes[:, axis]) for axis in (0, 1))
    return Pose(yaw, pitch, math.degrees(roll))


def _degrees(axis: NDArray[np.float64]) -> float:
    """The angle by which a picture axis leans out of the face's own plane."""
    length = float(np.linalg.norm(axis))
    return math.degrees(math.asin(float(axis[2]) / length)) if length else 0.0


def _too_bright(quality: Quality, limits: Limits) -> bool:
    return quality.luminance_mean > limits.brightest or quality.over_exposure > limits.over_exposure


def _turned(pose: Pose, limits: Limits) -> bool:
    angles = ((pose.yaw, limits.yaw), (pose.pitch, limits.pitch), (pose.roll, limits.roll))
    return any(abs(angle) > most for angle, most in angles)


def _sharpness(chip: NDArray[np.float32]) -> float:
    """Fine detail in proportion to all contrast, in the less sharp direction: a face that moves is sharp along
    one axis only. A dark face is not called blurred."""
    inner = chip[8:56, 8:56]
    across = 2 * inner[:, 1:-1] - inner[:, :-2] - inner[:, 2:]
    down = 2 * inner[1:-1, :] - inner[:-2, :] - inner[2:, :]
    # 25: the power of noise of 5 grey values; below it there is nothing to be sharp.
    return float(min(across.var(), down.var()) / (inner.var() + 25))


def _oval() -> NDArray[np.bool_]:
    """The face within the chip, hair and background left out."""
    down, across = np.mgrid[0:CHIP, 0:CHIP]
    return ((across - 31.5) / 20) ** 2 + ((down - 34.0) / 26) ** 2 <= 1
