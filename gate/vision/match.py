"""Who a face is, if anybody: open-set, with a margin to the second-best person. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from contracts.ids import ModelId, PersonId
from gate.vision.errors import BadTemplate
from gate.vision.frame import Vector
from gate.vision.gallery import Gallery


@dataclass(frozen=True, slots=True)
class Threshold:
    """What counts as near: at most `distance`, and `margin` nearer than the second-best person.

    Whoever was taken for the best person counts as near by `slack` more than `distance`.
    """

    distance: float
    margin: float
    slack: float = 0.25


@dataclass(frozen=True, slots=True)
class Tail:
    """How near two different people come, for one model: one in a thousand pairs is nearer than
    `at_thousandth`, and ten times fewer for every `per_decade` less. No own face of those measured lay farther off
    than `slack` beyond the distance that a gate then asks for."""

    at_thousandth: float
    per_decade: float
    slack: float


# Fitted on 7,836 pairs of different Chinese people before one webcam, development half: the nearest of the
# three groups measured. docs/decisions/0011-thresholds.md has the table and what it costs, 0035 the slack's.
TAILS: Final[Mapping[ModelId, Tail]] = MappingProxyType(
    {
        ModelId("yunet-sface-resnet.2"): Tail(at_thousandth=0.741, per_decade=0.033, slack=0.25),
        ModelId("dlib-hog-resnet.1"): Tail(at_thousandth=0.402, per_decade=0.024, slack=0.35),
    }
)

# A gallery of one is judged as if ten lived there: an approach gives a stranger several tries.
FEWEST_PEOPLE: Final = 10

TIMES_AS_MANY: Final = 20
"""The margin reaches from the distance asked for to the one within which so many times as many strangers come: at
0.1 % asked, one face in fifty has a second person there by chance. docs/decisions/0039-the-margin.md."""


def threshold_for(target_fpir: float, people: int, model: ModelId) -> Threshold:
    """The rule under which about `target_fpir` of strangers' tries find somebody among `people`.

    Each person more is one chance more to be taken for somebody, so large galleries are judged harder. Raises
    ValueError for a rate outside 0 to 1, KeyError for a model nobody measured.
    """
    if not 0 < target_fpir < 1:
        raise ValueError("The target false-positive rate lies between 0 and 1")
    tail = TAILS[model]
    per_pair = target_fpir / max(people, FEWEST_PEOPLE)
    decades = math.log10(per_pair) + 3
    margin = tail.per_decade * math.log10(TIMES_AS_MANY)
    return Threshold(tail.at_thousandth + tail.per_decade * min(0.0, decades), margin, tail.slack)


@dataclass(frozen=True, slots=True)
class Match:
    """One person is near enough and nobody else is nearly as near."""

    person: PersonId
    distance: float
    margin: float


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Somebody is near enough, but so is a second person, or one they were taken for before: never a grant."""

    person: PersonId
    distance: float
    margin: float


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nobody is near enough; `distance` is the nearest person's, infinite in an empty gallery."""

    distance: float
    margin: float


Answer: TypeAlias = Match | Ambiguous | NoMatch


def nearest(probe: Vector, gallery: Gallery, rule: Threshold, agreement: float = 1.0) -> Answer:
    """Compares one template with everybody's, `agreement` as `of_frames` takes it. The caller sees to it that both
    are of one model.

    Raises BadTemplate when the probe is NaN, zero, not float32 or of another length.
    """
    _check(probe, gallery)
    if not len(gallery):
        return NoMatch(math.inf, math.inf)
    best, *apart = _two_best_people(probe, gallery)
    first, second = (of_frames(each, agreement) for each in apart)
    margin = second - first
    if first > rule.distance:
        return NoMatch(first, margin)
    person = gallery.people[gallery.groups.order[gallery.groups.starts[best]]]
    likes = (of_frames(each, agreement) for each in _likes_apart(probe, gallery, best))
    doubtful = margin < rule.margin or any(each <= rule.distance + rule.slack for each in likes)
    return Ambiguous(person, first, margin) if doubtful else Match(person, first, margin)


def of_frames(distance: float, agreement: float) -> float:
    """How far somebody is of a template pooled from frames, given how far the pooled template itself is.

    `agreement` is the length of the mean of the frames' templates, each of length 1: 1 where all are alike. What
    differs from frame to frame cancels in the mean, so that it is nearer to everybody, to strangers too, than any
    frame is. So a person is as far as the mean of two squares: of the pooled template's distance and of its frames' in
    the mean. docs/decisions/0057-strangers-approaches.md has what that keeps out.
    """
    return math.sqrt(distance**2 * (1 + agreement) / 2 + 1 - agreement)


def people_apart(probes: NDArray[np.float32], gallery: Gallery) -> NDArray[np.float32]:
    """Squared distances, one row per person, one column per row of `probes`, less each probe's own square.

    A person is as far as the mean of two squares: to the nearest of their rows and to their rows' centre. Both
    together find more people at the same rate than either: docs/decisions/0030-what-lowers-the-misses.md.
    """
    groups = gallery.groups
    products = (gallery.matrix @ probes.T)[groups.order]
    centres = groups.squares[:, None] - np.float32(2) * groups.scales[:, None] * np.add.reduceat(
        products, groups.starts
    )
    products *= np.float32(-2)
    products += gallery.squares[groups.order][:, None]
    nearest_rows = np.minimum.reduceat(products, groups.starts)
    return np.asarray((nearest_rows + centres) * np.float32(0.5), dtype=np.float32)


def _check(probe: Vector, gallery: Gallery) -> None:
    if probe.dtype != np.float32 or probe.ndim != 1:
        raise BadTemplate("a probe takes one row of float32")
    if len(gallery) and probe.shape[0] != gallery.matrix.shape[1]:
        raise BadTemplate("the probe's length differs from the gallery's")
    if not np.isfinite(probe).all() or not probe.any():
        raise BadTemplate("the probe is zero or holds NaN")


def _two_best_people(probe: Vector, gallery: Gallery) -> tuple[int, float, float]:
    """The nearest person's number, their distance, and the second-nearest person's, infinite if there is none."""
    order = people_apart(probe[None], gallery)[:, 0]
    best = int(order.argmin())
    order[best] = np.inf
    second = int(order.argmin())
    alone = not math.isfinite(order[second])
    return best, _apart(probe, gallery, best), math.inf if alone else _apart(probe, gallery, second)


def _likes_apart(probe: Vector, gallery: Gallery, person: int) -> Iterator[float]:
    """How far those are whom this person was taken for."""
    return (_apart(probe, gallery, other) for other in gallery.confusable.get(person, ()))


def _apart(probe: Vector, gallery: Gallery, person: int) -> float:
    """The distance of one person, exactly: `people_apart` rounds where a probe is nearly a row."""
    groups = gallery.groups
    after = groups.starts[person + 1] if person + 1 < len(groups.starts) else len(groups.order)
    rows = gallery.matrix[groups.order[groups.starts[person] : after]].astype(np.float64)
    centre = rows.sum(axis=0) * float(groups.scales[person])
    nearest_row = float(((rows - probe) ** 2).sum(axis=1).min())
    # A single row is its own centre, but for rounding.
    to_centre = float(((centre - probe) ** 2).sum()) if len(rows) > 1 else nearest_row
    return math.sqrt((nearest_row + to_centre) / 2)
