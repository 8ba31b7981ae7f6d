"""What a face's outline tells of eyes and mouth. Pure.

Measures of ISO/IEC 29794-5 that five points do not give: eyes open, eyes visible, mouth closed. They say nothing of
who somebody is, and never change a template. docs/decisions/0036-eyes-and-mouth.md has what they find.
"""

from dataclasses import dataclass
from typing import Protocol

from gate.vision.frame import Landmarks, Pixels


@dataclass(frozen=True, slots=True)
class Features:
    """Eyes and mouth of one face; shares, without unit."""

    eyes_open: float
    """Height of the opening between the lids over the distance of the corners, mean of both eyes: about 0.2 to 0.45
    open, below 0.12 shut."""
    eyes_visible: float
    """Grey around the eyes over grey of the cheeks: 0.5 to 1 for bare eyes and clear glasses, below 0.25 behind
    sunglasses."""
    mouth_open: float
    """Gap between the lips over the width of the mouth: below 0.1 closed, from 0.4 on wide open."""


class Mesh(Protocol):
    """What enrolment asks for."""

    def features(self, pixels: Pixels, landmarks: Landmarks) -> Features | None:
        """Of the face whose five points these are; None where the mesh sees no face there."""
        ...
