"""Whether both eyes of one face shut and opened again while the face around them stayed as it was. Pure.

What is passed over a picture's eyes shuts them too, so a covered face is no blink. Paper cut to the eyes, or a film
of somebody who blinks, is told from a blink by nothing here: a blink alone lets nobody in.
Figures: docs/decisions/0054-signs-of-life-without-networks.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from gate.vision.frame import Frame, Landmarks, Vector

FEWEST_LOOKS: Final = 8
SHUT: Final = 0.7
"""An eye is shut below this share of its own median opening: some eyes are narrow, some lie far away."""
FEWEST_SHUT: Final = 2
"""Looks in a row: a single one may be the network's mistake."""
LONGEST_S: Final = 1.5
"""Whoever shuts the eyes for longer sleeps; people asked to blink take up to a second."""
BESIDE_S: Final = 0.5
"""How long before and after the open eyes may be that the shut ones are compared with."""
SAME: Final = 0.92
"""Correlation of the face around shut eyes with that around open ones, from which on nothing covers it."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """One look at both eyes: their openings as `lids.opening` gives them, and the face around them."""

    at: float
    openings: tuple[float, float]
    around: Vector = field(repr=False)
    """Grey of the face between brows and cheeks without the eyes, mean 0 and length 1."""


class Eyelids(Protocol):
    """Looks at eyes, one frame at a time."""

    def eyes(self, frame: Frame, landmarks: Landmarks) -> Eyes | None:
        """Both eyes of the face whose five points these are; None where they lie on one place."""
        ...


def blinked(looks: Sequence[Eyes]) -> bool:
    """Whether these looks at one person, in the order they were taken, hold a blink."""
    if len(looks) < FEWEST_LOOKS:
        return False
    openings = np.array([look.openings for look in looks])
    shut = np.less(openings, SHUT * np.median(openings, axis=0)).min(axis=1)
    return any(_is_blink(looks, first, end) for first, end in _runs(shut))


def _runs(shut: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where the eyes are shut: first look, and the one after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shut, [False]]).astype(np.int8)))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def _is_blink(looks: Sequence[Eyes], first: int, end: int) -> bool:
    began, ended = looks[first].at, looks[end - 1].at
    before = [look for look in looks[:first] if began - look.at <= BESIDE_S]
    after = [look for look in looks[end:] if look.at - ended <= BESIDE_S]
    short = end - first >= FEWEST_SHUT and ended - began <= LONGEST_S
    return short and bool(before) and bool(after) and _uncovered(looks[first:end], [*before, *after])


def _uncovered(shut: Sequence[Eyes], open_eyes: Sequence[Eyes]) -> bool:
    """Whether each look at shut eyes shows the same face around them as some look at open ones."""
    likeness = np.stack([look.around for look in shut]) @ np.stack([look.around for look in open_eyes]).T
    return float(likeness.max(axis=1).min()) >= SAME
