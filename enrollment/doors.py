"""What each gate makes of a compound's gallery, and how many strangers it lets in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from contracts.ids import GateId, PersonId
from enrollment.confidence import Rate, interval
from enrollment.neighbours import names, others_apart
from gate.vision.gallery import Gallery
from gate.vision.impostors import BINS, Impostors, fitted, threshold_in
from gate.vision.match import Threshold

USUAL_TARGET_FPIR: Final = 0.001
"""What a gate is set to where it has not said otherwise."""
MONTH_DAYS: Final = 30
MOST_DRAWN: Final = 600
"""People that the intervals are drawn from: of a larger compound an even part, whose interval is the wider one."""
REPLICATES: Final = 400
SEED: Final = 0


@dataclass(frozen=True, slots=True)
class Door:
    """A gate: whom it knows, how many strangers' approaches it saw in how many days, what it is set to."""

    gate: GateId
    people: frozenset[PersonId] = field(repr=False)
    seen: int
    days: float
    target_fpir: float = USUAL_TARGET_FPIR


@dataclass(frozen=True, slots=True)
class DoorReport:
    """The threshold of a gate's own gallery. Rates are None where the compound is too small to measure.

    `fpir` leaves the margin aside, which only keeps more strangers out.
    """

    gate: GateId
    people: int
    seen: int
    days: float
    target_fpir: float
    distance: float
    margin: float
    fpir: Rate | None = None
    false_accepts: Rate | None = None

    @property
    def strangers(self) -> float:
        """Approaches a month."""
        return self.seen * MONTH_DAYS / self.days


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Pairs of different people as numbers of the impostors' BINS, with whose row and which person each is of."""

    bins: NDArray[np.intp] = field(repr=False)
    row: NDArray[np.intp] = field(repr=False)
    person: NDArray[np.intp] = field(repr=False)
    people: int

    @classmethod
    def of(cls, gallery: Gallery) -> Self:
        """Of at most MOST_DRAWN people, evenly spread."""
        wanted = np.linspace(0, len(gallery) - 1, min(len(gallery), MOST_DRAWN)).astype(np.intp)
        everybody = names(gallery)
        part = part_of(gallery, frozenset(everybody[int(number)] for number in wanted.tolist()))
        distances = others_apart(part, np.arange(len(part.matrix)))
        person, column = np.nonzero(np.isfinite(distances))
        bins = np.searchsorted(BINS, distances[person, column], side="right") - 1
        return cls(np.clip(bins, 0, len(BINS) - 2), part.owners[column], person, len(part))

    def beyond(self, distance: float) -> Self:
        """Without the pairs that lie nearer: they are a family, or one person twice, rather than strangers."""
        kept = self.bins >= np.searchsorted(BINS, distance) - 1
        return replace(self, bins=self.bins[kept], row=self.row[kept], person=self.person[kept])

    def counts(self) -> NDArray[np.int64]:
        return np.bincount(self.bins, minlength=len(BINS) - 1).astype(np.int64)

    def anew(self, random: np.random.Generator) -> Impostors:
        """The fit when as many people are drawn with replacement; a pair counts as often as both were drawn."""
        times = np.bincount(random.integers(0, self.people, self.people), minlength=self.people)
        weights = times[self.row] * times[self.person]
        counts = np.bincount(self.bins, weights=weights, minlength=len(BINS) - 1)
        return fitted(counts.astype(np.int64))


def part_of(gallery: Gallery, people: frozenset[PersonId]) -> Gallery:
    """The gallery of those people alone."""
    rows = [number for number, person in enumerate(gallery.people) if person in people]
    if not rows:
        return Gallery.empty(gallery.model)
    return Gallery.of(gallery.model, [gallery.people[row] for row in rows], gallery.matrix[rows])


def thresholds(gallery: Gallery, doors: Sequence[Door]) -> tuple[DoorReport, ...]:
    """What each gate makes of its own part of the gallery; no rates yet."""
    known: dict[tuple[frozenset[PersonId], float], Threshold] = {}
    reports: list[DoorReport] = []
    for door in doors:
        mine = door.people.intersection(gallery.people)
        key = (mine, door.target_fpir)
        if key not in known:
            known[key] = threshold_in(door.target_fpir, part_of(gallery, mine))
        reports.append(_report(door, len(mine), known[key]))
    return tuple(reports)


def _report(door: Door, people: int, rule: Threshold) -> DoorReport:
    return DoorReport(
        gate=door.gate,
        people=people,
        seen=door.seen,
        days=door.days,
        target_fpir=door.target_fpir,
        distance=rule.distance,
        margin=rule.margin,
    )


def rated(doors: Sequence[DoorReport], strangers: Drawn) -> tuple[tuple[DoorReport, ...], Rate]:
    """Each door with its rates, and the false accepts of all together a month.

    The intervals come from drawing the people anew and judging the same thresholds by each fit.
    """
    random = np.random.default_rng(SEED)
    best, fits = fitted(strangers.counts()), [strangers.anew(random) for _ in range(REPLICATES)]
    rates = np.array([[fpir(fit, door) for fit in fits] for door in doors]).reshape(len(doors), REPLICATES)
    values = [fpir(best, door) for door in doors]
    seen = np.array([door.strangers for door in doors])
    reports = tuple(
        _with(door, _around(value, each)) for door, value, each in zip(doors, values, rates, strict=True)
    )
    return reports, _around(float(seen @ np.array(values)), seen @ rates)


def fpir(fit: Impostors, door: DoorReport) -> float:
    """The share of strangers who find somebody at that door: each person it knows is one chance."""
    per_pair = NormalDist(fit.mean, max(fit.deviation, 1e-6)).cdf(door.distance)
    return float(-np.expm1(door.people * np.log1p(-min(per_pair, 1 - 1e-12))))


def _around(value: float, drawn: NDArray[np.float64]) -> Rate:
    found = interval(value, drawn.tolist())
    return Rate(value, min(found.low, value), max(found.high, value))


def _with(door: DoorReport, rate: Rate) -> DoorReport:
    month = Rate(rate.value * door.strangers, rate.low * door.strangers, rate.high * door.strangers)
    return replace(door, fpir=rate, false_accepts=month)
