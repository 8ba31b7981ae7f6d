"""What is kept of a person with several pictures."""

import numpy as np

from contracts.ids import ModelId
from enrollment.looks import MOST_LOOKS, is_same_person, with_look

MODEL = ModelId("yunet-sface-resnet.2")


def look(angle: float, axis: int = 1) -> bytes:
    """A template that far, in degrees, from the first axis."""
    row = np.zeros(256, dtype="<f4")
    row[0], row[axis] = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return row.tobytes()


def test_a_look_near_any_kept_one_is_the_same_person() -> None:
    kept = [look(0), look(50)]
    assert is_same_person(look(80), kept, MODEL)
    assert not is_same_person(look(80, axis=2), kept, MODEL)


def test_looks_are_added_until_there_are_enough() -> None:
    kept: tuple[bytes, ...] = ()
    for angle in range(0, 30 * MOST_LOOKS, 30):
        kept = with_look(kept, look(angle))
    assert kept == tuple(look(angle) for angle in range(0, 30 * MOST_LOOKS, 30))


def test_the_most_redundant_older_look_goes_and_the_newest_stays() -> None:
    kept = tuple(look(angle) for angle in (0, 30, 33, 70, 110))
    found = with_look(kept, look(150))
    assert len(found) == MOST_LOOKS
    assert found[-1] == look(150)
    assert {look(0), look(70), look(110)} < set(found)


def test_the_same_picture_twice_takes_no_second_place() -> None:
    kept = tuple(look(angle) for angle in (0, 30, 60, 90, 120))
    found = with_look(kept, look(60))
    assert sorted(found) == sorted(kept)
