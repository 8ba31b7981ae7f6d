"""Signs of life of one approach where no network judges it: a turning head and a blink, both. Pure.

A sign counts once a template of the same person has followed it closely: whoever shows a picture first and the own
face then, too turned or too blurred to be described, has shown nothing.
"""

from typing import Final

from gate.vision.blink import Eyes, blinked
from gate.vision.frame import Landmarks
from gate.vision.liveness import Deep, Liveness, NotMeasured, measure

MOST_LOOKS: Final = 60
UNCHECKED_S: Final = 0.6
"""Between two templates of a track, from which on what was seen in between may be somebody else's."""


class Signs:
    """What was seen of one person since the approach began. Times are seconds, and never go back."""

    def __init__(self) -> None:
        self._landmarks: list[Landmarks] = []
        self._eyes: list[Eyes] = []
        self._unchecked: list[tuple[Landmarks, Eyes | None]] = []
        self._checked_at = float("-inf")
        self._depth: Deep | None = None
        self._blinked = False

    @property
    def alive(self) -> bool:
        """Whether both signs were seen."""
        return self._depth is not None and self._blinked

    def look(self, landmarks: Landmarks, eyes: Eyes | None) -> None:
        """One look, not known to be the same person's yet. `eyes` is absent where they were not measured."""
        self._unchecked.append((landmarks, eyes))
        del self._unchecked[:-MOST_LOOKS]

    def same_person(self, at: float) -> None:
        """The look just taken was described and is whose approach this is: those since the last such one count."""
        near = at - self._checked_at <= UNCHECKED_S
        counted = self._unchecked if near else self._unchecked[-1:]
        self._checked_at, self._unchecked = at, []
        self._landmarks = [*self._landmarks, *(landmarks for landmarks, _ in counted)][-MOST_LOOKS:]
        self._eyes = [*self._eyes, *(eyes for _, eyes in counted if eyes)][-MOST_LOOKS:]
        self._weigh()

    def somebody_else(self) -> None:
        """The look just taken is not whose approach this is: nothing since the last checked one counts."""
        self._unchecked, self._checked_at = [], float("-inf")

    def liveness(self) -> Liveness:
        """What all of it tells: only both signs are life, and a face that turned as a picture does is `Flat`."""
        if self._depth is None:
            return measure(self._landmarks)
        return self._depth if self._blinked else NotMeasured("no_blink_seen")

    def _weigh(self) -> None:
        if self._depth is None:
            found = measure(self._landmarks)
            self._depth = found if isinstance(found, Deep) else None
        self._blinked = self._blinked or blinked(self._eyes)
