"""What is asked of an enrolment photo, and what staff see of its measures. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from enrollment.refusal import Code, Refused
from gate.vision.features import Features
from gate.vision.frame import Face, Pixels
from gate.vision.quality import AT_ENROLMENT, Fault, Quality, Usable, judge, measure

BYSTANDER: Final = 0.25
"""A second face is overlooked only when its eyes are less than this share of the first's apart: a poster, or
somebody far behind. Anything nearer might be the person meant, and nobody chooses for staff."""

EDGE: Final = 0.06
"""Share of the face's width: nearer to an edge of the picture than that, the edge has cut the face."""

# Where faces begin to be told apart, and how often each limit is wrong: docs/decisions/0036-eyes-and-mouth.md.
COVERED: Final = 0.25
SHUT: Final = 0.12
WIDE_OPEN: Final = 0.4


class Remark(StrEnum):
    """What would make an enrolled photo better. Nobody is kept out by it: some cannot open their eyes."""

    EYES_CLOSED = "eyes_closed"
    MOUTH_OPEN = "mouth_open"


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


def eyes_covered(features: Features | None) -> bool:
    """Whether something dark hides the eyes. Not where nothing was measured."""
    return features is not None and features.eyes_visible < COVERED


def remarks_on(features: Features | None) -> tuple[Remark, ...]:
    """What to tell of an enrolled photo; nothing where nothing was measured."""
    if features is None:
        return ()
    tests = (
        (features.eyes_open < SHUT, Remark.EYES_CLOSED),
        (features.mouth_open > WIDE_OPEN, Remark.MOUTH_OPEN),
    )
    return tuple(remark for holds, remark in tests if holds)


def numbers(quality: Quality, features: Features | None = None) -> dict[str, float]:
    """For staff: pixels between the eyes, grey 0 to 255, degrees; the others have no unit."""
    outline = {} if features is None else {name: round(value, 2) for name, value in asdict(features).items()}
    return outline | {
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
