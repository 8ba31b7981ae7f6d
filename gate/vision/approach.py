"""One decision per person per approach, from the best few frames of a track. Pure: times are handed in.

A track's templates are pooled (a mean weighted by quality) and matched anew with each usable frame. Every face
that came near enough gets exactly one verdict per approach; none vanishes between two thresholds.

A track is where somebody is, not who. So two people are never pooled: where tracks met, evidence begins anew, and
templates unlike those before are left out, or, once two agree, are somebody else's approach.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.ids import PersonId
from contracts.words import Reason
from gate.vision.blink import Eyes
from gate.vision.frame import Landmarks, Vector
from gate.vision.gallery import Gallery
from gate.vision.liveness import FRAMES_OF_LIFE, Liveness
from gate.vision.liveness import judge as judge_liveness
from gate.vision.match import Ambiguous, Answer, Match, Threshold, nearest
from gate.vision.quality import Fault
from gate.vision.signs import Signs
from gate.vision.track import TrackId

NEAR_INTER_EYE: Final = 18
"""Pixels between the eyes from which on a face is an approach; below it somebody merely passes in the distance."""

# How much nearer than asked one frame alone must be: about one more decade of rarity among strangers.
CLEARLY: Final = 0.035
FRAMES_TO_GRANT: Final = 2
FRAMES_TO_REFUSE: Final = 3
SECONDS_TO_REFUSE: Final = 0.8
SECONDS_OF_POOR_FRAMES: Final = 2.5
# After a decision, how long until the same track may begin a new approach; a refused pose may be mended at once.
REST: Final = 5.0
REST_AFTER_POOR: Final = 1.0
# How long somebody recognised may take to turn the head and blink where both are asked for.
SECONDS_FOR_SIGNS: Final = 8.0
# In inter-eye distances, how far a face must move after its decision before it may approach anew: one that never
# does is a poster, or a photo taped to the wall. The detector's tremble stays below 0.11, people sway by more.
STILL: Final = 0.15
# Between two templates of one track once it has two: frames that follow each other closely tell nothing new.
PAUSE: Final = 0.15
MOST_LANDMARKS: Final = 60
# A detector's flicker is not a person: fewer looks than this and nobody was there.
FEWEST_LOOKS: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One face of one frame: `faults` is empty when it was usable, `vector` is absent when it was not described,
    `crossed` says that it may be another person's than before on this track. `live` is how likely a described face
    is alive, NaN where that failed, absent where no network looks for it; `eyes` are absent unless a blink is
    waited for."""

    track: TrackId
    at: float
    landmarks: Landmarks
    faults: tuple[Fault, ...] = ()
    vector: Vector | None = field(default=None, repr=False)
    weight: float = 1.0
    crossed: bool = False
    live: float | None = None
    eyes: Eyes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one approach came to: `person` when somebody was recognised, else `reason`.

    `reason` is UNKNOWN, AMBIGUOUS or POOR_QUALITY; `fault` then says what the person can mend. Times are seconds of
    the frames' monotonic clock. Distances are infinite when nothing was compared.
    """

    track: TrackId
    at: float
    person: PersonId | None
    reason: Reason | None
    distance: float
    margin: float
    frames: int
    first_usable_at: float | None
    liveness: Liveness
    fault: Fault | None = None


@dataclass(slots=True)
class _Approach:
    """What is known of one track since its last decision."""

    total: NDArray[np.float64] | None = None
    weights: float = 0.0
    frames: int = 0
    first_usable_at: float | None = None
    last_vector_at: float = -np.inf
    poor_since: float | None = None
    faults: Counter[Fault] = field(default_factory=Counter[Fault])
    landmarks: list[Landmarks] = field(default_factory=list[Landmarks])
    answer: Answer | None = None
    decided_at: float | None = None
    rest: float = REST
    decided_on: Landmarks | None = None
    moved: bool = False
    granted: bool = False
    crossed: bool = False
    looks: int = 0
    odd: Observation | None = None
    odd_ones: int = 0
    lives: list[float] = field(default_factory=list[float])
    signs: Signs | None = None
    recognised_at: float | None = None

    @property
    def waits_for_life(self) -> bool:
        """Whether somebody is recognised while the networks have not seen enough of them."""
        return isinstance(self.answer, Match) and 0 < len(self.lives) < FRAMES_OF_LIFE

    def waits_for_signs(self, at: float) -> bool:
        """Whether somebody is recognised and has time left to turn the head and blink."""
        if self.signs is None or self.recognised_at is None or self.decided_at is not None:
            return False
        in_time = at - self.recognised_at < SECONDS_FOR_SIGNS
        return isinstance(self.answer, Match) and in_time and not self.signs.alive

    def liveness(self) -> Liveness:
        """What is known of this one's life."""
        return self.signs.liveness() if self.signs else judge_liveness(self.landmarks, self.lives)

    def pooled(self) -> Vector | None:
        """The track's template so far, as long as the rows of the gallery are."""
        if self.total is None:
            return None
        length = float(np.linalg.norm(self.total))
        return np.asarray(self.total / length, dtype=np.float32) if length else None

    @property
    def agreement(self) -> float:
        """How alike the pooled frames are, as `match.of_frames` takes it; 1 before there are any."""
        return 1.0 if self.total is None else min(1.0, float(np.linalg.norm(self.total)) / self.weights)


class Approaches:
    """The state machine over all tracks of one camera. With `asks_signs` whoever is recognised has to turn the head
    and blink."""

    def __init__(self, gallery: Gallery, rule: Threshold, *, asks_signs: bool = False) -> None:
        self._gallery, self._rule, self._asks_signs = gallery, rule, asks_signs
        self._approaches: dict[TrackId, _Approach] = {}
        self._let_in: dict[PersonId, float] = {}

    def judge_by(self, gallery: Gallery, rule: Threshold) -> None:
        """From now on these people and this rule; tracks under way are matched anew with their next frame."""
        self._gallery, self._rule = gallery, rule

    def undecided(self, track: TrackId, at: float) -> bool:
        """Whether this track still waits for its verdict, or may begin a new approach."""
        approach = self._approaches.get(track)
        return approach is None or not _resting(approach, at)

    def wants_vector(self, track: TrackId, at: float) -> bool:
        """Whether a template of this track would bring its verdict nearer."""
        approach = self._approaches.get(track)
        if approach is None:
            return True
        hurried = approach.frames < FRAMES_TO_GRANT or approach.waits_for_life
        return not _resting(approach, at) and (hurried or at - approach.last_vector_at >= PAUSE)

    def waits_for_signs(self, track: TrackId, at: float) -> bool:
        """Whether this one is recognised and has still to turn the head or blink."""
        approach = self._approaches.get(track)
        return approach is not None and approach.waits_for_signs(at)

    def watch(self, seen: Observation) -> Verdict | None:
        """Takes one observation; gives the verdict when this one completes it."""
        if seen.landmarks.inter_eye < NEAR_INTER_EYE:
            return None
        approach = self._current(seen)
        if approach.decided_at is not None:
            _note_movement(approach, seen.landmarks)
            return None
        if seen.vector is not None and self._is_odd(approach, seen.vector):
            return self._leave_out(approach, seen)
        _add(approach, seen)
        if seen.vector is not None:
            approach.answer = self._nearest(approach)
            if approach.recognised_at is None and isinstance(approach.answer, Match):
                approach.recognised_at = seen.at
        decided = self._decided(approach, seen.at)
        if not decided or self._is_said_already(approach, decided, seen.at):
            return None
        return self._close(seen.track, seen.at, decided)

    def end(self, tracks: Sequence[TrackId], at: float) -> list[Verdict]:
        """The person left: whoever came near and has no verdict yet gets one now."""
        verdicts: list[Verdict] = []
        for track in tracks:
            approach = self._approaches.get(track)
            if approach is not None and _owes_a_verdict(approach):
                verdicts.append(self._close(track, at, self._at_the_end(approach)))
            self._approaches.pop(track, None)
        return verdicts

    def _current(self, seen: Observation) -> _Approach:
        approach = self._approaches.get(seen.track)
        if approach is None or _may_begin_anew(approach, seen):
            approach = self._approaches[seen.track] = self._new()
        elif seen.crossed and (approach.granted or approach.decided_at is None):
            approach = self._approaches[seen.track] = self._begun_anew(approach)
        return approach

    def _new(self) -> _Approach:
        return _Approach(signs=Signs() if self._asks_signs else None)

    def _begun_anew(self, before: _Approach) -> _Approach:
        """Tracks crossed: what was seen so far may be another person's. How long somebody waits, and that somebody
        is there, still counts."""
        anew, waiting = self._new(), before.decided_at is None
        anew.crossed = True
        if waiting:
            anew.looks, anew.poor_since, anew.faults = before.looks, before.poor_since, before.faults
        return anew

    def _nearest(self, approach: _Approach) -> Answer | None:
        probe = approach.pooled()
        return None if probe is None else nearest(probe, self._gallery, self._rule, approach.agreement)

    def _is_odd(self, approach: _Approach, vector: Vector) -> bool:
        """Whether a template is further from its own track's than a stranger may be from a resident."""
        pooled = approach.pooled()
        return pooled is not None and _apart(pooled, vector) > self._rule.distance

    def _leave_out(self, approach: _Approach, odd: Observation) -> Verdict | None:
        """A single odd template is not pooled and grants nothing. A second one like it is somebody else's: the
        one before gets the verdict still owed, and the newcomer's approach begins with both."""
        before, approach.odd = approach.odd, odd
        approach.odd_ones += 1
        if approach.signs:
            approach.signs.somebody_else()
        if before is None or _vectors_apart(before, odd) > self._rule.distance:
            decided = self._decided(approach, odd.at)
            return self._close(odd.track, odd.at, decided) if isinstance(decided, Reason) else None
        owed = _owes_a_verdict(approach)
        verdict = self._close(odd.track, odd.at, self._at_the_end(approach)) if owed else None
        self._approaches[odd.track] = newcomer = self._new()
        _add(newcomer, before)
        _add(newcomer, odd)
        return verdict

    def _is_said_already(self, approach: _Approach, decided: PersonId | Reason, at: float) -> bool:
        """Whether tracks crossed and this is the person let in a moment ago, seen again: one approach, one
        verdict."""
        if not approach.crossed or isinstance(decided, Reason) or decided not in self._just_let_in(at):
            return False
        approach.decided_at, approach.granted, approach.total = at, True, None
        approach.decided_on = approach.landmarks[-1]
        return True

    def _just_let_in(self, at: float) -> dict[PersonId, float]:
        self._let_in = {person: when for person, when in self._let_in.items() if at - when < REST}
        return self._let_in

    def _decided(self, approach: _Approach, at: float) -> PersonId | Reason | None:
        answer = approach.answer
        if isinstance(answer, Match):
            clear = (
                answer.distance <= self._rule.distance - CLEARLY and answer.margin >= 2 * self._rule.margin
            )
            if clear or approach.frames >= FRAMES_TO_GRANT:
                waits = approach.waits_for_life or approach.waits_for_signs(at)
                return None if waits else answer.person
        if answer is not None and approach.first_usable_at is not None:
            waited = at - approach.first_usable_at >= SECONDS_TO_REFUSE
            if waited and approach.frames + approach.odd_ones >= FRAMES_TO_REFUSE:
                return Reason.AMBIGUOUS if isinstance(answer, Ambiguous) else Reason.UNKNOWN
        poor = approach.poor_since is not None and at - approach.poor_since >= SECONDS_OF_POOR_FRAMES
        return Reason.POOR_QUALITY if poor and not approach.frames else None

    @staticmethod
    def _at_the_end(approach: _Approach) -> Reason:
        """Gone before it was sure. One near frame is too little to open a door for somebody who has left."""
        if approach.answer is None or isinstance(approach.answer, Match):
            return Reason.POOR_QUALITY
        return Reason.AMBIGUOUS if isinstance(approach.answer, Ambiguous) else Reason.UNKNOWN

    def _close(self, track: TrackId, at: float, decided: PersonId | Reason) -> Verdict:
        approach = self._approaches[track]
        answer = approach.answer
        approach.decided_at = at
        approach.decided_on = approach.landmarks[-1] if approach.landmarks else None
        reason = decided if isinstance(decided, Reason) else None
        poor = reason is Reason.POOR_QUALITY
        approach.rest = REST_AFTER_POOR if poor else REST
        approach.total = approach.odd = None  # an unmatched probe dies with its decision
        if isinstance(decided, PersonId):
            approach.granted = True
            self._just_let_in(at)[decided] = at
        return Verdict(
            track=track,
            at=at,
            person=decided if isinstance(decided, PersonId) else None,
            reason=reason,
            distance=answer.distance if answer else np.inf,
            margin=answer.margin if answer else np.inf,
            frames=approach.frames,
            first_usable_at=approach.first_usable_at,
            liveness=approach.liveness(),
            fault=approach.faults.most_common(1)[0][0] if poor and approach.faults else None,
        )


def _resting(approach: _Approach, at: float) -> bool:
    """Whether a decision still stands: for a while, and as long as the face has not moved since."""
    return approach.decided_at is not None and not (
        approach.moved and at - approach.decided_at >= approach.rest
    )


def _may_begin_anew(approach: _Approach, seen: Observation) -> bool:
    """A mended pose begins a new approach, without moving too; the same poor pose, a moment later, does not."""
    if approach.decided_at is None:
        return False
    since = seen.at - approach.decided_at
    mended = approach.rest == REST_AFTER_POOR and not seen.faults
    return since >= approach.rest and (mended or (approach.moved and (not seen.faults or since >= REST)))


def _note_movement(approach: _Approach, now: Landmarks) -> None:
    before = approach.decided_on
    if before is None:
        approach.moved = True
    elif not approach.moved:
        way = float(np.linalg.norm(now.matrix().mean(axis=0) - before.matrix().mean(axis=0)))
        approach.moved = way > STILL * max(before.inter_eye, 1.0)


def _owes_a_verdict(approach: _Approach) -> bool:
    return approach.decided_at is None and approach.looks >= FEWEST_LOOKS


def _apart(one: Vector, other: Vector) -> float:
    return float(np.linalg.norm(one - other))


def _vectors_apart(one: Observation, other: Observation) -> float:
    """Infinite unless both were described."""
    if one.vector is None or other.vector is None:
        return np.inf
    return _apart(one.vector, other.vector)


def _add(approach: _Approach, seen: Observation) -> None:
    """Adds one frame to an approach under way."""
    approach.looks += 1
    approach.landmarks.append(seen.landmarks)
    del approach.landmarks[:-MOST_LANDMARKS]
    if approach.signs:
        approach.signs.look(seen.landmarks, seen.eyes)
    if seen.faults:
        approach.faults[seen.faults[0]] += 1
        # Somebody still far off is on the way; the wait counts for those who are here.
        if seen.faults[0] is not Fault.TOO_SMALL and approach.poor_since is None:
            approach.poor_since = seen.at
        return
    approach.poor_since = None
    if approach.first_usable_at is None:
        approach.first_usable_at = seen.at
    if seen.vector is not None:
        part = seen.vector.astype(np.float64) * seen.weight
        approach.total = part if approach.total is None else approach.total + part
        approach.weights += seen.weight
        approach.frames += 1
        approach.last_vector_at = seen.at
        if seen.live is not None:
            approach.lives.append(seen.live)
        if approach.signs:
            approach.signs.same_person(seen.at)
