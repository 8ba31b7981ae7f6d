"""What an approach tells of life: the networks' word where they are installed, else the face's depth. Pure.

A head that turns moves its nose against the plane of eyes and mouth; a flat picture, however tilted or carried,
does not. Limits: a person who never turns shows no depth, so nothing is measured; a film on a screen shows the
depth of the head that was filmed; a bent print or a mask shows its own. The networks know prints and screens and
nothing else. Where a face has to be shown alive without networks, a blink is asked for too (`signs.py`).
All of this is evidence, never proof, and is not certified against ISO/IEC 30107-3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gate.vision.frame import Landmarks

FEWEST_LOOKS: Final = 8
# Below, the detector's own tremble of two or three pixels looks like depth.
SMALLEST_INTER_EYE: Final = 30
# In inter-eye distances, measured on tilted pictures and on turning heads:
# docs/decisions/0013-depth-as-evidence-of-life.md.
DEPTH: Final = 0.2
FLATNESS: Final = 0.08
TURN: Final = 0.18

# From here on the networks' mean over an approach counts as alive. Half way between the likeliest print and the
# least likely living person of the people it was chosen on: docs/decisions/0032-signs-of-life.md.
LIVE: Final = 0.3
# So many frames are averaged before somebody is let in: one frame of a good print is wrong more often.
FRAMES_OF_LIFE: Final = 5

NOSE: Final = 2
PLANE: Final = (0, 1, 3, 4)


@dataclass(frozen=True, slots=True)
class Deep:
    """The nose moved against the face's plane as on a solid head."""

    parallax: float


@dataclass(frozen=True, slots=True)
class Flat:
    """The face changed its outline as if turned, and the nose went along as on a picture."""

    parallax: float


@dataclass(frozen=True, slots=True)
class LooksAlive:
    """The networks' mean probability of a living face over the approach, at least LIVE."""

    probability: float


@dataclass(frozen=True, slots=True)
class LooksCopied:
    """The same, below LIVE: a print or a screen."""

    probability: float


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Nothing tells; `why` is a code."""

    why: str


Liveness: TypeAlias = Deep | Flat | LooksAlive | LooksCopied | NotMeasured


def judge(track: Sequence[Landmarks], looks: Sequence[float]) -> Liveness:
    """The networks' word where they looked at this approach, else what the landmarks tell.

    `looks` are probabilities, one per described frame. One that is no number spoils the mean: a network that
    fails is no evidence, and depth does not stand in for it.
    """
    if not looks:
        return measure(track)
    mean = sum(looks) / len(looks)
    if not math.isfinite(mean):
        return NotMeasured("model_failed")
    return LooksAlive(mean) if mean >= LIVE else LooksCopied(mean)


def measure(track: Sequence[Landmarks]) -> Liveness:
    """Judges one track's landmarks, in the order they were seen."""
    large = [points.matrix() for points in track if points.inter_eye >= SMALLEST_INTER_EYE]
    if len(large) < FEWEST_LOOKS:
        return NotMeasured("too_few_looks")
    faces = np.stack(large)
    spans = np.linalg.norm(faces[:, 1] - faces[:, 0], axis=1)
    faces = (faces - faces[:, PLANE].mean(axis=1, keepdims=True)) / spans[:, None, None]
    parallax, turn = _moved_against_plane(faces), _changed_outline(faces)
    if parallax >= DEPTH:
        return Deep(parallax)
    flat = turn >= TURN and parallax <= FLATNESS
    return Flat(parallax) if flat else NotMeasured("no_turn_seen")


def _moved_against_plane(faces: NDArray[np.float64]) -> float:
    """How far the nose leaves the place where a flat picture would carry it: 9 looks of 10 are below."""
    reference = np.median(faces, axis=0)
    frame = np.column_stack([reference[list(PLANE)], np.ones(len(PLANE))])
    inverse = np.asarray(np.linalg.pinv(frame), dtype=np.float64)
    carried = np.append(reference[NOSE], 1.0) @ (inverse @ faces[:, PLANE])
    return float(np.quantile(np.linalg.norm(faces[:, NOSE] - carried, axis=1), 0.9))


def _changed_outline(faces: NDArray[np.float64]) -> float:
    """How much the height of the face changed against its width: a sign of turning, on a picture as on a head."""
    heights = np.linalg.norm(faces[:, (3, 4)].mean(axis=1) - faces[:, (0, 1)].mean(axis=1), axis=1)
    low, middle, high = (float(value) for value in np.quantile(heights, (0.1, 0.5, 0.9)))
    return (high - low) / middle if middle else 0.0
