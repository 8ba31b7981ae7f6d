"""Depth is evidence of life only where a turn was seen; the networks' word is their mean over an approach."""

import math

import numpy as np
import pytest

from gate.vision.frame import Landmarks, Point
from gate.vision.liveness import (
    LIVE,
    Deep,
    Flat,
    Liveness,
    LooksAlive,
    LooksCopied,
    NotMeasured,
    judge,
    measure,
)
from gate.vision.quality import HEAD


def seen(points: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", size: float = 1.0) -> Landmarks:
    return Landmarks(*(Point(float(x) * size + 300, float(y) * size + 300) for x, y in points))


def turned(yaw: float, pitch: float = 0.0, *, depth: float = 1.0) -> Landmarks:
    """The average head, or a picture of it (`depth` 0), turned by degrees."""
    y, p = np.radians([yaw, pitch])
    about_y = np.array([(np.cos(y), 0, np.sin(y)), (0, 1, 0), (-np.sin(y), 0, np.cos(y))])
    about_x = np.array([(1, 0, 0), (0, np.cos(p), np.sin(p)), (0, -np.sin(p), np.cos(p))])
    return seen((HEAD * (1, 1, depth) @ (about_x @ about_y).T)[:, :2])


SWING = [40 * np.sin(step / 3) for step in range(24)]


def test_a_head_that_turns_has_depth() -> None:
    assert isinstance(measure([turned(yaw) for yaw in SWING]), Deep)


def test_a_picture_that_is_turned_as_far_is_flat() -> None:
    assert isinstance(measure([turned(yaw, depth=0) for yaw in SWING]), Flat)


def test_whoever_never_turns_is_not_measured() -> None:
    walking = [seen(HEAD[:, :2], size=1 + step / 20) for step in range(20)]
    assert measure(walking) == NotMeasured("no_turn_seen")


def test_too_few_or_too_small_looks_are_not_measured() -> None:
    assert measure([turned(yaw) for yaw in SWING[:5]]) == NotMeasured("too_few_looks")
    small = [seen(HEAD[:, :2], size=0.2)] * 20
    assert measure(small) == NotMeasured("too_few_looks")
    assert measure([]) == NotMeasured("too_few_looks")


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([LIVE], LooksAlive(LIVE)),
        ([1.0, 1.0, 1.0, 0.0, 0.0], LooksAlive(0.6)),
        ([0.9, 0.0, 0.0, 0.0, 0.0], LooksCopied(0.18)),
        ([0.0], LooksCopied(0.0)),
    ],
)
def test_the_networks_word_is_the_mean_over_the_approach(looks: list[float], told: Liveness) -> None:
    assert judge([], looks) == told


@pytest.mark.promise(6)
def test_a_network_that_fails_once_is_no_evidence_and_depth_does_not_stand_in() -> None:
    turning = [turned(yaw) for yaw in SWING]
    assert isinstance(judge(turning, []), Deep)
    assert judge(turning, [1.0, math.nan, 1.0]) == NotMeasured("model_failed")


def test_the_networks_word_goes_before_depth() -> None:
    assert judge([turned(yaw) for yaw in SWING], [0.0]) == LooksCopied(0.0)
    assert judge([turned(yaw, depth=0) for yaw in SWING], [1.0]) == LooksAlive(1.0)
