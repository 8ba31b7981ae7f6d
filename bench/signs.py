"""What a gate without anti-spoof networks takes for alive: a turn of the head and a blink, together.

Real pictures of one person, one after the other, are one track; nobody in them was asked to turn or to blink. What
somebody who wants to get in would do with a print is simulated (`tricks.py`) and goes through the gate's own watcher.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.presented import Print, Sight
from bench.tricks import FRAMES, RATE, Trick, film
from contracts.ids import PersonId
from enrollment.confidence import upper_bound
from gate.vision.approach import Verdict
from gate.vision.blink import Eyelids, Eyes, blinked
from gate.vision.eye import Eye
from gate.vision.frame import Frame, Landmarks
from gate.vision.gallery import Gallery, Template
from gate.vision.liveness import Deep, NotMeasured
from gate.vision.match import threshold_for
from gate.vision.signs import Signs
from gate.vision.watch import Watcher

Json = dict[str, Any]

BY: Final = "a turn of the head and a blink, both, without networks"
SHOWN: Final = PersonId("shown")
TARGET_FPIR: Final = 0.001


@dataclass(frozen=True, slots=True)
class Came:
    """What a gate saw in one film: whose face, each sign, and whether it would open."""

    recognised: bool
    deep: bool
    blinked: bool
    let_in: bool


def alive(track: Sequence[tuple[Landmarks, Eyes | None]]) -> bool:
    """Whether frames of one person, as one track, show both signs."""
    signs = Signs()
    for number, (landmarks, eyes) in enumerate(track):
        signs.look(landmarks, eyes)
        signs.same_person(number / RATE)
    return signs.alive


def tried(prints: Sequence[Print], sight: Sight, tricks: Sequence[Trick] = tuple(Trick)) -> Json:
    """Every trick with every print: how many of them show depth, blink, and are let in."""
    return {trick.value: _summary([_held_up(each, trick, sight) for each in prints]) for trick in tricks}


@dataclass(slots=True)
class _Noting:
    """The lids, with everything they saw."""

    lids: Eyelids
    seen: list[Eyes] = field(default_factory=list[Eyes])

    def eyes(self, frame: Frame, landmarks: Landmarks) -> Eyes | None:
        eyes = self.lids.eyes(frame, landmarks)
        self.seen += [eyes] if eyes else []
        return eyes


def _held_up(picture: Print, trick: Trick, sight: Sight) -> Came:
    """Before a gate that knows the person by this very picture: it is recognised at once."""
    eye, noting = sight.eye, _Noting(sight.lids)
    watcher, gallery = Watcher(eye, lids=noting), _gallery(picture, eye)
    rule, verdicts, asked = threshold_for(TARGET_FPIR, 1, eye.model), list[Verdict](), False
    for frame in film(picture.frame, picture.face, trick, seed=len(trick.value)):
        seen = watcher.look(frame, gallery, rule)
        asked = asked or any(face.asked_for_signs for face in seen.faces)
        verdicts += seen.verdicts
    verdicts += watcher.finish(FRAMES / RATE)
    let_in = any(verdict.person and isinstance(verdict.liveness, Deep) for verdict in verdicts)
    deep = let_in or any(verdict.liveness == NotMeasured("no_blink_seen") for verdict in verdicts)
    return Came(asked, deep, blinked(noting.seen), let_in)


def _gallery(picture: Print, eye: Eye) -> Gallery:
    vector = eye.describe(picture.frame, picture.face)
    return Gallery.from_templates(eye.model, [Template(SHOWN, eye.model, vector)])


def _summary(came: Sequence[Came]) -> Json:
    known = [each for each in came if each.recognised]
    let_in = sum(each.let_in for each in known)
    return {
        "films": len(came),
        "recognised": len(known),
        "depth": sum(each.deep for each in known),
        "blink": sum(each.blinked for each in known),
        "let_in": let_in,
        "let_in_upper_95": round(upper_bound(let_in, len(known)), 5) if known else None,
    }
