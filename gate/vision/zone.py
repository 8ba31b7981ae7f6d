"""Where in the frame a face must be to be looked at closely. Pure.

Who merely passes by, or waits across the road, is nobody's business: faces outside are followed, so that whoever
steps in is one track, but never described, judged or recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Self

from gate.vision.frame import Point

FEWEST_CORNERS: Final = 3
MOST_CORNERS: Final = 32
SMALLEST_AREA: Final = 0.01
"""Share of the frame: in less than that no face fits, and the gate would never recognise anybody."""

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon in shares of the frame's width and height, origin top left. Build it with `of`."""

    corners: tuple[Corner, ...]

    @classmethod
    def of(cls, corners: Sequence[Corner]) -> Self:
        """Raises ValueError for corners that are too few or too many, outside the frame, or whose sides cross."""
        if not FEWEST_CORNERS <= len(corners) <= MOST_CORNERS:
            raise ValueError(f"takes {FEWEST_CORNERS} to {MOST_CORNERS} corners")
        if not all(0 <= share <= 1 for corner in corners for share in corner):
            raise ValueError("its corners are shares of the frame, from 0 to 1")
        if _crosses_itself(corners):
            raise ValueError("its sides must not cross or touch")
        if _area(corners) < SMALLEST_AREA:
            raise ValueError("it is too small for a face: at least a hundredth of the frame")
        return cls(tuple(corners))

    def holds(self, point: Point, width: int, height: int) -> bool:
        """Whether a point of a frame of that size, in pixels, lies inside."""
        x, y = point.x / width, point.y / height
        inside = False
        for (x1, y1), (x2, y2) in _sides(self.corners):
            # A ray to the right crosses the border an odd number of times from inside.
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside


def _sides(corners: Sequence[Corner]) -> list[tuple[Corner, Corner]]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _area(corners: Sequence[Corner]) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _sides(corners))) / 2


def _crosses_itself(corners: Sequence[Corner]) -> bool:
    if len(set(corners)) < len(corners):
        return True
    return any(
        _meet(one, other) for one, other in combinations(_sides(corners), 2) if not set(one) & set(other)
    )


def _meet(one: tuple[Corner, Corner], other: tuple[Corner, Corner]) -> bool:
    """Whether two sides without a corner in common have a point in common."""
    (a, b), (c, d) = one, other
    apart = _turn(a, b, c) * _turn(a, b, d) > 0 or _turn(c, d, a) * _turn(c, d, b) > 0
    boxes_apart = any(
        max(a[axis], b[axis]) < min(c[axis], d[axis]) or max(c[axis], d[axis]) < min(a[axis], b[axis])
        for axis in (0, 1)
    )
    return not (apart or boxes_apart)


def _turn(a: Corner, b: Corner, c: Corner) -> float:
    """Above 0 where the way from a over b to c turns to one side, below for the other, 0 straight on."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
