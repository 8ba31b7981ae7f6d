"""How far a measured share may be trusted. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure and its interval of 95 % confidence."""

    value: float
    low: float
    high: float

    def as_list(self) -> list[float]:
        """The interval alone, rounded."""
        return [round(self.low, 5), round(self.high, 5)]


def interval(value: float, drawn: Sequence[float]) -> Rate:
    """The figure with the middle 95 % of what drawing anew gave."""
    low, high = (float(each) for each in np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)))
    return Rate(value, low, high)


def upper_bound(hits: int, tries: int) -> float:
    """The rate's upper bound of 95 % confidence, one-sided and exact (Clopper and Pearson)."""
    if not tries or hits >= tries:
        return 1.0
    low, high = hits / tries, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(hits, tries, middle) > 1 - CONFIDENCE else (low, middle)
    return high


def _at_most(hits: int, tries: int, rate: float) -> float:
    """The chance of at most so many hits."""
    terms = (
        math.lgamma(tries + 1)
        - math.lgamma(hit + 1)
        - math.lgamma(tries - hit + 1)
        + hit * math.log(rate or 1e-300)
        + (tries - hit) * math.log1p(-min(rate, 1 - 1e-12))
        for hit in range(hits + 1)
    )
    return sum(math.exp(term) for term in terms)
