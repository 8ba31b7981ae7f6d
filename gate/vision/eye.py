"""What the gate and the enrolment ask of an engine that sees faces."""

from typing import Protocol

from contracts.ids import ModelId
from gate.vision.frame import Face, Frame, Vector


class Eye(Protocol):
    """Finds faces and describes them. One instance serves one thread."""

    @property
    def model(self) -> ModelId:
        """What makes the vectors, alignment included; vectors of other models are not comparable."""
        ...

    def find(self, frame: Frame) -> list[Face]:
        """The faces in the frame, largest first; empty when there is none."""
        ...

    def describe(self, frame: Frame, face: Face) -> Vector:
        """The template of one face: float32, compared by L2 distance, smaller is more alike.

        A distance of 0 is the same picture. What counts as near is `match.threshold_for`, never a constant
        of the engine.
        """
        ...
