"""Which frames are worth a look: a still scene is looked at a few times a second, a moving one at once. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gate.vision.frame import Frame

STILL_SECONDS: Final = 0.33
"""A still scene is looked at about three times a second: who stands still has been seen when coming."""

GRID: Final = 48
"""Points across the small grey picture that motion is measured on."""

# Grey values by which a point must change, and the share of points that must: sensor noise changes few by much.
CHANGE: Final = 18
SHARE: Final = 0.004

TREMBLE: Final = 0.005
"""Seconds by which a camera's frames may come early: 30 looks a second take each frame of a 30 fps camera."""


class Sampler:
    """Remembers the last picture looked at. `urgent` asks for each frame while somebody is being recognised,
    `least_interval` holds a slow box to that many seconds between two looks."""

    def __init__(self) -> None:
        self._last: NDArray[np.int16] | None = None
        self._looked_at = -np.inf

    def wants(self, frame: Frame, *, urgent: bool = False, least_interval: float = 0.0) -> bool:
        """Whether to look at this frame; counts as a look when it says yes."""
        if frame.monotonic - self._looked_at < least_interval - TREMBLE:
            return False
        small = _small(frame)
        due = urgent or frame.monotonic - self._looked_at >= STILL_SECONDS
        if not due and not _moved(self._last, small):
            return False
        self._last, self._looked_at = small, frame.monotonic
        return True


def _small(frame: Frame) -> NDArray[np.int16]:
    step = max(1, frame.width // GRID)
    return frame.pixels[step // 2 :: step, step // 2 :: step, 1].astype(np.int16)


def _moved(before: NDArray[np.int16] | None, now: NDArray[np.int16]) -> bool:
    if before is None or before.shape != now.shape:
        return True
    return bool((np.abs(now - before) > CHANGE).mean() > SHARE)
