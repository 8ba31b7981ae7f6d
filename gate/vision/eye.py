"""What the gate and the enrolment ask of an engine that sees faces."""

from typing import Final, Protocol

import numpy as np

from contracts.ids import ModelId
from gate.vision.frame import Face, Frame, Vector, mirrored

SEARCH_PIXELS: Final = 640
"""Of the longer side of the picture that faces are sought in, where nothing else is asked for."""


class Eye(Protocol):
    """Finds faces and describes them. One instance serves one thread."""

    @property
    def model(self) -> ModelId:
        """What makes the vectors, alignment included; vectors of other models are not comparable."""
        ...

    def find(self, frame: Frame, search_pixels: int = SEARCH_PIXELS) -> list[Face]:
        """The faces in the frame, largest first; empty when there is none.

        A larger frame is brought down to `search_pixels` on its longer side for the search alone: fewer are
        quicker and miss smaller faces. An engine that cannot choose may leave it.
        """
        ...

    def describe(self, frame: Frame, face: Face) -> Vector:
        """The template of one face: float32, compared by L2 distance, smaller is more alike.

        A distance of 0 is the same picture. What counts as near is `match.threshold_for`, never a constant
        of the engine.
        """
        ...


def describe_with_mirror(eye: Eye, frame: Frame, face: Face) -> Vector:
    """The mean of a face's template and its mirror image's, as long as the first: for enrolment, where there is time.

    Half of what a template holds beside the person, the turn of the head and the side of the light, changes sign
    in the mirror and cancels: docs/decisions/0030-what-lowers-the-misses.md. Raises ValueError as `describe` does.
    """
    first = eye.describe(frame, face)
    total = first.astype(np.float64) + eye.describe(*mirrored(frame, face))
    length = float(np.linalg.norm(total))
    return np.asarray(total * (np.linalg.norm(first) / length), dtype=np.float32) if length else first
