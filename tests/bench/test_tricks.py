"""Prints held up before a gate without networks, simulated: what shuts their eyes, and that none of it opens."""

from datetime import UTC, datetime

import pytest

from bench.pictures import read_picture
from bench.presented import Print, Sight
from bench.signs import alive, tried
from bench.tricks import CHANGED, FRAMES, HEIGHT, WIDTH, Trick, film
from gate.vision.frame import Frame
from gate.vision.lids import Lids
from gate.vision.onnx_eye import OnnxEye
from tests.faces import picture
from tests.gate.vision.test_liveness import SWING, turned
from tests.gate.vision.test_signs import eyes


@pytest.fixture(scope="module")
def sight(tmp_path_factory: pytest.TempPathFactory) -> Sight:
    weights = tmp_path_factory.mktemp("weights")
    return Sight(OnnxEye(weights), Lids.load(weights), None)


@pytest.fixture(scope="module")
def portrait(sight: Sight) -> Print:
    pixels = read_picture(picture("astronaut.png"))
    assert pixels is not None
    frame = Frame(pixels, datetime(2026, 3, 2, tzinfo=UTC), 0.0, 0)
    return Print(frame, sight.eye.find(frame)[0])


def test_a_film_is_the_same_for_the_same_seed_and_changes_its_eyes_for_a_moment(portrait: Print) -> None:
    plain, again, covered = (
        list(film(portrait.frame, portrait.face, trick, seed=3))
        for trick in (Trick.NOTHING, Trick.NOTHING, Trick.FINGER)
    )
    assert len(plain) == FRAMES
    assert all(frame.pixels.shape == (HEIGHT, WIDTH, 3) for frame in plain)
    differs = [bool((one.pixels != other.pixels).any()) for one, other in zip(plain, covered, strict=True)]
    assert [number for number, changed in enumerate(differs) if changed] == list(CHANGED)
    assert all((one.pixels == other.pixels).all() for one, other in zip(plain, again, strict=True))


@pytest.mark.promise(6)
def test_a_print_is_recognised_and_let_in_by_no_trick(portrait: Print, sight: Sight) -> None:
    told = tried([portrait], sight, (Trick.FINGER, Trick.LIDS))
    assert {trick: (each["recognised"], each["depth"], each["let_in"]) for trick, each in told.items()} == {
        "finger": (1, 0, 0),
        "lids": (1, 0, 0),
    }
    assert (told["finger"]["blink"], told["lids"]["blink"]) == (0, 1)
    assert told["lids"]["let_in_upper_95"] == pytest.approx(0.95)


def test_a_track_of_pictures_is_alive_with_both_signs_alone() -> None:
    turning = [(turned(yaw), eyes(number)) for number, yaw in enumerate(SWING)]
    blinking = [(turned(0), eyes(24 + number, shut=number in {9, 10, 11})) for number in range(18)]
    assert alive([*turning, *blinking])
    assert not alive(turning)
    assert not alive(blinking)
