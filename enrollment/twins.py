"""People whose faces a gate might mistake: twins, parent and child, or one person twice. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.ids import ModelId, PersonId
from gate.vision.gallery import Gallery
from gate.vision.impostors import threshold_in

CHANCE: Final = 0.01
"""Share of new people flagged though nobody is like them: ten times what gates allow strangers by default, so
that whoever a gate could mistake is flagged, and small enough that hardly anybody needs a second credential
for nothing."""


def near_for(others: Mapping[str, Sequence[bytes]], model: ModelId) -> float:
    """The L2 distance below which a newcomer is like one of the others: measured on them, as gates measure theirs.

    Raises KeyError for a model nobody measured, BadTemplate for rows that cannot be compared.
    """
    people = [PersonId(f"p{number}") for number, theirs in enumerate(others.values()) for _ in theirs]
    if not people:
        return threshold_in(CHANCE, Gallery.empty(model)).distance
    rows = _matrix([row for theirs in others.values() for row in theirs])
    return threshold_in(CHANCE, Gallery.of(model, people, rows)).distance


def look_alikes(rows: Sequence[bytes], others: Mapping[str, Sequence[bytes]], near: float) -> list[str]:
    """Ids of the others nearer than `near` by any template, nearest first.

    Rows are little-endian float32 of one model; the caller has left out those of another.
    """
    owners = [owner for owner, theirs in others.items() for _ in theirs]
    if not owners or not rows:
        return []
    apart = _nearest(_matrix(rows), _matrix([row for theirs in others.values() for row in theirs]))
    best: dict[str, float] = {}
    for owner, distance in zip(owners, apart.tolist(), strict=True):
        best[owner] = min(distance, best.get(owner, distance))
    return sorted((owner for owner, distance in best.items() if distance < near), key=best.__getitem__)


def _matrix(rows: Sequence[bytes]) -> NDArray[np.float32]:
    return np.frombuffer(b"".join(rows), dtype="<f4").reshape(len(rows), -1)


def _nearest(own: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each of theirs the distance to the nearest of our own."""
    squares = np.einsum("ij,ij->i", theirs, theirs)
    apart = [squares - 2 * (theirs @ row) + row @ row for row in own]
    return np.sqrt(np.clip(np.min(apart, axis=0), 0, None), dtype=np.float32)
