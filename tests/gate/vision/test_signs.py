"""Without networks alive is who turns the head and blinks, and is the same person all the while."""

import numpy as np
import pytest

from gate.vision.blink import Eyes
from gate.vision.frame import Landmarks
from gate.vision.liveness import Deep, Flat, NotMeasured
from gate.vision.signs import UNCHECKED_S, Signs
from tests.gate.vision.test_liveness import SWING, turned

FRAME_S = 1 / 15
AROUND = np.array([1.0, 0.0], dtype=np.float32)
STILL = turned(0)


def eyes(number: int, *, shut: bool = False) -> Eyes:
    return Eyes(number * FRAME_S, (0.05, 0.05) if shut else (0.3, 0.3), AROUND)


class Film:
    """Looks one after the other; each third is described and is the same person's."""

    def __init__(self) -> None:
        self.signs, self.number = Signs(), 0

    def show(
        self, landmarks: Landmarks = STILL, *, shut: bool = False, described: bool | None = None
    ) -> None:
        self.signs.look(landmarks, eyes(self.number, shut=shut))
        if described if described is not None else self.number % 3 == 0:
            self.signs.same_person(self.number * FRAME_S)
        self.number += 1

    def turn(self, *, depth: float = 1.0, described: bool | None = None) -> None:
        for yaw in SWING:
            self.show(turned(yaw, depth=depth), described=described)

    def blink(self, *, described: bool | None = None) -> None:
        for number in range(18):
            self.show(shut=number in {9, 10, 11}, described=described)


def test_both_signs_are_life_in_either_order() -> None:
    first, second = Film(), Film()
    first.turn()
    first.blink()
    second.blink()
    second.turn()
    for film in (first, second):
        assert film.signs.alive
        assert isinstance(film.signs.liveness(), Deep)


@pytest.mark.promise(6)
def test_a_blink_alone_is_not_life() -> None:
    film = Film()
    film.blink()
    assert not film.signs.alive
    assert film.signs.liveness() == NotMeasured("no_turn_seen")


@pytest.mark.promise(6)
def test_a_turn_alone_is_not_life() -> None:
    film = Film()
    film.turn()
    assert not film.signs.alive
    assert film.signs.liveness() == NotMeasured("no_blink_seen")


@pytest.mark.promise(6)
def test_a_picture_that_blinks_is_still_flat() -> None:
    film = Film()
    film.blink()
    film.turn(depth=0)
    film.turn(depth=0)
    assert not film.signs.alive
    assert isinstance(film.signs.liveness(), Flat)


@pytest.mark.promise(6)
def test_signs_of_somebody_never_described_do_not_count() -> None:
    film = Film()
    film.show(described=True)
    film.turn(described=False)
    film.blink(described=False)
    film.show(described=True)
    assert not film.signs.alive
    assert film.signs.liveness() == NotMeasured("too_few_looks")


@pytest.mark.promise(6)
def test_signs_seen_before_somebody_else_appears_do_not_count() -> None:
    film = Film()
    film.show(described=True)
    film.turn(described=False)
    film.signs.somebody_else()
    film.show(described=True)
    assert film.signs.liveness() == NotMeasured("too_few_looks")


def test_looks_count_up_to_the_longest_pause_between_templates() -> None:
    near, far = Film(), Film()
    for film, pause in ((near, UNCHECKED_S - FRAME_S), (far, UNCHECKED_S + FRAME_S)):
        film.show(described=True)
        for yaw in SWING[:8]:
            film.show(turned(yaw), described=False)
        film.signs.same_person(pause)
    assert near.signs.liveness() != NotMeasured("too_few_looks")
    assert far.signs.liveness() == NotMeasured("too_few_looks")
