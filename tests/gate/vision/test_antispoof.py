"""The chips the anti-spoof networks see, and what their numbers come to."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from gate.vision.antispoof import CHIP, MiniFasNets, chip, squared, surroundings
from gate.vision.antispoof_files import MINIFASNET_V1SE, MINIFASNET_V2, SLOTS, Slot
from gate.vision.frame import Box, Face, Frame, Landmarks, Pixels, Point, Vector
from gate.vision.session import Session
from tests.networks import mean_network

FrameOf = Callable[[Pixels], Frame]
EYES = Landmarks(Point(0, 0), Point(60, 0), Point(30, 35), Point(5, 65), Point(55, 65))


def reference(box: Box, scale: float, width: int, height: int) -> Box:
    """CropImage of Silent-Face-Anti-Spoofing, as its description in words: enlarge about the centre by no more than
    the picture holds, then push back inside; corners are cut to whole pixels and inclusive."""
    scale = min((height - 1) / box.height, (width - 1) / box.width, scale)
    across, down = box.width * scale, box.height * scale
    middle_x, middle_y = box.width / 2 + box.left, box.height / 2 + box.top
    left, top = middle_x - across / 2, middle_y - down / 2
    right, bottom = middle_x + across / 2, middle_y + down / 2
    if left < 0:
        left, right = 0, right - left
    if top < 0:
        top, bottom = 0, bottom - top
    if right > width - 1:
        left, right = left - (right - width + 1), width - 1
    if bottom > height - 1:
        top, bottom = top - (bottom - height + 1), height - 1
    return Box(int(left), int(top), int(right) + 1, int(bottom) + 1)


def test_the_surroundings_are_the_ones_the_networks_were_trained_on() -> None:
    random = np.random.default_rng(3)
    for _ in range(500):
        width, height = (int(side) for side in random.integers(40, 1300, 2))
        left, top = int(random.integers(-20, width)), int(random.integers(-20, height))
        box = Box(left, top, left + int(random.integers(1, 400)), top + int(random.integers(1, 400)))
        for slot in SLOTS:
            found = surroundings(box, slot.scale, width, height)
            assert found == reference(box, slot.scale, width, height)


@pytest.mark.parametrize("box", [Box(0, 0, 40, 40), Box(600, 440, 640, 480), Box(-10, 200, 50, 260)])
def test_at_the_edge_the_surroundings_keep_their_size_and_stay_in_the_picture(box: Box) -> None:
    around = surroundings(box, 2.7, 640, 480)
    assert around.inside(640, 480) == 1.0
    assert around.width == pytest.approx(box.width * 2.7, abs=2)


def test_a_face_that_fills_the_picture_is_not_squeezed() -> None:
    around = surroundings(Box(100, 50, 400, 450), 4.0, 640, 480)
    assert around.width / around.height == pytest.approx(0.75, abs=0.01)


def test_a_narrow_box_is_made_square_about_its_centre() -> None:
    assert squared(Box(100, 100, 160, 180)) == Box(90, 100, 170, 180)
    assert squared(Box(100, 100, 181, 160)) == Box(100, 90, 181, 171)


def test_a_box_without_pixels_has_no_surroundings() -> None:
    with pytest.raises(ValueError, match="without pixels"):
        surroundings(Box(10, 10, 10, 60), 2.7, 640, 480)


def test_a_chip_shows_the_face_and_what_is_around_it() -> None:
    pixels = np.zeros((480, 640, 3), dtype=np.uint8)
    pixels[200:280, 280:360] = 255
    near = chip(pixels, Box(280, 200, 360, 280), MINIFASNET_V2.scale)
    far = chip(pixels, Box(280, 200, 360, 280), MINIFASNET_V1SE.scale)
    assert near.shape == (CHIP, CHIP, 3)
    assert float(near.mean()) / 255 == pytest.approx(1 / 2.7**2, rel=0.1)
    assert float(far.mean()) / 255 == pytest.approx(1 / 4.0**2, rel=0.1)


def answering(logits: Mapping[Slot, tuple[float, float, float]]) -> MiniFasNets:
    return MiniFasNets(
        {slot: lambda _, row=row: np.array(row, dtype=np.float32) for slot, row in logits.items()}
    )


def a_face(frame_of: FrameOf) -> tuple[Frame, Face]:
    frame = frame_of(np.full((480, 640, 3), 90, dtype=np.uint8))
    return frame, Face(Box(280, 200, 360, 280), EYES, 0.9)


def test_the_two_networks_probabilities_of_life_are_averaged(frame_of: FrameOf) -> None:
    sure, split = (-50.0, 50.0, -50.0), (1.0, 1.0, 1.0)
    networks = answering({MINIFASNET_V2: sure, MINIFASNET_V1SE: split})
    assert networks.liveness(*a_face(frame_of)) == pytest.approx((1 + 1 / 3) / 2)


@pytest.mark.parametrize(
    "row", [(math.nan, 0.0, 0.0), (0.0, math.inf, 0.0), (-math.inf, -math.inf, -math.inf)]
)
def test_a_network_that_gives_no_number_gives_no_probability(
    frame_of: FrameOf, row: tuple[float, float, float]
) -> None:
    networks = answering({MINIFASNET_V2: row, MINIFASNET_V1SE: (0.0, 9.0, 0.0)})
    assert math.isnan(networks.liveness(*a_face(frame_of)))


def test_logits_of_any_size_give_a_probability(frame_of: FrameOf) -> None:
    networks = answering({MINIFASNET_V2: (900.0, 1000.0, -900.0), MINIFASNET_V1SE: (0.0, -1000.0, 0.0)})
    assert networks.liveness(*a_face(frame_of)) == pytest.approx(0.5)


def test_the_networks_are_given_blue_green_red_from_0_to_255(tmp_path: Path) -> None:
    pixels = np.zeros((CHIP, CHIP, 3), dtype=np.uint8)
    pixels[:] = (10, 20, 255)
    network = mean_network(tmp_path / "means.onnx")
    seen: Vector = Session(network, blue_first=True).run(pixels)
    assert seen.tolist() == [10, 20, 255]
    assert Session(network).run(pixels).tolist() == [255, 20, 10]


def test_loading_takes_one_file_a_slot(tmp_path: Path, frame_of: FrameOf) -> None:
    files = {slot: mean_network(tmp_path / slot.file) for slot in SLOTS}
    # All three planes are alike here, so the classes are.
    assert MiniFasNets.load(files).liveness(*a_face(frame_of)) == pytest.approx(1 / 3)
