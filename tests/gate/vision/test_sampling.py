"""A still scene costs little; movement and a person under way are looked at at once."""

from datetime import UTC, datetime

import numpy as np

from gate.vision.frame import Frame
from gate.vision.sampling import Sampler

NOISE = np.random.default_rng(11)


def a_frame(at: float, bright: int = 0, size: tuple[int, int] = (360, 640)) -> Frame:
    """A grey wall with a sensor's noise; `bright` lights a person-sized part of it."""
    pixels = np.full((*size, 3), 100.0) + NOISE.normal(0, 3, (*size, 3))
    pixels[100:200, 100:160] += bright
    return Frame(np.clip(pixels, 0, 255).astype(np.uint8), datetime(2026, 3, 2, tzinfo=UTC), at, 0)


def test_a_still_scene_is_looked_at_about_three_times_a_second() -> None:
    sampler = Sampler()
    looks = sum(sampler.wants(a_frame(step / 15)) for step in range(45))
    assert 8 <= looks <= 10


def test_movement_is_looked_at_at_once() -> None:
    sampler = Sampler()
    assert sampler.wants(a_frame(0.0))
    assert not sampler.wants(a_frame(0.05))
    assert sampler.wants(a_frame(0.1, bright=60))


def test_somebody_under_way_is_looked_at_in_each_frame() -> None:
    sampler = Sampler()
    assert all(sampler.wants(a_frame(step / 15), urgent=True) for step in range(10))


def test_a_camera_that_changes_its_size_or_gives_one_pixel_is_no_trouble() -> None:
    sampler = Sampler()
    assert sampler.wants(a_frame(0.0))
    assert sampler.wants(a_frame(0.01, size=(300, 400)))
    tiny = Frame(np.zeros((1, 1, 3), np.uint8), datetime(2026, 3, 2, tzinfo=UTC), 0.02, 0)
    assert sampler.wants(tiny)
    assert not sampler.wants(tiny)
