"""How near strangers come, measured on the gate's own gallery: everybody in it is a stranger to everybody else.

Nothing but the templates a gate holds anyway is needed, so the rule follows the people and the camera they were
enrolled with. Pure. docs/decisions/0031-a-threshold-from-the-own-gallery.md has what it costs and keeps.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gate.vision.gallery import Gallery
from gate.vision.match import FEWEST_PEOPLE, TAILS, TIMES_AS_MANY, Threshold, people_apart, threshold_for

FEWEST_MEASURED: Final = 50
"""With fewer people the pairs are too few: the built-in tail alone decides."""
BUILT_IN_PEOPLE: Final = 25
"""The built-in tail counts as much as this many people of the gallery."""

# The distances of different people are normal from here outwards, on press photographs and before a webcam.
# Rarer ones are left out: there the gallery's own twins and people enrolled twice decide, not strangers.
SHARES: Final = (0.1, 0.01, 0.001)

MOST_PAIRS: Final = 4_000_000
FEWEST_PROBES: Final = 400
AT_ONCE: Final = 16
"""Probes in one step: each takes a few numbers for every row, and the gate holds two galleries while it measures."""
BINS: Final = np.linspace(0.0, 2.5, 2_501)


@dataclass(frozen=True, slots=True)
class Impostors:
    """Distances between different people, as a normal distribution that fits the near ones; `pairs` were looked at."""

    mean: float
    deviation: float
    pairs: int

    def nearest(self, share: float) -> float:
        """The distance below which that share of pairs lies."""
        return self.mean + self.deviation * NormalDist().inv_cdf(share)


def impostors_in(gallery: Gallery) -> Impostors | None:
    """Measures everybody against everybody else, or in a large gallery some against everybody.

    None where fewer than FEWEST_MEASURED live.
    """
    if len(gallery) < FEWEST_MEASURED:
        return None
    counts = np.zeros(len(BINS) - 1, dtype=np.int64)
    probes = _probes(gallery)
    for first in range(0, len(probes), AT_ONCE):
        counts += _counted(gallery, probes[first : first + AT_ONCE])
    return fitted(counts)


def fitted(counts: NDArray[np.int64]) -> Impostors:
    """The distribution that fits so many pairs in each of the BINS; at least one pair in all."""
    reached = np.cumsum(counts) / counts.sum()
    distances = [float(np.interp(share, reached, BINS[1:])) for share in SHARES]
    slope, middle = np.polyfit([NormalDist().inv_cdf(share) for share in SHARES], distances, 1)
    return Impostors(float(middle), float(slope), int(counts.sum()))


def threshold_in(target_fpir: float, gallery: Gallery) -> Threshold:
    """The rule for this gallery under which about `target_fpir` of strangers find somebody.

    Never looser than the built-in tail's one pair in a thousand. Raises ValueError for a rate outside 0 to 1,
    KeyError for a model nobody measured.
    """
    built_in = threshold_for(target_fpir, len(gallery), gallery.model)
    found = impostors_in(gallery)
    if found is None:
        return built_in
    own = _rule_of(found, target_fpir / max(len(gallery), FEWEST_PEOPLE), built_in.slack)
    share = 1 - BUILT_IN_PEOPLE / len(gallery)
    distance, margin = (
        share * measured + (1 - share) * fixed
        for measured, fixed in ((own.distance, built_in.distance), (own.margin, built_in.margin))
    )
    # The built-in tail may hold a measured rule back, never loosen it.
    nearest = min(own.distance, distance, TAILS[gallery.model].at_thousandth)
    return Threshold(nearest, max(own.margin, margin), built_in.slack)


def _rule_of(found: Impostors, per_pair: float, slack: float) -> Threshold:
    """What the measured distances alone ask for at that rate of pairs."""
    distance = found.nearest(per_pair)
    return Threshold(distance, found.nearest(TIMES_AS_MANY * per_pair) - distance, slack)


def _probes(gallery: Gallery) -> NDArray[np.intp]:
    """Row numbers, evenly spread: all of them where the pairs are not too many."""
    rows = len(gallery.matrix)
    wanted = min(rows, max(FEWEST_PROBES, MOST_PAIRS // len(gallery)))
    return np.linspace(0, rows - 1, wanted).astype(np.intp)


def _counted(gallery: Gallery, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """How many people are at each distance of these rows, their own person left out."""
    squares = people_apart(gallery.matrix[rows], gallery) + gallery.squares[rows]
    squares[gallery.owners[rows], np.arange(len(rows))] = np.inf
    distances = np.sqrt(np.clip(squares, 0, None))
    return np.histogram(distances[np.isfinite(distances)], BINS)[0].astype(np.int64)
