"""How hard a gate looks, by what looking costs its box. Pure: times are handed in, in seconds.

A look is everything done with a frame but describing, which depends on who stands there and not on the pace. Where
a look takes too long the gate narrows the picture that faces are sought in and looks less often, one step at a
time, and takes the steps back when they would fit again. Each step is reported (`health`), never silent.
docs/decisions/0034-slow-boxes.md has what each width finds.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final


@dataclass(frozen=True, slots=True)
class Pace:
    """Faces are sought in a picture of at most `detection_width` pixels on its longer side, at most
    `looks_per_s` times a second."""

    detection_width: int
    looks_per_s: float


STEPS: Final = (Pace(640, 30.0), Pace(480, 15.0), Pace(320, 10.0), Pace(320, 5.0))
"""From a box that keeps up to the slowest. Faces walking up are followed at five looks a second too: test_track."""

FULL: Final = STEPS[0]

# Ten looks a second leave a second usable frame within the 300 ms from face to door.
LONGEST_LOOK_MS: Final = 100.0
# A step back must fit with room to spare, or the next look would undo it.
ROOM: Final = 0.6
FEWEST_LOOKS: Final = 12
SLOWER_AFTER: Final = 3.0
FASTER_AFTER: Final = 20.0
"""Seconds at one pace before the next: quick to give way, slow to trust that a load has gone."""


def next_pace(pace: Pace, look_ms: float, held: float) -> Pace:
    """The pace after looks of `look_ms`, the median at this pace, which was held for `held` seconds."""
    at = STEPS.index(pace)
    if look_ms > LONGEST_LOOK_MS and held >= SLOWER_AFTER:
        return STEPS[min(at + 1, len(STEPS) - 1)]
    if at > 0 and held >= FASTER_AFTER and look_ms * _dearer(at) <= ROOM * LONGEST_LOOK_MS:
        return STEPS[at - 1]
    return pace


@dataclass(slots=True)
class Pacer:
    """Measures looks and keeps the pace."""

    pace: Pace = FULL
    _since: float | None = None
    _looks_ms: deque[float] = field(default_factory=lambda: deque[float](maxlen=4 * FEWEST_LOOKS))

    @property
    def least_interval(self) -> float:
        """Seconds from one look to the next, at least."""
        return 1.0 / self.pace.looks_per_s

    def looked(self, look_ms: float, at: float) -> None:
        """Takes note of one look that ended at `at`."""
        self._looks_ms.append(look_ms)
        if self._since is None:
            self._since = at
        if len(self._looks_ms) < FEWEST_LOOKS:
            return
        pace = next_pace(self.pace, median(self._looks_ms), at - self._since)
        if pace != self.pace:
            self.pace, self._since = pace, at
            self._looks_ms.clear()


_DEARER: Final = tuple(
    (faster.detection_width / slower.detection_width) ** 2 for faster, slower in pairwise(STEPS)
)


def _dearer(step: int) -> float:
    """How many times a look costs at the step before: seeking goes by the picture's area."""
    return _DEARER[step - 1]
