"""Whom a gate can recognise, in memory. Never changed: a new roster makes a new gallery, swapped whole. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from contracts.ids import ModelId, PersonId
from gate.vision.errors import BadTemplate, ModelMismatch
from gate.vision.frame import Vector

MATRIX_AXES = 2

# Rows of one person that cancel each other have no direction in common: their centre is as far from everybody.
SMALLEST_SUM: Final = 1e-3
PEOPLE_AT_ONCE: Final = 512
"""Summed in one step: more would copy the matrix while a gallery is replaced."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What one eye made of one person's face. Never printed."""

    person: PersonId
    model: ModelId
    vector: Vector = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The rows person by person. A person's centre is the mean of their rows, as long as these are; it is kept as
    two numbers, since its product with a probe is the sum of the rows' products times `scales`."""

    order: NDArray[np.intp]
    """Row numbers, those of one person beside each other."""
    starts: NDArray[np.intp]
    """Where in `order` each person begins."""
    scales: NDArray[np.float32]
    squares: NDArray[np.float32]
    """Each centre's length squared."""

    @classmethod
    def of(cls, rows: NDArray[np.float32], owners: NDArray[np.intp], squares: NDArray[np.float32]) -> Self:
        """Groups the rows of a matrix by owner; owners count from 0 without gaps."""
        order = np.argsort(owners, kind="stable")
        starts = np.searchsorted(owners[order], np.arange(owners.max() + 1 if len(owners) else 0))
        if not len(starts):
            return cls(order, starts, np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32))
        counts = np.diff(starts, append=len(order)).astype(np.float32)
        lengths = np.asarray(np.add.reduceat(np.sqrt(squares)[order], starts) / counts, dtype=np.float32)
        sums = np.concatenate([_sums(rows, order, part) for part in _slices(starts, len(order))])
        scales = np.divide(lengths, sums, out=np.zeros_like(lengths), where=sums > SMALLEST_SUM * lengths)
        return cls(order, starts, scales, np.square(lengths, dtype=np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """n templates as one contiguous n x d float32 matrix; `people[i]` owns row i and may own several.

    Build it with `of`, `from_templates` or `empty`: they check what the matching relies on.
    """

    model: ModelId
    people: tuple[PersonId, ...] = field(repr=False)
    matrix: NDArray[np.float32] = field(repr=False)
    owners: NDArray[np.intp] = field(repr=False)
    """One number per row, equal for rows of one person."""
    squares: NDArray[np.float32] = field(repr=False)
    """Each row's length squared, so that a search is one product of matrix and probe."""
    groups: Groups = field(repr=False)
    confusable: Mapping[int, tuple[int, ...]] = field(default_factory=dict[int, tuple[int, ...]], repr=False)
    """Whom a person was taken for or is too much like, both ways, by the numbers of `owners`."""

    @classmethod
    def of(
        cls,
        model: ModelId,
        people: Sequence[PersonId],
        matrix: NDArray[np.float32],
        confusable: Iterable[tuple[PersonId, PersonId]] = (),
    ) -> Self:
        """A gallery of a matrix as a roster carries it. Raises BadTemplate, also for a pair with somebody not in it.

        float64 is refused, not converted: one float64 number makes each search many times slower.
        """
        if matrix.dtype != np.float32 or matrix.ndim != MATRIX_AXES:
            raise BadTemplate("it takes rows of float32")
        if len(people) != matrix.shape[0]:
            raise BadTemplate("each row takes one person")
        rows = np.ascontiguousarray(matrix)
        squares = np.einsum("ij,ij->i", rows, rows)
        # Judged by their squares, since a mask of the matrix is a quarter as large as that.
        if not np.isfinite(squares).all():
            raise BadTemplate("it holds NaN, infinity or numbers too large to compare")
        if not (squares > 0).all():
            raise BadTemplate("a row is all zero")
        numbers = {person: number for number, person in enumerate(dict.fromkeys(people))}
        owners = np.array([numbers[person] for person in people], dtype=np.intp)
        rows.flags.writeable = False
        groups, pairs = Groups.of(rows, owners, squares), _both_ways(confusable, numbers)
        return cls(model, tuple(people), rows, owners, squares, groups, pairs)

    @classmethod
    def from_templates(cls, model: ModelId, templates: Sequence[Template]) -> Self:
        """A gallery of single templates. Raises ModelMismatch or BadTemplate."""
        for template in templates:
            if template.model != model:
                raise ModelMismatch(template.model, model)
        if len({template.vector.shape for template in templates}) > 1:
            raise BadTemplate("its length differs from the others")
        if not templates:
            return cls.empty(model)
        people = [template.person for template in templates]
        return cls.of(model, people, np.stack([template.vector for template in templates]))

    @classmethod
    def empty(cls, model: ModelId) -> Self:
        """A gallery of nobody: every face is unknown."""
        return cls.of(model, [], np.zeros((0, 0), dtype=np.float32))

    def serves(self, model: ModelId) -> None:
        """Raises ModelMismatch unless its templates were made by that model."""
        if self.model != model:
            raise ModelMismatch(self.model, model)

    def __len__(self) -> int:
        """The number of people, not of templates."""
        return int(self.owners.max()) + 1 if len(self.owners) else 0


def _both_ways(
    pairs: Iterable[tuple[PersonId, PersonId]], numbers: Mapping[PersonId, int]
) -> dict[int, tuple[int, ...]]:
    likes: dict[int, tuple[int, ...]] = {}
    for one, other in pairs:
        if one not in numbers or other not in numbers:
            raise BadTemplate("somebody of a pair has none")
        for this, that in ((one, other), (other, one)):
            likes[numbers[this]] = (*likes.get(numbers[this], ()), numbers[that])
    return likes


def _slices(starts: NDArray[np.intp], rows: int) -> Iterator[tuple[NDArray[np.intp], int]]:
    """The starts of some people at a time, and where the last of them ends."""
    for first in range(0, len(starts), PEOPLE_AT_ONCE):
        after = first + PEOPLE_AT_ONCE
        yield starts[first:after], int(starts[after]) if after < len(starts) else rows


def _sums(
    rows: NDArray[np.float32], order: NDArray[np.intp], part: tuple[NDArray[np.intp], int]
) -> NDArray[np.float32]:
    """The length of the sum of each person's rows."""
    starts, end = part
    first = int(starts[0])
    added = np.add.reduceat(rows[order[first:end]], starts - first, axis=0)
    return np.sqrt(np.einsum("ij,ij->i", added, added))
