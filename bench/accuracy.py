"""Whom the gate takes for whom: open-set search of single pictures, beside face_recognition on the same faces.

The baseline's numbers are dlib's ResNet run in ONNX Runtime on faces that YuNet found and aligned; they equal dlib's
to 1e-6 (tests/gate/vision) and the better detector only helps it.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.described import Described, Faces, Looked, look_at_all
from bench.openset import OPENSET, TEST, Pair, Picture, SourceSet, read_openset, read_pairs, sources
from bench.rates import (
    Searched,
    at_threshold,
    best_threshold,
    numbered,
    people_hit,
    resolved,
    rule_of_three,
    share_interval,
    tpir,
    tpir_interval,
)
from bench.tables import NoSet
from contracts.ids import ModelId, PersonId
from enrollment.confidence import upper_bound
from gate.vision.frame import Vector
from gate.vision.gallery import Gallery
from gate.vision.impostors import threshold_in
from gate.vision.match import Match, Threshold, nearest, people_apart
from gate.vision.onnx_eye import MODEL
from kaimen.weights import weights_folder

RATES: Final = ("0.01", "0.003", "0.001")
CUSTOMARY_TOLERANCE: Final = 0.6
RESNET: Final = ModelId("dlib-hog-resnet.1")
AT_ONCE: Final = 64

NOTE: Final = (
    "Single pictures; where there are several faces the central one. A picture without a face counts as not found; a "
    "file that is missing, damaged or too large counts nowhere but under unreadable. Bounds count people, not their "
    "pictures; tpir_resolved says whether there are strangers enough for the rate. "
    "Sources are searched among the largest source's people and their own; under test, probes and strangers are of "
    "that split alone, and so is a sample. The baseline is dlib's ResNet in ONNX Runtime (equal to 1e-6) on the same "
    "detected faces, nearest picture; its best tolerance is chosen on these very pictures, which favours it."
)

Json = dict[str, "Json | list[float] | float | int | str | None"]


class NoSample(Exception):
    """What was asked for is no draw."""

    def __init__(self, text: str) -> None:
        super().__init__(f"A sample is so many enrolled people and strangers, like 300x900, not {text!r}.")


@dataclass(frozen=True, slots=True)
class Sample:
    """A draw of so many enrolled people and strangers of the largest source."""

    enrolled: int
    strangers: int

    @classmethod
    def of(cls, text: str) -> "Sample":
        """From "300x900". Raises NoSample."""
        enrolled, _, strangers = text.partition("x")
        if not enrolled.isdecimal() or not strangers.isdecimal():
            raise NoSample(text)
        return cls(int(enrolled), int(strangers))


@dataclass(frozen=True, slots=True)
class Task:
    """What is measured: a folder, maybe a draw from it, and the rate that the gate is asked to keep."""

    data: Path
    sample: Sample | None = None
    seed: int = 0
    target_fpir: float = 0.001


def run(task: Task, cache: Path | None = None) -> str:
    """`kaimen bench accuracy`: one line of JSON. Raises NoSet or CacheInside."""
    pictures, pairs = read_openset(task.data), read_pairs(task.data)
    paths = [each.path for each in pictures] + [path for pair in pairs for path in (pair.first, pair.second)]
    looked = look_at_all(task.data, paths, weights_folder(), cache)
    if {each.path for each in pictures} <= looked.unreadable:
        raise NoSet(task.data, f"not one of the pictures that {OPENSET} names can be read")
    print(f"{len(looked.faces)} faces; searching", file=sys.stderr, flush=True)
    return json.dumps(figures(task, pictures, pairs, looked))


def figures(task: Task, pictures: Sequence[Picture], pairs: Sequence[Pair], looked: Looked) -> Json:
    """Every figure of a set whose pictures are described."""
    sets = sources(pictures)
    test = any(each.split == TEST for each in pictures)
    found: Json = {
        "sources": {each.name: measure(each, looked, task) for each in sets},
        TEST: {each.name: measure(each, looked, task) for each in sources(pictures, TEST)} if test else None,
        "lfw_pairs": pairs_figures(pairs, looked),
        "seed": task.seed,
        "model": str(MODEL),
        "note": NOTE,
    }
    if task.sample:
        sets = sources(pictures, TEST if test else None)
        base = max(sets, key=lambda each: len({picture.identity for picture in each.probes}))
        found["sample"] = measure(drawn(base, task.sample, task.seed), looked, task)
    return found


def drawn(full: SourceSet, sample: Sample, seed: int) -> SourceSet:
    """People drawn by seed among those with probes, and strangers."""
    random = np.random.default_rng(seed)
    people = sorted({each.identity for each in full.probes} & {each.identity for each in full.gallery})
    chosen = {people[int(at)] for at in random.permutation(len(people))[: sample.enrolled]}
    order = [int(at) for at in random.permutation(len(full.strangers))[: sample.strangers]]
    return SourceSet(
        full.name,
        tuple(each for each in full.gallery if each.identity in chosen),
        tuple(each for each in full.probes if each.identity in chosen),
        tuple(full.strangers[at] for at in sorted(order)),
    )


def measure(named: SourceSet, looked: Looked, task: Task) -> Json:
    """One source, beside the baseline."""
    judged, faces = named.without(looked.unreadable), looked.faces
    ours, people = gallery_of(judged.gallery, faces, MODEL)
    theirs, _ = gallery_of(judged.gallery, faces, RESNET)
    found, base = search(judged, ours, people, faces), search(judged, theirs, people, faces)
    rates = {rate: tpir_interval(found, float(rate), task.seed) for rate in RATES}
    return {
        **_counts(named, judged, faces),
        "rank1": round(float(found.right.mean()), 5) if len(found.right) else None,
        "tpir": {rate: _rounded(each.value if each else None) for rate, each in rates.items()},
        "tpir_interval": {rate: each.as_list() if each else None for rate, each in rates.items()},
        "tpir_resolved": {rate: resolved(found, float(rate)) for rate in RATES},
        "chosen": chosen(judged, ours, people, faces, task),
        "baseline": baseline(base),
    }


def _counts(named: SourceSet, judged: SourceSet, faces: Faces) -> Json:
    """How much there is to measure with, and what of it says nothing."""
    enrolled = {each.identity for each in judged.gallery}
    return {
        "enrolled": len(enrolled),
        "probes": len(judged.probes),
        "probe_people": len({each.identity for each in judged.probes}),
        "strangers": len(judged.strangers),
        "stranger_people": len({each.identity for each in judged.strangers}),
        "fte": round(_share(judged.gallery, faces), 5),
        "no_face": {role: _faceless(pictures, faces) for role, pictures in judged.by_role.items()},
        "unreadable": {
            role: len(pictures) - len(judged.by_role[role]) for role, pictures in named.by_role.items()
        },
        "left_out": {"probe": named.probes_left_out, "stranger": named.strangers_left_out},
        "not_enrolled": sum(each.identity not in enrolled for each in judged.probes),
    }


def gallery_of(
    pictures: Sequence[Picture], faces: Faces, model: ModelId
) -> tuple[Gallery, dict[PersonId, str]]:
    """The gallery as a gate would hold it, and who is behind its ids."""
    enrolled = [each for each in pictures if each.path in faces]
    if not enrolled:
        return Gallery.empty(model), {}
    ids = {identity: PersonId(f"p{number}") for number, identity in enumerate(_identities(enrolled))}
    rows = np.stack([_enrolled(faces[each.path], model) for each in enrolled])
    gallery = Gallery.of(model, [ids[each.identity] for each in enrolled], rows)
    return gallery, {person: identity for identity, person in ids.items()}


def search(judged: SourceSet, gallery: Gallery, people: dict[PersonId, str], faces: Faces) -> Searched:
    """The nearest person to every probe and stranger; the baseline compares with the nearest picture, as it does."""
    first, best = _nearest_people(judged.probes, gallery, faces)
    names = [
        people[gallery.people[gallery.groups.order[gallery.groups.starts[each]]]] if each >= 0 else None
        for each in best
    ]
    right = [name == each.identity for name, each in zip(names, judged.probes, strict=True)]
    strangers, _ = _nearest_people(judged.strangers, gallery, faces)
    return Searched(
        probes=first,
        right=np.array(right, dtype=np.bool_),
        probe_people=numbered([each.identity for each in judged.probes]),
        strangers=strangers,
        stranger_people=numbered([each.identity for each in judged.strangers]),
    )


def chosen(
    judged: SourceSet, gallery: Gallery, people: dict[PersonId, str], faces: Faces, task: Task
) -> Json:
    """What the gate itself would have set, and what it then would have done with each picture."""
    rule = threshold_in(task.target_fpir, gallery)
    given = [_granted(each, gallery, people, rule, faces) for each in judged.probes]
    missed = np.array([name != each.identity for name, each in zip(given, judged.probes, strict=True)])
    wrong = sum(name not in (None, each.identity) for name, each in zip(given, judged.probes, strict=True))
    accepted = np.array(
        [_granted(each, gallery, people, rule, faces) is not None for each in judged.strangers],
        dtype=np.bool_,
    )
    strangers = numbered([each.identity for each in judged.strangers])
    fnir = share_interval(missed, numbered([each.identity for each in judged.probes]), task.seed)
    fpir = share_interval(accepted, strangers, task.seed)
    let_in, seen = people_hit(accepted, strangers)
    return {
        "target_fpir": task.target_fpir,
        "distance": round(rule.distance, 5),
        "margin": round(rule.margin, 5),
        "fpir": _rounded(fpir.value if fpir else None),
        "fnir": _rounded(fnir.value if fnir else None),
        "accepted": int(accepted.sum()),
        "accepted_people": let_in,
        "wrong_person": wrong,
        "fpir_interval": fpir.as_list() if fpir else None,
        "fpir_upper_95": round(upper_bound(let_in, seen), 5),
        "rule_of_three": round(rule_of_three(seen), 5) if not let_in else None,
        "fnir_interval": fnir.as_list() if fnir else None,
        **_usable_alone(judged, missed, faces),
    }


def _usable_alone(judged: SourceSet, missed: NDArray[np.bool_], faces: Faces) -> Json:
    """A gate asks for a better look where a face is too turned, too bright or blurred: FNIR of the rest."""
    usable = np.array([(face := faces.get(each.path)) is not None and face.usable for each in judged.probes])
    if not usable.any():
        return {"usable": 0.0, "fnir_usable": None}
    return {"usable": round(float(usable.mean()), 5), "fnir_usable": round(float(missed[usable].mean()), 5)}


def baseline(found: Searched) -> Json:
    """face_recognition at its customary tolerance, and at the best one for these pictures."""
    fpir, fnir = at_threshold(found, CUSTOMARY_TOLERANCE)
    both = len(found.probes) and len(found.strangers)
    distance, best_fpir, best_fnir = best_threshold(found) if both else (None, None, None)
    return {
        "tolerance": CUSTOMARY_TOLERANCE,
        "fpir": _rounded(fpir if len(found.strangers) else None),
        "fnir": _rounded(fnir if len(found.probes) else None),
        "rank1": round(float(found.right.mean()), 5) if len(found.right) else None,
        "best": {
            "tolerance": _rounded(distance),
            "fpir": _rounded(best_fpir),
            "fnir": _rounded(best_fnir),
        },
        "tpir": {rate: _rounded(tpir(found, float(rate))) for rate in RATES},
    }


def pairs_figures(named: Sequence[Pair], looked: Looked) -> Json | None:
    """LFW's protocol: the threshold of nine folds judges the tenth. A pair without both faces counts as different.

    None where no pair has two files that can be read.
    """
    faces = looked.faces
    pairs = [each for each in named if not {each.first, each.second} & looked.unreadable]
    if not pairs:
        return None
    same = np.array([pair.same for pair in pairs])
    folds = np.array([pair.fold for pair in pairs])
    ours = [_pair_hits(_apart(pairs, faces, model), same, folds) for model in (MODEL, RESNET)]
    rate = share_interval(ours[0], np.arange(len(pairs), dtype=np.intp), 0)
    return {
        "accuracy": round(float(ours[0].mean()), 5),
        "n": len(pairs),
        "interval": rate.as_list() if rate else None,
        "unreadable": len(named) - len(pairs),
        "fte": sum(not {pair.first, pair.second} <= faces.keys() for pair in pairs),
        "baseline_accuracy": round(float(ours[1].mean()), 5),
        "baseline_accuracy_at_0.6": round(
            float(((_apart(pairs, faces, RESNET) <= CUSTOMARY_TOLERANCE) == same).mean()), 5
        ),
    }


def _pair_hits(
    apart: NDArray[np.float64], same: NDArray[np.bool_], folds: NDArray[np.intp]
) -> NDArray[np.bool_]:
    hits = np.zeros(len(same), dtype=np.bool_)
    for fold in np.unique(folds):
        train = folds != fold
        seen = np.unique(apart[train & np.isfinite(apart)])
        between = (seen[:-1] + seen[1:]) / 2
        scores = [float(((apart[train] <= each) == same[train]).mean()) for each in between]
        limit = between[int(np.argmax(scores))] if scores else 0.0
        hits[~train] = (apart[~train] <= limit) == same[~train]
    return hits


def _apart(pairs: Sequence[Pair], faces: Faces, model: ModelId) -> NDArray[np.float64]:
    def one(pair: Pair) -> float:
        first, second = faces.get(pair.first), faces.get(pair.second)
        if first is None or second is None:
            return float("inf")
        return float(np.linalg.norm(_row(first, model) - _row(second, model)))

    return np.array([one(pair) for pair in pairs])


def _nearest_people(
    pictures: Sequence[Picture], gallery: Gallery, faces: Faces
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Distance and number of the nearest person; infinite and -1 without a face or a gallery."""
    first = np.full(len(pictures), np.inf)
    best = np.full(len(pictures), -1, dtype=np.intp)
    seen = [at for at, each in enumerate(pictures) if each.path in faces] if len(gallery) else []
    for begin in range(0, len(seen), AT_ONCE):
        part = seen[begin : begin + AT_ONCE]
        rows = np.stack([_row(faces[pictures[at].path], gallery.model) for at in part])
        squares = _squares(rows, gallery) + np.einsum("ij,ij->i", rows, rows)
        best[part] = squares.argmin(axis=0)
        first[part] = np.sqrt(np.clip(squares.min(axis=0), 0, None))
    return first, best


def _squares(rows: NDArray[np.float32], gallery: Gallery) -> NDArray[np.float32]:
    if gallery.model == MODEL:
        return people_apart(rows, gallery)
    products = gallery.squares[:, None] - np.float32(2) * (gallery.matrix @ rows.T)
    return np.minimum.reduceat(products[gallery.groups.order], gallery.groups.starts)


def _granted(
    picture: Picture, gallery: Gallery, people: dict[PersonId, str], rule: Threshold, faces: Faces
) -> str | None:
    """Whom the gate would have let in."""
    face = faces.get(picture.path)
    if face is None:
        return None
    answer = nearest(face.template, gallery, rule)
    return people[answer.person] if isinstance(answer, Match) else None


def _row(face: Described, model: ModelId) -> Vector:
    return face.template if model == MODEL else face.resnet


def _enrolled(face: Described, model: ModelId) -> Vector:
    return face.enrolled if model == MODEL else face.resnet


def _identities(pictures: Sequence[Picture]) -> list[str]:
    return list(dict.fromkeys(each.identity for each in pictures))


def _faceless(pictures: Sequence[Picture], faces: Faces) -> int:
    return sum(each.path not in faces for each in pictures)


def _share(pictures: Sequence[Picture], faces: Faces) -> float:
    """Of pictures in which no face was found."""
    return _faceless(pictures, faces) / len(pictures) if pictures else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
