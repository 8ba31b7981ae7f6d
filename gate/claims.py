"""The eye's verdict as a claim: where seeing meets deciding. Pure."""

import math

from contracts.words import Method
from gate.access.claim import Claim, Measured
from gate.vision.approach import Verdict
from gate.vision.liveness import DEPTH, LIVE, Deep, Flat, Liveness, LooksAlive, LooksCopied, NotMeasured


def face_claim(verdict: Verdict, now: float) -> Claim:
    """What one approach proves; `now` is on the frames' monotonic clock."""
    return Claim(
        Method.FACE,
        person=verdict.person if verdict.reason is None else None,
        doubt=verdict.reason,
        live=_alive(verdict.liveness),
        measured=Measured(
            score=_finite(verdict.distance),
            margin=_finite(verdict.margin),
            frames=verdict.frames,
            waited_ms=_waited_ms(verdict.first_usable_at, now),
            live=_evidence(verdict.liveness),
        ),
    )


def _alive(liveness: Liveness) -> bool | None:
    if isinstance(liveness, Deep | LooksAlive):
        return True
    return False if isinstance(liveness, Flat | LooksCopied) else None


def _evidence(liveness: Liveness) -> float | None:
    """From 0 to 1; one half is the border between flat and deep, or between copied and alive."""
    match liveness:
        case Deep(parallax) | Flat(parallax):
            return round(min(1.0, max(0.0, parallax / (2 * DEPTH))), 3)
        case LooksAlive(probability):
            return round(0.5 + (probability - LIVE) / (1 - LIVE) / 2, 3)
        case LooksCopied(probability):
            return round(probability / LIVE / 2, 3)
        case NotMeasured():
            return None


def _finite(distance: float) -> float | None:
    """Distances are infinite where there was nobody to compare with; the wire knows no infinity."""
    return round(distance, 4) if math.isfinite(distance) else None


def _waited_ms(since: float | None, now: float) -> int | None:
    return None if since is None else max(0, round((now - since) * 1000))
