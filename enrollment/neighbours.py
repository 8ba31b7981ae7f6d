"""Who in a gallery lies near whom, and how far one's own templates lie apart. Pure."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.ids import PersonId
from gate.vision.gallery import Gallery
from gate.vision.match import people_apart

ROWS_AT_ONCE: Final = 128
PAIRS_AT_ONCE: Final = 64
"""Of every slice so many nearest pairs are kept: both directions of a pair and all templates of a family fit."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people and the smallest distance between them, whichever template is the probe."""

    first: PersonId
    second: PersonId
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """One figure a row of the gallery: the nearest other person's number and distance, the second-nearest's
    distance (infinite where there is none), and the distance to the person's own other rows (NaN for an only row).
    """

    who: NDArray[np.intp] = field(repr=False)
    nearest: NDArray[np.float32] = field(repr=False)
    second: NDArray[np.float32] = field(repr=False)
    own: NDArray[np.float32] = field(repr=False)
    closest: tuple[Pair, ...] = ()


def neighbours_in(gallery: Gallery, pairs: int) -> Neighbours:
    """Looks at everybody against everybody else; keeps that many closest pairs, nearest first.

    The gallery holds two people or more.
    """
    rows = len(gallery.matrix)
    who = np.zeros(rows, dtype=np.intp)
    near = np.full((2, rows), np.inf, dtype=np.float32)
    best: dict[tuple[int, int], float] = {}
    for first in range(0, rows, ROWS_AT_ONCE):
        part = np.arange(first, min(first + ROWS_AT_ONCE, rows))
        distances = others_apart(gallery, part)
        who[part] = distances.argmin(axis=0)
        near[:, part] = _two_smallest(distances)
        _keep_closest(best, gallery.owners[part], distances)
    people = names(gallery)
    order = sorted(best, key=best.__getitem__)[:pairs]
    closest = tuple(Pair(people[one], people[two], round(best[one, two], 4)) for one, two in order)
    return Neighbours(who, near[0], near[1], own_apart(gallery), closest)


def others_apart(gallery: Gallery, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Distances as a gate measures them, one row per person, one column per row of the gallery; infinite to oneself."""
    squares = people_apart(gallery.matrix[rows], gallery) + gallery.squares[rows]
    squares[gallery.owners[rows], np.arange(len(rows))] = np.inf
    return np.sqrt(np.clip(squares, 0, None), dtype=np.float32)


def own_apart(gallery: Gallery) -> NDArray[np.float32]:
    """For each row the distance to the middle of the person's other rows; NaN for an only row."""
    count = np.bincount(gallery.owners)[gallery.owners]
    sums = np.zeros((len(gallery), gallery.matrix.shape[1]), dtype=np.float64)
    np.add.at(sums, gallery.owners, gallery.matrix)
    others = sums[gallery.owners] - gallery.matrix
    lengths = np.linalg.norm(others, axis=1)
    # The middle is as long as the row, as a gate's centre of a person is.
    scales = np.sqrt(gallery.squares) / np.where(lengths > 0, lengths, 1)
    apart = np.linalg.norm(others * scales[:, None] - gallery.matrix, axis=1)
    return np.where(count > 1, apart, np.nan).astype(np.float32)


def names(gallery: Gallery) -> tuple[PersonId, ...]:
    """The people in the order of their numbers."""
    return tuple(dict.fromkeys(gallery.people))


def _two_smallest(distances: NDArray[np.float32]) -> NDArray[np.float32]:
    # Somebody's own entry is infinite, so of two people the second is infinite too.
    return np.asarray(np.partition(distances, 1, axis=0)[:2], dtype=np.float32)


def _keep_closest(
    best: dict[tuple[int, int], float], owners: NDArray[np.intp], distances: NDArray[np.float32]
) -> None:
    flat = distances.ravel()
    wanted = min(PAIRS_AT_ONCE, len(flat))
    for place in np.argpartition(flat, wanted - 1)[:wanted].tolist():
        distance = float(flat[place])
        if not np.isfinite(distance):
            continue
        person, column = divmod(place, distances.shape[1])
        pair = (min(person, int(owners[column])), max(person, int(owners[column])))
        best[pair] = min(distance, best.get(pair, distance))
