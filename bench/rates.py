"""Rates of an open-set search, with how far they may be trusted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from enrollment.confidence import Rate, interval

Numbers = NDArray[np.float64]

REPLICATES: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """What searching found. Distances are to the nearest person, infinite where no face was found.

    `right` says whether that person is the probe's own. Identities are numbers; pictures of one person are drawn
    together when the uncertainty is estimated, for they are not independent.
    """

    probes: Numbers
    right: NDArray[np.bool_]
    probe_people: NDArray[np.intp]
    strangers: Numbers
    stranger_people: NDArray[np.intp]


def tpir(found: Searched, fpir: float) -> float | None:
    """The share of probes whose own person is nearest and nearer than all but `fpir` of the strangers come.

    None where there are no probes or no strangers. No more strangers than `fpir` are accepted: with fewer than
    1 / fpir of them, none.
    """
    if not len(found.probes) or not len(found.strangers):
        return None
    weights = np.ones(len(found.strangers))
    return _share(found, np.ones(len(found.probes)), weights, fpir)


def tpir_interval(found: Searched, fpir: float, seed: int) -> Rate | None:
    """The same with an interval: people are drawn anew, with their pictures, a thousand times.

    Where all or nobody was found, the rule of three over the people says how far that may be trusted.
    """
    value = tpir(found, fpir)
    if value is None:
        return None
    random = np.random.default_rng(seed)
    drawn = [
        _share(found, _drawn(found.probe_people, random), _drawn(found.stranger_people, random), fpir)
        for _ in range(REPLICATES)
    ]
    return _reaching(interval(value, drawn), _count(found.probe_people))


def resolved(found: Searched, fpir: float) -> bool:
    """Whether there are strangers enough for one of them to be that share or less; pictures of one are not many."""
    return _count(found.stranger_people) * fpir >= 1


def share_interval(hits: NDArray[np.bool_], people: NDArray[np.intp], seed: int) -> Rate | None:
    """A share of pictures with the interval from drawing people anew. None of nothing.

    Where nothing or everything hit, drawing anew says nothing: then the rule of three over the people gives the bound.
    """
    if not len(hits):
        return None
    value = float(hits.mean())
    random = np.random.default_rng(seed)
    drawn: list[float] = []
    for _ in range(REPLICATES):
        weights = _drawn(people, random)
        drawn.append(float((hits * weights).sum() / weights.sum()))
    return _reaching(interval(value, drawn), _count(people))


def people_hit(hits: NDArray[np.bool_], people: NDArray[np.intp]) -> tuple[int, int]:
    """How many people have a picture that hit, and how many people there are."""
    return _count(people[hits]), _count(people)


def rule_of_three(tries: int) -> float:
    """With nothing in that many tries, the rate is below this with 95 % confidence."""
    return min(1.0, 3 / tries) if tries else 1.0


def best_threshold(found: Searched) -> tuple[float, float, float]:
    """The distance with the smallest of the larger error, and there FPIR and FNIR: chosen on the very pictures it
    is judged on, which favours whoever is given it."""
    distances = np.unique(np.concatenate([found.probes, found.strangers]))
    candidates = [float(each) for each in distances[np.isfinite(distances)][:: max(1, len(distances) // 500)]]
    errors = [(*at_threshold(found, each), each) for each in candidates] or [(0.0, 1.0, 0.0)]
    fpir, fnir, distance = min(errors, key=lambda each: (max(each[0], each[1]), each[0] + each[1]))
    return distance, fpir, fnir


def at_threshold(found: Searched, distance: float) -> tuple[float, float]:
    """FPIR and FNIR at a distance; a rate of nothing is 0."""
    accepted = found.strangers <= distance
    missed = ~(found.right & (found.probes <= distance))
    return (
        float(accepted.mean()) if len(accepted) else 0.0,
        float(missed.mean()) if len(missed) else 0.0,
    )


def numbered(identities: Sequence[str]) -> NDArray[np.intp]:
    """One number per identity."""
    numbers = {identity: number for number, identity in enumerate(dict.fromkeys(identities))}
    return np.array([numbers[identity] for identity in identities], dtype=np.intp)


def _count(people: NDArray[np.intp]) -> int:
    return len(np.unique(people))


def _reaching(rate: Rate, people: int) -> Rate:
    """With all or none the interval reaches as far as so many people can say."""
    if rate.value not in (0.0, 1.0):
        return rate
    bound = rule_of_three(people)
    low = max(0.0, min(rate.low, rate.value - bound))
    return Rate(rate.value, low, min(1.0, max(rate.high, rate.value + bound)))


def _share(found: Searched, probes: Numbers, strangers: Numbers, fpir: float) -> float:
    order = np.argsort(found.strangers, kind="stable")
    accepted = np.cumsum(strangers[order]) <= fpir * strangers.sum() + 1e-9
    # The first stranger who is one too many sets the distance; nobody as far as that is accepted.
    first = int(np.argmin(accepted)) if not accepted.all() else len(order) - 1
    limit = found.strangers[order][first]
    hits = found.right & (found.probes < limit)
    return float((hits * probes).sum() / probes.sum())


def _drawn(people: NDArray[np.intp], random: np.random.Generator) -> Numbers:
    """How often each picture counts when as many people are drawn, with replacement, as there are."""
    count = int(people.max()) + 1
    times = np.bincount(random.integers(0, count, count), minlength=count)
    return times[people].astype(np.float64)
