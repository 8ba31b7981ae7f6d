"""Several frames of one person as one approach, pooled and decided as the gate does it.

Frames of one person before one camera are near-duplicates: read the number of people, not of approaches. Clips in the
set's folder `videos` carry no names: whoever walks through them is a stranger to the gallery.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.accuracy import Json, gallery_of
from bench.clips import Passing, passing
from bench.described import Described, Faces, describe_all
from bench.openset import TEST, NoSet, Picture, SourceSet, read_openset, sources
from bench.rates import Searched, numbered, share_interval, tpir_interval
from contracts.ids import PersonId
from enrollment.confidence import Rate, upper_bound
from gate.vision.approach import Approaches, Observation, Verdict
from gate.vision.frame import Landmarks, Point, Vector
from gate.vision.gallery import Gallery
from gate.vision.impostors import threshold_in
from gate.vision.match import Threshold, people_apart
from gate.vision.onnx_eye import MODEL, OnnxEye
from gate.vision.quality import Fault
from gate.vision.track import TrackId
from kaimen.weights import weights_folder

FRAMES: Final = 5
SECONDS_APART: Final = 0.25
TARGET_FPIR: Final = 0.001
RATES: Final = ("0.01", "0.003")
SOMEWHERE: Final = Landmarks(Point(0, 0), Point(60, 0), Point(30, 35), Point(5, 65), Point(55, 65))
"""Liveness is measured elsewhere; an approach only needs landmarks to count its frames."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Frames of one person in the order they were taken, one session."""

    identity: str
    frames: tuple[Picture, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What approaches are decided on."""

    gallery: Gallery
    people: dict[PersonId, str]
    rule: Threshold
    faces: Faces


def run(data: Path, cache: Path | None = None) -> str:
    """`kaimen bench tracks`: one line of JSON. Raises NoSet where nobody has enough frames in a row."""
    pictures = read_openset(data)
    faces = describe_all(data, [each.path for each in pictures], weights_folder(), cache)
    found = _figures(pictures, faces, None)
    if not found:
        raise NoSet(data, f"nobody has {FRAMES} frames of one session")
    clips = _clips(data, pictures, faces)
    return json.dumps(
        {
            "sources": found,
            TEST: _figures(pictures, faces, TEST) or None,
            "clips": asdict(clips) if clips else None,
            "frames": FRAMES,
            "model": str(MODEL),
        }
    )


def _clips(data: Path, pictures: Sequence[Picture], faces: Faces) -> Passing | None:
    """Passers-by in the set's clips, searched in the largest source's gallery."""
    largest = max(sources(pictures), key=lambda each: len({picture.identity for picture in each.gallery}))
    gallery, _ = gallery_of(largest.gallery, faces, MODEL)
    return passing(data, OnnxEye(weights_folder()), gallery, threshold_in(TARGET_FPIR, gallery))


def _figures(pictures: Sequence[Picture], faces: Faces, split: str | None) -> Json:
    return {each.name: measure(each, faces) for each in sources(pictures, split) if walks(each.probes)}


def walks(pictures: Sequence[Picture]) -> tuple[Walk, ...]:
    """Every FRAMES frames in a row of one session: what has the same name up to the last underscore.

    None for a source with fewer frames a session in the mean: those are albums, not recordings.
    """
    sessions: dict[tuple[str, str], list[Picture]] = {}
    for each in sorted(pictures, key=lambda picture: picture.path):
        sessions.setdefault((each.identity, each.path.rpartition("_")[0]), []).append(each)
    if len(pictures) < FRAMES * len(sessions):
        return ()
    return tuple(
        Walk(identity, tuple(frames[first : first + FRAMES]))
        for (identity, _), frames in sessions.items()
        for first in range(len(frames) - FRAMES + 1)
    )


def measure(judged: SourceSet, faces: Faces) -> Json:
    """One source: pooled search at set rates, and the gate's own state machine at its own threshold."""
    gallery, people = gallery_of(judged.gallery, faces, MODEL)
    ground = Ground(gallery, people, threshold_in(TARGET_FPIR, gallery), faces)
    known, strangers = walks(judged.probes), walks(judged.strangers)
    found = _searched(ground, known, strangers)
    rates = {rate: tpir_interval(found, float(rate), 0) for rate in RATES}
    return {
        "enrolled": len(gallery),
        "approaches": len(known),
        "people": len({walk.identity for walk in known}),
        "stranger_approaches": len(strangers),
        "strangers": len({walk.identity for walk in strangers}),
        "left_out_as_strangers": len(known),
        "fnir": {rate: _missed(each) for rate, each in rates.items()},
        "fnir_interval": {
            rate: [*reversed(_flipped(each))] if each else None for rate, each in rates.items()
        },
        "chosen": _chosen(ground, known, strangers),
    }


def decide(ground: Ground, walk: Walk) -> Verdict | None:
    """What the gate makes of one approach; None where it saw nobody near."""
    approaches = Approaches(ground.gallery, ground.rule)
    track = TrackId(1)
    for number, frame in enumerate(walk.frames):
        face = ground.faces.get(frame.path)
        if face is None:
            continue
        verdict = approaches.watch(_observation(track, number * SECONDS_APART, face))
        if verdict is not None:
            return verdict
    ended = approaches.end([track], len(walk.frames) * SECONDS_APART)
    return ended[0] if ended else None


def pooled(walk: Walk, faces: Faces) -> Vector | None:
    """The approach's template: the mean of its usable frames weighted by quality, of length 1."""
    seen = [face for frame in walk.frames if (face := faces.get(frame.path)) is not None and face.usable]
    if not seen:
        return None
    total = np.sum([face.template.astype(np.float64) * face.weight for face in seen], axis=0)
    return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


def _observation(track: TrackId, at: float, face: Described) -> Observation:
    if not face.usable:
        return Observation(track, at, SOMEWHERE, faults=(Fault.BLURRED,))
    return Observation(track, at, SOMEWHERE, vector=face.template, weight=face.weight)


def _searched(ground: Ground, known: Sequence[Walk], strangers: Sequence[Walk]) -> Searched:
    """Strangers' approaches, and those of enrolled people with themselves taken out of the gallery."""
    names = [ground.people[person] for person in dict.fromkeys(ground.gallery.people)]
    first = np.full(len(known), np.inf)
    without = np.full(len(known), np.inf)
    right = np.zeros(len(known), dtype=np.bool_)
    for at, walk in enumerate(known):
        apart = _distances(ground, walk)
        if apart is None:
            continue
        first[at], right[at] = apart.min(), names[int(apart.argmin())] == walk.identity
        apart[[number for number, name in enumerate(names) if name == walk.identity]] = np.inf
        without[at] = apart.min()
    theirs = [
        apart.min() if (apart := _distances(ground, each)) is not None else np.inf for each in strangers
    ]
    identities = [walk.identity for walk in known]
    return Searched(
        probes=first,
        right=right,
        probe_people=numbered(identities),
        strangers=np.concatenate([np.array(theirs, dtype=np.float64), without]),
        stranger_people=numbered([walk.identity for walk in strangers] + identities),
    )


def _distances(ground: Ground, walk: Walk) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    probe = pooled(walk, ground.faces)
    if probe is None:
        return None
    squares = people_apart(probe[None], ground.gallery)[:, 0].astype(np.float64) + 1.0
    return np.sqrt(np.clip(squares, 0, None))


def _chosen(ground: Ground, known: Sequence[Walk], strangers: Sequence[Walk]) -> Json:
    granted = [verdict.person if (verdict := decide(ground, walk)) else None for walk in known]
    names = [ground.people[person] if person else None for person in granted]
    missed = np.array([name != walk.identity for name, walk in zip(names, known, strict=True)])
    wrong = sum(name not in (None, walk.identity) for name, walk in zip(names, known, strict=True))
    verdicts = [decide(ground, walk) for walk in strangers]
    accepted = sum(verdict is not None and verdict.person is not None for verdict in verdicts)
    fnir = share_interval(missed, numbered([walk.identity for walk in known]), 0)
    return {
        "target_fpir": TARGET_FPIR,
        "distance": round(ground.rule.distance, 5),
        "fnir": round(fnir.value, 5) if fnir else None,
        "fnir_interval": fnir.as_list() if fnir else None,
        "wrong_person": wrong,
        "accepted": accepted,
        "fpir": round(accepted / len(strangers), 5) if strangers else None,
        "fpir_upper_95": round(upper_bound(accepted, len(strangers)), 5),
    }


def _missed(rate: Rate | None) -> float | None:
    return round(1 - rate.value, 5) if rate else None


def _flipped(rate: Rate) -> list[float]:
    return [round(1 - each, 5) for each in rate.as_list()]
