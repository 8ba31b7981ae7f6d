"""Pictures of people and of prints as a gate sees them: one central face each, usable or left out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.described import central_face
from bench.pictures import read_picture
from bench.spoof import Presentation
from gate.vision.antispoof import Antispoof
from gate.vision.blink import Eyelids, Eyes
from gate.vision.eye import Eye
from gate.vision.frame import Face, Frame, Landmarks
from gate.vision.quality import AT_THE_GATE, Usable, judge, measure


@dataclass(frozen=True, slots=True)
class Looked:
    """What the gate sees of one presentation's central face: `probability` of life, NaN without networks."""

    shown: Presentation
    probability: float
    landmarks: Landmarks
    eyes: Eyes | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What a gate looks with."""

    eye: Eye
    lids: Eyelids
    networks: Antispoof | None


@dataclass(frozen=True, slots=True)
class Print:
    """A print that somebody holds up, and the face on it."""

    frame: Frame
    face: Face


def look(data: Path, shown: Presentation, sight: Sight) -> Looked | None:
    """The central face of a picture, or None where there is none that a gate would describe."""
    found = _found(data, shown, sight.eye)
    if found is None:
        return None
    frame, face = found
    probability = sight.networks.liveness(frame, face) if sight.networks else math.nan
    return Looked(shown, probability, face.landmarks, sight.lids.eyes(frame, face.landmarks))


def prints(data: Path, looked: Sequence[Looked], sight: Sight) -> list[Print]:
    """The first usable print of each person."""
    first = {each.shown.identity: each.shown for each in reversed(looked) if each.shown.label == "print"}
    found = (_found(data, shown, sight.eye) for _, shown in sorted(first.items()))
    return [Print(*each) for each in found if each is not None]


def _found(data: Path, shown: Presentation, eye: Eye) -> tuple[Frame, Face] | None:
    pixels = read_picture(data / shown.path)
    found = central_face(pixels, eye) if pixels is not None else None
    if found is None:
        return None
    try:
        quality = measure(found[0].pixels, found[1])
    except ValueError:  # landmarks on one point
        return None
    return found if isinstance(judge(quality, AT_THE_GATE), Usable) else None
