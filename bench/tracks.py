"""Several frames of one person as one approach, pooled and decided as the gate does it; beside it the first usable
frame alone, and face_recognition on every frame of the same approaches.

Clips in the set's folder `videos` carry no names: whoever walks through them is a stranger to the gallery.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.accuracy import RESNET, Json, baseline, gallery_of
from bench.clips import FOLDER, Passing, passing
from bench.described import Described, Faces, Looked, look_at_all
from bench.openset import TEST, Picture, SourceSet, read_openset, sources
from bench.rates import Searched, numbered, people_hit, share_interval, tpir_interval
from bench.tables import NoSet
from bench.walks import FRAMES, Distances, Walk, any_frame, pooled, single_frame, walks
from contracts.ids import PersonId
from enrollment.confidence import Rate, upper_bound
from gate.vision.approach import Approaches, Observation, Verdict
from gate.vision.frame import Landmarks, Point
from gate.vision.gallery import Gallery
from gate.vision.impostors import threshold_in
from gate.vision.match import Threshold
from gate.vision.onnx_eye import MODEL, OnnxEye
from gate.vision.quality import Fault
from gate.vision.track import TrackId
from kaimen.weights import weights_folder

SECONDS_APART: Final = 0.25
TARGET_FPIR: Final = 0.001
RATES: Final = ("0.01", "0.003")
SOMEWHERE: Final = Landmarks(Point(0, 0), Point(60, 0), Point(30, 35), Point(5, 65), Point(55, 65))
"""Liveness is measured elsewhere; an approach only needs landmarks to count its frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What approaches are decided on."""

    gallery: Gallery
    people: dict[PersonId, str]
    rule: Threshold
    faces: Faces

    @property
    def names(self) -> list[str]:
        """Who is behind each person, in the gallery's order."""
        return [self.people[person] for person in dict.fromkeys(self.gallery.people)]


@dataclass(frozen=True, slots=True)
class Walked:
    """The approaches of one source."""

    known: tuple[Walk, ...]
    strangers: tuple[Walk, ...]


def run(data: Path, cache: Path | None = None) -> str:
    """`kaimen bench tracks`: one line of JSON. Raises NoSet or CacheInside."""
    pictures = read_openset(data)
    looked = look_at_all(data, [each.path for each in pictures], weights_folder(), cache)
    return json.dumps(figures(data, pictures, looked))


def figures(data: Path, pictures: Sequence[Picture], looked: Looked) -> Json:
    """Every figure of a set whose pictures are described. Raises NoSet where there is neither a clip nor anybody
    with enough frames in a row."""
    seen = [each for each in pictures if each.path not in looked.unreadable]
    found = _of_sources(seen, looked.faces, None)
    clips = _clips(data, seen, looked.faces) if seen else None
    if not found and clips is None:
        raise NoSet(data, f"nobody has {FRAMES} frames of one session, and there is no clip in {FOLDER}/")
    return {
        "sources": found,
        TEST: _of_sources(seen, looked.faces, TEST) or None,
        "clips": asdict(clips) if clips else None,
        "unreadable": len(pictures) - len(seen),
        "frames": FRAMES,
        "model": str(MODEL),
    }


def _clips(data: Path, pictures: Sequence[Picture], faces: Faces) -> Passing | None:
    """Passers-by in the set's clips, searched in the largest source's gallery."""
    largest = max(sources(pictures), key=lambda each: len({picture.identity for picture in each.gallery}))
    gallery, _ = gallery_of(largest.gallery, faces, MODEL)
    return passing(data, OnnxEye(weights_folder()), gallery, threshold_in(TARGET_FPIR, gallery))


def _of_sources(pictures: Sequence[Picture], faces: Faces, split: str | None) -> Json:
    return {each.name: measure(each, faces) for each in sources(pictures, split) if walks(each.probes)}


def measure(judged: SourceSet, faces: Faces) -> Json:
    """One source: pooled search at set rates, the gate's own state machine at its own threshold, and the baselines."""
    gallery, people = gallery_of(judged.gallery, faces, MODEL)
    ground = Ground(gallery, people, threshold_in(TARGET_FPIR, gallery), faces)
    walked = Walked(walks(judged.probes), walks(judged.strangers))
    return {
        "enrolled": len(gallery),
        "approaches": len(walked.known),
        "people": len({walk.identity for walk in walked.known}),
        "stranger_approaches": len(walked.strangers),
        "strangers": len({walk.identity for walk in walked.strangers}),
        "left_out_as_strangers": len(walked.known),
        **_at_rates(searched(ground.names, walked, lambda walk: pooled(walk, faces, gallery))),
        "chosen": _chosen(ground, walked),
        "baseline": _baselines(judged, ground, walked),
    }


def _baselines(judged: SourceSet, ground: Ground, walked: Walked) -> Json:
    """The same approaches by one frame of ours, and by face_recognition, which opens for any frame near enough."""
    faces, gallery = ground.faces, ground.gallery
    theirs, _ = gallery_of(judged.gallery, faces, RESNET)
    alone = searched(ground.names, walked, lambda walk: single_frame(walk, faces, gallery))
    any_of_them = searched(ground.names, walked, lambda walk: any_frame(walk, faces, theirs))
    return {"single_frame": _at_rates(alone), "face_recognition": baseline(any_of_them)}


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


def _observation(track: TrackId, at: float, face: Described) -> Observation:
    if not face.usable:
        return Observation(track, at, SOMEWHERE, faults=(Fault.BLURRED,))
    return Observation(track, at, SOMEWHERE, vector=face.template, weight=face.weight)


def searched(names: Sequence[str], walked: Walked, apart_of: Callable[[Walk], Distances | None]) -> Searched:
    """Strangers' approaches, and those of enrolled people with themselves taken out of the gallery.

    `apart_of` gives an approach's distance to each of `names`, and is not asked where there are none.
    """
    apart_of = apart_of if names else lambda _: None
    first = np.full(len(walked.known), np.inf)
    without = np.full(len(walked.known), np.inf)
    right = np.zeros(len(walked.known), dtype=np.bool_)
    for at, walk in enumerate(walked.known):
        apart = apart_of(walk)
        if apart is None:
            continue
        first[at], right[at] = apart.min(), names[int(apart.argmin())] == walk.identity
        apart[[number for number, name in enumerate(names) if name == walk.identity]] = np.inf
        without[at] = apart.min()
    theirs = [apart.min() if (apart := apart_of(each)) is not None else np.inf for each in walked.strangers]
    identities = [walk.identity for walk in walked.known]
    return Searched(
        probes=first,
        right=right,
        probe_people=numbered(identities),
        strangers=np.concatenate([np.array(theirs, dtype=np.float64), without]),
        stranger_people=numbered([walk.identity for walk in walked.strangers] + identities),
    )


def _at_rates(found: Searched) -> Json:
    rates = {rate: tpir_interval(found, float(rate), 0) for rate in RATES}
    return {
        "fnir": {rate: _missed(each) for rate, each in rates.items()},
        "fnir_interval": {
            rate: [*reversed(_flipped(each))] if each else None for rate, each in rates.items()
        },
    }


def _chosen(ground: Ground, walked: Walked) -> Json:
    """What the gate makes of every approach. The bound on strangers counts people: their approaches are alike."""
    granted = [verdict.person if (verdict := decide(ground, walk)) else None for walk in walked.known]
    names = [ground.people[person] if person else None for person in granted]
    missed = np.array([name != walk.identity for name, walk in zip(names, walked.known, strict=True)])
    wrong = sum(name not in (None, walk.identity) for name, walk in zip(names, walked.known, strict=True))
    verdicts = [decide(ground, walk) for walk in walked.strangers]
    accepted = np.array(
        [verdict is not None and verdict.person is not None for verdict in verdicts], np.bool_
    )
    let_in, seen = people_hit(accepted, numbered([walk.identity for walk in walked.strangers]))
    fnir = share_interval(missed, numbered([walk.identity for walk in walked.known]), 0)
    return {
        "target_fpir": TARGET_FPIR,
        "distance": round(ground.rule.distance, 5),
        "fnir": round(fnir.value, 5) if fnir else None,
        "fnir_interval": fnir.as_list() if fnir else None,
        "wrong_person": wrong,
        "accepted": int(accepted.sum()),
        "fpir": round(float(accepted.mean()), 5) if verdicts else None,
        "fpir_upper_95": round(upper_bound(let_in, seen), 5),
    }


def _missed(rate: Rate | None) -> float | None:
    return round(1 - rate.value, 5) if rate else None


def _flipped(rate: Rate) -> list[float]:
    return [round(1 - each, 5) for each in rate.as_list()]
