"""A blink is both eyes shut for a moment, in a face that stays as it was around them."""

from dataclasses import replace

import numpy as np
import pytest

from gate.vision.blink import BESIDE_S, FEWEST_LOOKS, LONGEST_S, SHUT, Eyes, blinked

FRAME_S = 1 / 15
WIDE, CLOSED = 0.33, 0.1
A_FACE = np.array([0.6, -0.8, 0.0], dtype=np.float32)
A_FINGER = np.array([-0.8, 0.6, 0.0], dtype=np.float32)


def look(number: int, left: float = WIDE, right: float = WIDE) -> Eyes:
    return Eyes(number * FRAME_S, (left, right), A_FACE)


def film(*shut: int, length: int = 30) -> list[Eyes]:
    """Open eyes, but for the numbered looks."""
    return [look(number, *(2 * [CLOSED if number in shut else WIDE])) for number in range(length)]


def test_eyes_that_shut_and_open_again_have_blinked() -> None:
    assert blinked(film(12, 13, 14))
    assert blinked(film(12, 13))


@pytest.mark.parametrize("shut", [(), (12,), (12, 14)], ids=["never", "one look", "two looks apart"])
def test_open_eyes_and_single_looks_are_no_blink(shut: tuple[int, ...]) -> None:
    assert not blinked(film(*shut))


def test_a_wink_is_no_blink() -> None:
    winked = [look(number, CLOSED if number in (12, 13, 14) else WIDE) for number in range(30)]
    assert not blinked(winked)


def test_eyes_only_seen_shutting_or_only_opening_are_no_blink() -> None:
    assert not blinked(film(27, 28, 29))
    assert not blinked(film(0, 1, 2))


def test_whoever_keeps_the_eyes_shut_has_not_blinked() -> None:
    longer = round(LONGEST_S / FRAME_S) + 2
    assert not blinked(film(*range(30, 30 + longer), length=100))
    assert blinked(film(*range(30, 30 + longer - 2), length=100))


def test_narrow_eyes_are_measured_by_themselves() -> None:
    narrow = [
        replace(each, openings=(0.12, 0.2))
        if each.openings[0] == WIDE
        else replace(each, openings=(0.05, 0.08))
        for each in film(12, 13, 14)
    ]
    assert blinked(narrow)
    drowsy = [replace(each, openings=(each.openings[0] * (SHUT + 0.02),) * 2) for each in film()]
    assert not blinked([*film(length=20), *drowsy[20:23], *film(length=30)[23:]])


@pytest.mark.promise(6)
def test_what_is_passed_over_the_eyes_of_a_picture_is_no_blink() -> None:
    covered = [
        replace(each, around=A_FINGER) if each.openings[0] == CLOSED else each for each in film(12, 13, 14)
    ]
    assert not blinked(covered)
    half = [
        replace(each, around=A_FINGER) if number == 13 else each
        for number, each in enumerate(film(12, 13, 14))
    ]
    assert not blinked(half)


def test_shut_eyes_are_compared_with_open_ones_of_the_same_moment() -> None:
    late = [
        replace(each, at=each.at + (5 * BESIDE_S if number >= 12 else 0))
        for number, each in enumerate(film(12, 13))
    ]
    assert not blinked(late)


@pytest.mark.promise(6)
def test_numbers_that_are_none_are_no_blink() -> None:
    for spoiled in (
        [replace(each, openings=(np.nan, np.nan)) for each in film(12, 13, 14)],
        [replace(each, around=each.around * np.float32(np.nan)) for each in film(12, 13, 14)],
    ):
        assert not blinked(spoiled)


def test_too_few_looks_tell_nothing() -> None:
    assert not blinked([])
    assert not blinked(film(3, 4, length=FEWEST_LOOKS - 1))
