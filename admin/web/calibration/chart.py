"""The histogram as shapes on a page. Pure; units are those of the drawing's view box."""

from dataclasses import dataclass
from typing import Final

from admin.db.calibration import Histogram

WIDTH: Final = 720
HEIGHT: Final = 240
FOOT: Final = 36  # for the figures below the axis
HEAD: Final = 36  # for the word above the line
SMALLEST: Final = 3.0  # so that a single pair is seen
TICK: Final = 0.2
ROOM: Final = 0.04  # of distance, to the left and right of what is shown


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Row:
    """One step of distance: how many pairs of different people, how many templates of one person lie there."""

    start: float
    end: float
    different: int
    same: int


@dataclass(frozen=True, slots=True)
class Chart:
    """`mark` is where the threshold stands; ticks are (x, distance)."""

    different: tuple[Bar, ...]
    same: tuple[Bar, ...]
    mark: float
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float

    def x(self, distance: float) -> float:
        return round((distance - self.low) / (self.high - self.low) * WIDTH, 1)


def chart(different: Histogram, same: Histogram | None, near: float) -> Chart:
    """Each distribution as high as the drawing: they are compared by where they lie, not by how many there are."""
    shown = [different] if same is None else [different, same]
    low = min(near, *(one.start for one in shown)) - ROOM
    high = max(near, *(one.start + one.step * len(one.counts) for one in shown)) + ROOM
    axis = _Axis(max(0.0, low), high)
    return Chart(
        different=_bars(different, axis),
        same=() if same is None else _bars(same, axis),
        mark=axis.x(near),
        ticks=_ticks(axis),
        rows=_rows(different, same),
    )


def _bars(histogram: Histogram, axis: _Axis) -> tuple[Bar, ...]:
    most, room = max(histogram.counts), HEIGHT - HEAD - FOOT
    bars: list[Bar] = []
    for number, count in enumerate(histogram.counts):
        if count:
            start = histogram.start + number * histogram.step
            height = round(max(SMALLEST, count / most * room), 1)
            left, right = axis.x(start), axis.x(start + histogram.step)
            bars.append(Bar(left, HEIGHT - FOOT - height, round(right - left, 1), height))
    return tuple(bars)


def _ticks(axis: _Axis) -> tuple[tuple[float, str], ...]:
    first, after = int(axis.low / TICK) + 1, int(axis.high / TICK) + 1
    return tuple((axis.x(number * TICK), f"{number * TICK:.1f}") for number in range(first, after))


def _rows(different: Histogram, same: Histogram | None) -> tuple[Row, ...]:
    """Both histograms have the same steps; steps where nothing lies are left out."""
    counts: dict[int, list[int]] = {}
    for column, one in enumerate((different, same)):
        for number, count in enumerate(one.counts if one else ()):
            if one and count:
                counts.setdefault(round(one.start / one.step) + number, [0, 0])[column] = count
    step = different.step
    return tuple(
        Row(round(number * step, 4), round((number + 1) * step, 4), *counts[number])
        for number in sorted(counts)
    )
