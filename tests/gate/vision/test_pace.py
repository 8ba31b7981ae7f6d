"""A slow box looks less hard, says so, and comes back when it can."""

import time

import pytest

from gate.vision.eye import SEARCH_PIXELS
from gate.vision.frame import Face, Frame
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from gate.vision.pace import (
    FASTER_AFTER,
    FULL,
    LONGEST_LOOK_MS,
    SLOWER_AFTER,
    STEPS,
    Pace,
    Pacer,
    next_pace,
)
from gate.vision.watch import Watcher
from tests.gate.vision.cardboard import MODEL, CardboardEye, a_frame, frontal

FAST, SLOW = 20.0, 400.0
SECOND, SLOWEST = STEPS[1], STEPS[-1]


@pytest.mark.parametrize(
    ("pace", "look_ms", "held", "expected"),
    [
        (FULL, FAST, 1000.0, FULL),
        (FULL, LONGEST_LOOK_MS, 1000.0, FULL),
        (FULL, SLOW, SLOWER_AFTER - 0.1, FULL),
        (FULL, SLOW, SLOWER_AFTER, SECOND),
        (SLOWEST, SLOW, 1000.0, SLOWEST),
        (SECOND, FAST, FASTER_AFTER - 0.1, SECOND),
        (SECOND, FAST, FASTER_AFTER, FULL),
        (SECOND, 60.0, 1000.0, SECOND),  # 107 ms at the full width: it would come straight back
        (SLOWEST, 50.0, FASTER_AFTER, STEPS[2]),
    ],
)
def test_one_step_at_a_time_and_back_only_with_room_to_spare(
    pace: Pace, look_ms: float, held: float, expected: Pace
) -> None:
    assert next_pace(pace, look_ms, held) == expected


def test_no_step_is_harder_than_the_one_before() -> None:
    assert list(STEPS) == sorted(STEPS, key=lambda pace: (-pace.detection_width, -pace.looks_per_s))
    assert [pace.detection_width for pace in STEPS] == [640, 480, 320, 320]


class Box:
    """A box whose looks cost `full_ms` at the full width and less at narrower ones."""

    def __init__(self) -> None:
        self.pacer, self.at = Pacer(), 0.0

    def runs(self, seconds: float, full_ms: float) -> list[Pace]:
        """Looks as often as its pace and its speed allow; the paces it had, in order and without repeats."""
        paces, end = [self.pacer.pace], self.at + seconds
        while self.at < end:
            cost = full_ms * (self.pacer.pace.detection_width / FULL.detection_width) ** 2
            self.at += max(self.pacer.least_interval, cost / 1000)
            self.pacer.looked(cost, self.at)
            if paces[-1] != self.pacer.pace:
                paces.append(self.pacer.pace)
        return paces


def test_a_box_that_keeps_up_never_changes_its_pace() -> None:
    assert Box().runs(60, full_ms=25) == [FULL]


def test_a_slow_box_steps_down_until_it_keeps_up_and_stays_there() -> None:
    box = Box()
    assert box.runs(30, full_ms=300) == [FULL, SECOND, STEPS[2]]
    assert box.runs(120, full_ms=300) == [STEPS[2]]


def test_the_slowest_box_ends_at_the_last_step() -> None:
    assert Box().runs(60, full_ms=900)[-1] == SLOWEST


def test_a_load_that_goes_away_is_forgiven_step_by_step() -> None:
    box = Box()
    box.runs(30, full_ms=300)
    assert box.runs(120, full_ms=20) == [STEPS[2], SECOND, FULL]


def test_one_slow_look_changes_nothing() -> None:
    box = Box()
    box.runs(20, full_ms=25)
    box.pacer.looked(2_000, box.at)
    assert box.runs(20, full_ms=25) == [FULL]


class Watch:
    """A stopwatch that only the eye moves."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class SlowEye(CardboardEye):
    """Takes its time for each search, in proportion to the picture's area."""

    def __init__(self, watch: Watch, full_ms: float) -> None:
        super().__init__(frontal(640, 360))
        self._watch, self._full_ms = watch, full_ms

    def find(self, frame: Frame, search_pixels: int = SEARCH_PIXELS) -> list[Face]:
        self._watch.seconds += self._full_ms / 1000 * (search_pixels / SEARCH_PIXELS) ** 2
        return super().find(frame, search_pixels)


@pytest.mark.parametrize(
    ("full_ms", "width", "fps"), [(25.0, 640, 15.0), (300.0, 320, 10.0), (2000.0, 320, 5.0)]
)
def test_a_watcher_on_a_slow_box_searches_less_and_says_so(
    monkeypatch: pytest.MonkeyPatch, full_ms: float, width: int, fps: float
) -> None:
    watch = Watch()
    monkeypatch.setattr(time, "perf_counter", watch)
    eye = SlowEye(watch, full_ms)
    watcher, gallery = Watcher(eye), Gallery.empty(MODEL)
    seen = [watcher.look(a_frame(step / 15), gallery, Threshold(0.5, 0.1)) for step in range(15 * 30)]
    last = seen[-30:]
    assert eye.searched[-1] == width
    assert {each.pace.detection_width for each in last} == {width}
    assert sum(each.looked for each in last) / 2 <= fps
    assert all((each.pace == FULL) == (full_ms < LONGEST_LOOK_MS) for each in last)
