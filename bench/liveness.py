"""How well the gate tells living people from prints and replays, single frames and approaches of five; where no
networks are installed, whole tracks by a turn of the head and a blink.

APCER is the share of attacks taken for alive, BPCER the share of living people taken for copies (ISO/IEC 30107-3);
this is a measurement on one set of pictures, not a certificate. Frames of one person are near-duplicates, and an
approach may join frames of several sessions of a person: read the number of people.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.presented import Looked, Sight, look, prints
from bench.signs import BY, alive, tried
from bench.spoof import ATTACKS, FRAMES, Presentation, in_fives, read_spoof, second_half
from bench.spoof import LIVE as ALIVE
from bench.tables import NoSet
from bench.tricks import RATE
from enrollment.confidence import Rate
from gate.vision.antispoof import Antispoof, MiniFasNets
from gate.vision.antispoof_files import MANIFEST, SLOTS, Slot, checked
from gate.vision.blink import Eyes
from gate.vision.errors import VisionError
from gate.vision.lids import Lids
from gate.vision.liveness import LIVE, Deep, LooksAlive, judge
from gate.vision.onnx_eye import OnnxEye
from gate.vision.weights import sum_of
from kaimen.models import KNOWN, antispoof_folder
from kaimen.weights import weights_folder

Json = dict[str, Any]

Z: Final = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


class CannotMeasure(Exception):
    """The pictures or the networks are absent; the message says which, each on a line."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One frame or one approach: what it was, who was shown, the mean probability, how the gate judges it."""

    label: str
    identity: str
    probability: float
    alive: bool

    @classmethod
    def of(cls, frames: Sequence[Looked]) -> "Judged":
        """By the gate's own rule."""
        first, looks = frames[0].shown, [frame.probability for frame in frames]
        return cls(
            first.label, first.identity, sum(looks) / len(looks), isinstance(judge([], looks), LooksAlive)
        )


def run(data: Path, models: Path | None = None) -> str:
    """`kaimen bench liveness`: a table on stderr, one line of JSON as result.

    Without `models` the installed networks are judged, or, where there are none, what a gate does without. Raises
    CannotMeasure.
    """
    presentations, networks = _ready(data, models)
    sight = Sight(OnnxEye(weights_folder()), Lids.load(weights_folder()), networks)
    looked = [found for each in presentations if (found := look(data, each, sight)) is not None]
    if not looked:
        raise CannotMeasure(f"{data}: no picture shows a face that a gate would describe.")
    others = second_half(presentations)
    figures = {
        **(report(looked, others) if networks else report_of_signs(looked)),
        "without_networks": {
            **by_signs(looked),
            "tricks": tried(prints(data, looked, sight), sight),
        },
        "not_judged": _counted([each.label for each in presentations], [each.shown.label for each in looked]),
    }
    print(as_text(figures), file=sys.stderr)
    return json.dumps(figures)


def report(looked: Sequence[Looked], others: Set[str]) -> Json:
    """All figures of the networks; `others` are the people the threshold was not chosen on."""
    return {
        "by": "networks",
        "threshold": LIVE,
        **_figures(looked),
        "other_half": _figures([each for each in looked if each.shown.identity in others]),
        "middle_of_first_half": _middle([each for each in looked if each.shown.identity not in others]),
        "replays": _cases(looked, "replay"),
        "baseline": {"by": "depth of the track, without networks", **track_evidence(looked)},
    }


def report_of_signs(looked: Sequence[Looked]) -> Json:
    """The same where no network judges: single frames tell nothing, a track is all frames of one person."""
    signs = by_signs(looked)
    return {
        **signs,
        "auc": None,
        "pooled": {"frames": None, **signs, "auc": None},
        "baseline": {"by": "depth of the track alone", **track_evidence(looked)},
    }


def by_signs(looked: Sequence[Looked]) -> Json:
    """What a turn of the head and a blink tell of all frames of one person as one track.

    Nobody in a folder of pictures was asked to turn or to blink, so most living people fail here.
    """
    judged = [
        Judged(
            frames[0].shown.label,
            frames[0].shown.identity,
            math.nan,
            alive([(frame.landmarks, _at(frame.eyes, number)) for number, frame in enumerate(frames)]),
        )
        for frames in _of_each_person(looked)
    ]
    return {"by": BY, **_rates(judged)}


def approaches(looked: Sequence[Looked]) -> list[Judged]:
    """Five frames of one kind and one person each, in the order they were taken."""
    return [Judged.of(five) for frames in _of_each_person(looked) for five in in_fives(frames)]


def track_evidence(looked: Sequence[Looked]) -> Json:
    """What depth alone tells of all frames of one person as one track: alive is only who shows depth."""
    judged = [
        Judged(frames[0].shown.label, frames[0].shown.identity, math.nan, _has_depth(frames))
        for frames in _of_each_person(looked)
    ]
    return _rates(judged)


def auc(judged: Sequence[Judged]) -> float | None:
    """The chance that a living person is likelier alive than an attack; None without both."""
    live = np.array([each.probability for each in judged if each.label == ALIVE])
    attacks = np.array([each.probability for each in judged if each.label != ALIVE])
    if not len(live) or not len(attacks):
        return None
    above = (live[:, None] > attacks).mean() + (live[:, None] == attacks).mean() / 2
    return round(float(above), 5)


def wilson(hits: int, tries: int) -> Rate | None:
    """A share with Wilson's interval of 95 % confidence; None of nothing."""
    if not tries:
        return None
    share, more = hits / tries, Z**2 / tries
    middle = (share + more / 2) / (1 + more)
    reach = Z * math.sqrt(share * (1 - share) / tries + more / tries / 4) / (1 + more)
    return Rate(share, max(0.0, middle - reach), min(1.0, middle + reach))


def networks_in(folder: Path) -> Mapping[Slot, Path]:
    """The installed networks of a folder, or, where it has no manifest, those of its files that are known.

    Raises CannotMeasure and what reading installed ones raises.
    """
    if (folder / MANIFEST).is_file():
        return checked(folder)
    files = {KNOWN[found]: file for file in folder.glob("*.onnx") if (found := sum_of(file)) in KNOWN}
    if absent := [slot.name for slot in SLOTS if slot not in files]:
        raise CannotMeasure(
            f"{folder} holds no models {' and '.join(absent)}. Install them with `kaimen models add`, or name "
            "their folder with --models."
        )
    return files


def as_text(figures: Json) -> str:
    """The figures as a table for people."""
    lines = [f"{'':24}{'share':>8}  {'95 % interval':17}{'of':>5}{'people':>8}"]
    for title, part in _parts(figures):
        lines.append(title)
        lines += [_line(f"  APCER {kind}", part["apcer"][kind], part["of"][kind]) for kind in ATTACKS]
        lines.append(_line("  BPCER", part["bpcer"], part["of"][ALIVE]))
    for case in figures.get("replays", []):
        lines.append(f"replay {case['path']}: {case['probability']}, taken for alive: {case['alive']}")
    lines.append("prints held up and tilted, without networks (simulated)")
    for trick, told in figures["without_networks"]["tricks"].items():
        lines.append(
            f"  {trick:22}{told['recognised']:>5} recognised, {told['depth']} deep, {told['blink']} blinked, "
            f"{told['let_in']} let in"
        )
    lines.append("not a certificate")
    return "\n".join(lines)


def _parts(figures: Json) -> list[tuple[str, Json]]:
    without = (BY, figures["without_networks"])
    if "threshold" not in figures:
        return [without, ("baseline: depth", figures["baseline"])]
    return [
        (f"networks, threshold {figures['threshold']}: single frames", figures),
        (f"approaches of {FRAMES}", figures["pooled"]),
        ("people not tuned on", figures["other_half"]["pooled"]),
        ("baseline: depth", figures["baseline"]),
        without,
    ]


def _at(eyes: Eyes | None, number: int) -> Eyes | None:
    return replace(eyes, at=number / RATE) if eyes else None


def _ready(data: Path, models: Path | None) -> tuple[tuple[Presentation, ...], Antispoof | None]:
    """Says everything that is absent at once. No networks where none were named and none are installed."""
    absent: list[str] = []
    presentations: tuple[Presentation, ...] = ()
    files: Mapping[Slot, Path] = {}
    try:
        presentations = read_spoof(data)
    except NoSet as wrong:
        absent.append(str(wrong))
    try:
        installed = models or (antispoof_folder() if (antispoof_folder() / MANIFEST).is_file() else None)
        files = networks_in(installed) if installed else {}
    except (CannotMeasure, VisionError) as wrong:
        absent.append(str(wrong))
    if absent:
        raise CannotMeasure("\n".join(absent))
    return presentations, MiniFasNets.load(files) if files else None


def _figures(looked: Sequence[Looked]) -> Json:
    frames, five = [Judged.of([each]) for each in looked], approaches(looked)
    return {
        **_rates(frames),
        "auc": auc(frames),
        "pooled": {"frames": FRAMES, **_rates(five), "auc": auc(five)},
    }


def _rates(judged: Sequence[Judged]) -> Json:
    """APCER a kind of attack and BPCER, with how many presentations and people they are of."""
    kinds = {kind: [each for each in judged if each.label == kind] for kind in (*ATTACKS, ALIVE)}
    attacks = {kind: wilson(sum(each.alive for each in kinds[kind]), len(kinds[kind])) for kind in ATTACKS}
    live = wilson(sum(not each.alive for each in kinds[ALIVE]), len(kinds[ALIVE]))
    return {
        "apcer": {kind: _value(rate) for kind, rate in attacks.items()},
        "bpcer": _value(live),
        "of": {
            kind: _of(shown, rate)
            for (kind, shown), rate in zip(kinds.items(), (*attacks.values(), live), strict=True)
        },
    }


def _of(shown: Sequence[Judged], rate: Rate | None) -> Json:
    wrong = [each for each in shown if each.alive != (each.label == ALIVE)]
    return {
        "presentations": len(shown),
        "wrong": len(wrong),
        "interval": rate.as_list() if rate else None,
        "people": len({each.identity for each in shown if each.identity}),
        "people_wrong": len({each.identity for each in wrong if each.identity}),
    }


def _of_each_person(looked: Sequence[Looked]) -> list[list[Looked]]:
    people: dict[tuple[str, str], list[Looked]] = {}
    for each in looked:
        if each.shown.identity:
            people.setdefault((each.shown.label, each.shown.identity), []).append(each)
    return list(people.values())


def _has_depth(frames: Sequence[Looked]) -> bool:
    return isinstance(judge([each.landmarks for each in frames], []), Deep)


def _middle(looked: Sequence[Looked]) -> float | None:
    """Half way between the likeliest attack and the least likely living person; where the threshold comes from."""
    judged = approaches(looked)
    live = [each.probability for each in judged if each.label == ALIVE]
    attacks = [each.probability for each in judged if each.label != ALIVE]
    return round((min(live) + max(attacks)) / 2, 4) if live and attacks else None


def _cases(looked: Sequence[Looked], label: str) -> list[Json]:
    return [
        {"path": each.shown.path, "probability": round(each.probability, 4), "alive": Judged.of([each]).alive}
        for each in looked
        if each.shown.label == label
    ]


def _counted(all_labels: Sequence[str], judged: Sequence[str]) -> dict[str, int]:
    return {label: all_labels.count(label) - judged.count(label) for label in (ALIVE, *ATTACKS)}


def _value(rate: Rate | None) -> float | None:
    return round(rate.value, 5) if rate else None


def _line(title: str, value: float | None, of: Json) -> str:
    if value is None:
        return f"{title:24}{'none':>8}"
    low, high = of["interval"]
    interval = f"{low:.2%} to {high:.2%}"
    return f"{title:24}{value:>8.2%}  {interval:17}{of['presentations']:>5}{of['people']:>8}"
