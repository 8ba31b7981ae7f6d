"""What a compound's own templates say of its gates: who lies near whom, how many strangers are let in, what to set.

Everybody enrolled stands for a stranger to everybody else, as in gate/vision/impostors.py, whose fit and thresholds
are used here. Pure. docs/calibration.md says how to read each figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.ids import ModelId, PersonId
from enrollment.advice import Advice, Standing, advise
from enrollment.confidence import Rate, upper_bound
from enrollment.doors import USUAL_TARGET_FPIR, Door, DoorReport, Drawn, rated, thresholds
from enrollment.neighbours import Neighbours, Pair, names, neighbours_in
from gate.vision.gallery import Gallery
from gate.vision.impostors import BINS, FEWEST_MEASURED, threshold_in
from gate.vision.match import Threshold

PAIRS_TOLD: Final = 12
OUTLIERS_TOLD: Final = 50
FEWEST_OWN: Final = 50
"""Distances between templates of one person, below which no share of them is given."""
BINS_A_STEP: Final = 20


class OutlierKind(StrEnum):
    """Why somebody should be enrolled again; the surest reason first."""

    UNUSABLE = "unusable"  # a template that cannot be compared: no gate can use it
    NEARER_TO_ANOTHER = "nearer_to_another"  # than to the person's own other templates
    LIKE_ANOTHER = "like_another"  # the only template, and nearer to somebody else than gates accept
    FAR_FROM_OWN = "far_from_own"  # farther from the person's own others than gates accept


@dataclass(frozen=True, slots=True)
class Outlier:
    """A person's worst template: its distance to the nearest other person, and to the own others where there are."""

    person: PersonId
    kind: OutlierKind
    other: PersonId | None = None
    distance: float | None = None
    own: float | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many distances fall into each step of `step`, the first beginning at `start`; both ends are occupied."""

    start: float
    step: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Who is near whom. `near` is the distance at which the loosest gate, knowing everybody, takes one for another.

    `missed` is the share of people's own templates farther than that from their others; None of too few.
    """

    near: float
    closest: tuple[Pair, ...]
    outliers: tuple[Outlier, ...]
    same: Histogram | None
    missed: float | None


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How many people would have been let in as somebody else, had they not been enrolled; at most that share of
    strangers with 95 % confidence."""

    hits: int
    tries: int
    at_most: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What only FEWEST_MEASURED people or more can tell: `false_accepts` a month over all gates."""

    different: Histogram | None
    held_out: HeldOut
    false_accepts: Rate


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a page shows. People are ids, and no template is in it."""

    model: ModelId
    people: int
    templates: int
    fewest: int
    mistakes: int
    doors: tuple[DoorReport, ...]
    likeness: Likeness
    measured: Measured | None
    advice: Advice


def audit(
    faces: Mapping[PersonId, Sequence[bytes]], model: ModelId, doors: Sequence[Door], mistakes: int = 0
) -> Report:
    """Measures rows of little-endian float32 of one model. `mistakes`: how often staff said "not this person".

    Raises KeyError for a model nobody measured.
    """
    gallery, unusable = _gallery(faces, model)
    target = max((door.target_fpir for door in doors), default=USUAL_TARGET_FPIR)
    rule = threshold_in(target, gallery)
    found = neighbours_in(gallery, PAIRS_TOLD) if len(gallery) > 1 else None
    likeness = _likeness(gallery, found, rule, unusable)
    reports, measured = thresholds(gallery, doors), None
    if found is not None and len(gallery) >= FEWEST_MEASURED:
        reports, measured = _measured(gallery, reports, _held_out(gallery, found, rule))
    total = measured.false_accepts if measured else None
    return Report(
        model=model,
        people=len(gallery),
        templates=len(gallery.matrix),
        fewest=FEWEST_MEASURED,
        mistakes=mistakes,
        doors=reports,
        likeness=likeness,
        measured=measured,
        advice=advise(Standing(target, total, likeness.missed, mistakes)),
    )


def _gallery(faces: Mapping[PersonId, Sequence[bytes]], model: ModelId) -> tuple[Gallery, list[Outlier]]:
    """Everybody whose templates can be compared, and those of whom some cannot; the commonest length is right."""
    lengths = [len(row) for rows in faces.values() for row in rows]
    length = max(set(lengths), key=lengths.count, default=0)
    good = {person: [row for row in rows if _usable(row, length)] for person, rows in faces.items()}
    bad = [Outlier(one, OutlierKind.UNUSABLE) for one, rows in faces.items() if len(good[one]) < len(rows)]
    people = [person for person, rows in good.items() for _ in rows]
    if not people:
        return Gallery.empty(model), bad
    matrix = np.frombuffer(b"".join(row for rows in good.values() for row in rows), dtype="<f4")
    return Gallery.of(model, people, matrix.reshape(len(people), -1).astype(np.float32, copy=False)), bad


def _usable(row: bytes, length: int) -> bool:
    if not row or len(row) != length or len(row) % 4:
        return False
    numbers = np.frombuffer(row, dtype="<f4")
    return bool(np.isfinite(numbers).all() and numbers.any())


def _measured(
    gallery: Gallery, doors: Sequence[DoorReport], held_out: HeldOut
) -> tuple[tuple[DoorReport, ...], Measured]:
    drawn = Drawn.of(gallery)
    # At the usual target hardly one pair of strangers in a hundred thousand lies nearer.
    strangers = drawn.beyond(threshold_in(USUAL_TARGET_FPIR, gallery).distance)
    reports, total = rated(doors, strangers)
    return reports, Measured(_histogram(drawn.counts()), held_out, total)


def _likeness(
    gallery: Gallery, found: Neighbours | None, rule: Threshold, unusable: Sequence[Outlier]
) -> Likeness:
    if found is None:
        return Likeness(rule.distance, (), tuple(unusable), None, None)
    own = found.own[np.isfinite(found.own)]
    return Likeness(
        near=rule.distance,
        closest=found.closest,
        outliers=(*unusable, *_outliers(gallery, found, rule.distance))[:OUTLIERS_TOLD],
        same=_histogram(np.histogram(own, BINS)[0].astype(np.int64)),
        missed=float((own > rule.distance).mean()) if len(own) >= FEWEST_OWN else None,
    )


def _histogram(counts: NDArray[np.int64]) -> Histogram | None:
    """In steps that a page can draw, without the empty ends; None of nothing."""
    steps = counts.reshape(-1, BINS_A_STEP).sum(axis=1)
    occupied = np.flatnonzero(steps)
    if not len(occupied):
        return None
    first, last = int(occupied[0]), int(occupied[-1])
    step = round(float(BINS[BINS_A_STEP] - BINS[0]), 4)
    return Histogram(round(first * step, 4), step, tuple(steps[first : last + 1].tolist()))


def _outliers(gallery: Gallery, found: Neighbours, near: float) -> list[Outlier]:
    """One entry a person, for the template that is worst."""
    people = names(gallery)
    worst: dict[PersonId, Outlier] = {}
    for row, person in enumerate(gallery.people):
        nearest, own = float(found.nearest[row]), float(found.own[row])
        kind = _kind(nearest, own, near)
        if kind is None:
            continue
        other = None if kind is OutlierKind.FAR_FROM_OWN else people[int(found.who[row])]
        seen = Outlier(person, kind, other, nearest, None if np.isnan(own) else own)
        worst[person] = min(worst.get(person, seen), seen, key=_order)
    return sorted(worst.values(), key=_order)


def _kind(nearest: float, own: float, near: float) -> OutlierKind | None:
    if np.isnan(own):
        return OutlierKind.LIKE_ANOTHER if nearest <= near else None
    if nearest < own:
        return OutlierKind.NEARER_TO_ANOTHER
    return OutlierKind.FAR_FROM_OWN if own > near else None


def _order(one: Outlier) -> tuple[int, float]:
    return list(OutlierKind).index(one.kind), one.distance or 0.0


def _held_out(gallery: Gallery, found: Neighbours, rule: Threshold) -> HeldOut:
    """Everybody once as a stranger, before a gate that knows all the others: let in by any template is let in."""
    let_in = (found.nearest <= rule.distance) & (found.second - found.nearest >= rule.margin)
    hits = len(np.unique(gallery.owners[let_in]))
    return HeldOut(hits, len(gallery), upper_bound(hits, len(gallery)))
