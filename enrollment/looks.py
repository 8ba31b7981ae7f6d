"""Several looks of one person: with and without glasses, in other light, years apart. Pure.

Somebody enrolled with two pictures is missed a third to a quarter as often as with one:
docs/decisions/0030-what-lowers-the-misses.md.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.ids import ModelId
from gate.vision.match import TAILS

MOST_LOOKS: Final = 5
"""More take memory at every gate and bring nothing that was measured."""


def is_same_person(new: bytes, kept: Sequence[bytes], model: ModelId) -> bool:
    """Whether a new look is near any of those kept: one in a thousand strangers would be, and staff look as well.

    Rows are little-endian float32 of that model. Raises KeyError for a model nobody measured.
    """
    apart = np.linalg.norm(_matrix(kept) - _matrix([new]), axis=1)
    return bool(apart.min() <= TAILS[model].at_thousandth)


def with_look(kept: Sequence[bytes], new: bytes) -> tuple[bytes, ...]:
    """The looks with the new one last; beyond MOST_LOOKS an older one goes that another resembles most."""
    looks = [*kept, new]
    while len(looks) > MOST_LOOKS:
        del looks[_most_alike(_matrix(looks))]
    return tuple(looks)


def _most_alike(rows: NDArray[np.float32]) -> int:
    """The number of an older row that is nearest to any other; the newest always stays."""
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return int(apart.min(axis=1)[:-1].argmin())


def _matrix(rows: Sequence[bytes]) -> NDArray[np.float32]:
    return np.frombuffer(b"".join(rows), dtype="<f4").reshape(len(rows), -1)
