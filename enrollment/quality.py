"""What is asked of an enrolment photo, and what staff see of its measures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from enrollment.refusal import Code, Refused
from gate.vision.frame import Face, Pixels
from gate.vision.quality import AT_ENROLMENT, Fault, Quality, Usable, judge, measure

BYSTANDER: Final = 0.25
"""A second face is overlooked only when its eyes are less than this share of the first's apart: a poster, or
somebody far behind. Anything nearer might be the person meant, and nobody chooses for staff."""

EDGE: Final = 0.06
"""Share of the face's width: nearer to an edge of the picture than that, the edge has cut the face."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One face that is good enough to enrol, and by how much."""

    face: Face
    quality: Quality


def only_face(pixels: Pixels, faces: Sequence[Face]) -> Measured | Refused:
    """The face to enrol; refused when there is none, another beside it, or it is not good enough."""
    if not faces:
        return Refused((Fault.NO_FACE,))
    by_size = sorted(faces, key=_apart, reverse=True)
    if len(by_size) > 1 and _apart(by_size[1]) >= BYSTANDER * _apart(by_size[0]):
        return Refused((Fault.SEVERAL_FACES,))
    if _apart(by_size[0]) < 1:  # landmarks on one point: nothing to align
        return Refused((Fault.TOO_SMALL,))
    return _judged(pixels, by_size[0])


def numbers(quality: Quality) -> dict[str, float]:
    """For staff: pixels between the eyes, grey 0 to 255, degrees; the others have no unit."""
    return {
        "inter_eye_px": round(quality.inter_eye_distance),
        "sharpness": round(quality.sharpness, 3),
        "luminance_mean": round(quality.luminance_mean),
        "illumination_uniformity": round(quality.illumination_uniformity, 2),
        "over_exposure": round(quality.over_exposure, 2),
        "yaw": round(quality.head_pose.yaw),
        "pitch": round(quality.head_pose.pitch),
        "roll": round(quality.head_pose.roll),
    }


def _judged(pixels: Pixels, face: Face) -> Measured | Refused:
    quality = measure(pixels, face)
    answer = judge(quality, AT_ENROLMENT)
    faults: tuple[Code, ...] = () if isinstance(answer, Usable) else answer
    if Fault.CUT_OFF not in faults and _touches_edge(face, pixels):
        faults = (Fault.CUT_OFF, *faults)
    return Refused(faults) if faults else Measured(face, quality)


def _touches_edge(face: Face, pixels: Pixels) -> bool:
    """The detector fits its box into the picture, so a face cut by an edge is one that lies against it."""
    height, width = pixels.shape[:2]
    box = face.box
    return min(box.left, box.top, width - box.right, height - box.bottom) < EDGE * box.width


def _apart(face: Face) -> float:
    return face.landmarks.inter_eye
