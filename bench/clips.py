"""Clips of passers-by as a gate sees them: nobody in them is enrolled, so whoever is recognised was taken for another.

Clips carry no names; so this counts strangers' approaches alone, each of as many frames as it came to.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from enrollment.confidence import upper_bound
from gate.vision.approach import Verdict
from gate.vision.captures import frames_of
from gate.vision.eye import Eye
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from gate.vision.watch import Watcher

FOLDER: Final = "videos"
KINDS: Final = frozenset({".avi", ".gif", ".mkv", ".mp4"})


@dataclass(frozen=True, slots=True)
class Passing:
    """What became of those who came near. `judged` approaches had frames that were compared, the others none."""

    clips: int
    approaches: int
    judged: int
    frames: int
    accepted: int
    fpir_upper_95: float


def passing(data: Path, eye: Eye, gallery: Gallery, rule: Threshold) -> Passing | None:
    """All clips in the set's folder `videos`; None where there is none."""
    files = sorted(file for file in (data / FOLDER).glob("*") if file.suffix.lower() in KINDS)
    if not files:
        return None
    verdicts = [verdict for file in files for verdict in _watched(file, eye, gallery, rule)]
    judged = [verdict for verdict in verdicts if verdict.frames]
    accepted = sum(verdict.person is not None for verdict in judged)
    return Passing(
        clips=len(files),
        approaches=len(verdicts),
        judged=len(judged),
        frames=sum(verdict.frames for verdict in judged),
        accepted=accepted,
        fpir_upper_95=round(upper_bound(accepted, len(judged)), 5),
    )


def _watched(file: Path, eye: Eye, gallery: Gallery, rule: Threshold) -> list[Verdict]:
    watcher, verdicts, at = Watcher(eye), list[Verdict](), 0.0
    for frame in frames_of(file):
        verdicts += watcher.look(frame, gallery, rule).verdicts
        at = frame.monotonic
    return [*verdicts, *watcher.finish(at)]
