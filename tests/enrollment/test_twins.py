"""Look-alikes are found by the nearest template of each person, and by nothing else."""

import struct

import numpy as np

from contracts.ids import ModelId
from enrollment.twins import look_alikes, near_for


def row(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def test_the_nearest_comes_first_whatever_the_order() -> None:
    others = {"far": [row(0, 1)], "near": [row(1, 0.1)], "nearer": [row(0, 1), row(1, 0)]}
    assert look_alikes([row(1, 0)], others, near=0.5) == ["nearer", "near"]


def test_any_of_ones_own_templates_counts() -> None:
    assert look_alikes([row(1, 0), row(0, 1)], {"other": [row(0, 1)]}, near=0.5) == ["other"]


def test_nobody_is_like_anybody_where_there_is_nobody() -> None:
    assert look_alikes([row(1, 0)], {}, near=1) == []
    assert look_alikes([row(1, 0)], {"without": []}, near=1) == []
    assert look_alikes([], {"other": [row(1, 0)]}, near=1) == []


def test_a_large_compound_asks_for_more_likeness_than_a_small_one() -> None:
    model = ModelId("yunet-sface-resnet.2")
    assert near_for(compound(300), model) < near_for(compound(40), model) < near_for({}, model) < 0.8


def compound(people: int) -> dict[str, list[bytes]]:
    """Rows that lie apart as those of different people do."""
    random = np.random.default_rng(7)
    rows = (0.24 + random.standard_normal((people, 256)) * 0.1).astype("<f4")
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return {f"p{number}": [row.tobytes()] for number, row in enumerate(rows)}
