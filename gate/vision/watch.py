"""One frame in, what it came to out: the step the gate's loop calls for each frame."""

import time
from collections.abc import Callable, Mapping, Set
from dataclasses import asdict, dataclass, field
from typing import Final, TypeVar

import numpy as np

from gate.vision.antispoof import Antispoof
from gate.vision.approach import NEAR_INTER_EYE, Approaches, Observation, Verdict
from gate.vision.blink import Eyelids, Eyes
from gate.vision.codes import read_codes
from gate.vision.eye import Eye
from gate.vision.frame import Face, Frame, Vector
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from gate.vision.pace import FULL, Pace, Pacer
from gate.vision.quality import AT_THE_GATE, Fault, Limits, Quality, Usable, judge, measure
from gate.vision.sampling import Sampler
from gate.vision.track import Tracked, Tracker, TrackId
from gate.vision.zone import Zone

T = TypeVar("T")

MOST_DESCRIBED: Final = 2
"""Faces described per frame, best first: one more costs 30 to 50 ms and the others' turn comes with the next."""

CODE_SECONDS: Final = 0.2
"""Between two searches for QR codes: a code is held up for longer."""


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in view, for the gate's own screen."""

    track: TrackId
    face: Face
    faults: tuple[Fault, ...]
    undecided: bool
    in_zone: bool = True
    asked_for_signs: bool = False

    @property
    def near(self) -> bool:
        """Whether it came near enough, and into the capture zone, to be an approach."""
        return self.in_zone and self.face.landmarks.inter_eye >= NEAR_INTER_EYE


@dataclass(frozen=True, slots=True)
class StageMs:
    """Milliseconds that each stage took for one frame; `describe` covers all faces described."""

    decode: float = 0.0
    sample: float = 0.0
    detect: float = 0.0
    measure: float = 0.0
    describe: float = 0.0
    liveness: float = 0.0
    match: float = 0.0
    codes: float = 0.0

    @property
    def total(self) -> float:
        """All stages."""
        return sum(asdict(self).values())

    @property
    def of_looking(self) -> float:
        """What goes by the pace; reading a frame goes by the camera, describing by who stands there."""
        return self.sample + self.detect + self.measure + self.codes


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame came to. `looked` is false for a frame of a still scene that was passed over."""

    looked: bool
    verdicts: tuple[Verdict, ...] = ()
    faces: tuple[SeenFace, ...] = ()
    codes: tuple[str, ...] = field(default=(), repr=False)
    stage_ms: StageMs = field(default_factory=StageMs)
    pace: Pace = FULL


@dataclass(frozen=True, slots=True)
class _Judged:
    tracked: Tracked
    quality: Quality | None
    faults: tuple[Fault, ...]
    in_zone: bool = True


@dataclass(frozen=True, slots=True)
class _Described:
    """Templates and chances of life of one frame's faces that were described, and eyes that may blink."""

    vectors: Mapping[TrackId, Vector]
    lives: Mapping[TrackId, float]
    eyes: Mapping[TrackId, Eyes]


class Watcher:
    """Joins sampling, eye, tracks, quality, matching and codes for one camera. Not for two threads at once."""

    def __init__(
        self,
        eye: Eye,
        limits: Limits = AT_THE_GATE,
        antispoof: Antispoof | None = None,
        zone: Zone | None = None,
        lids: Eyelids | None = None,
    ) -> None:
        """With `lids` whoever is recognised has to turn the head and blink; with `antispoof` networks judge life."""
        self._eye, self._limits, self._antispoof = eye, limits, antispoof
        self._zone, self._lids = zone, lids
        self._sampler, self._tracker, self._pacer = Sampler(), Tracker(), Pacer()
        self._approaches: Approaches | None = None
        self._codes_at = float("-inf")
        self._urgent = False

    def look(self, frame: Frame, gallery: Gallery, rule: Threshold) -> Seen:
        """Looks at one frame, unless the scene is still and was looked at a moment ago.

        Raises ModelMismatch when the gallery's templates are another eye's.
        """
        gallery.serves(self._eye.model)
        watch, pace = _Stopwatch(frame.decode_ms), self._pacer.pace
        if not watch.time("sample", lambda: self._wants(frame)):
            return Seen(looked=False, stage_ms=watch.stages(), pace=pace)
        approaches = self._judged_by(gallery, rule)
        faces = watch.time("detect", lambda: self._eye.find(frame, pace.detection_width))
        look = self._tracker.follow(faces, frame.monotonic)
        judged = watch.time("measure", lambda: [self._judge(frame, each) for each in look.tracked])
        vectors = watch.time("describe", lambda: self._describe(frame, judged, approaches))
        described = watch.time("liveness", lambda: self._alive(frame, judged, vectors, approaches))
        verdicts = watch.time("match", lambda: _watch_all(frame.monotonic, judged, described, approaches))
        verdicts += approaches.end(look.ended, frame.monotonic)
        codes = watch.time("codes", lambda: self._read(frame))
        seen = tuple(_seen(each, approaches, frame.monotonic) for each in judged)
        # Neither who is decided nor who is far off needs a look at each frame; movement brings one anyway.
        self._urgent = any(each.undecided and each.near for each in seen)
        took = watch.stages()
        self._pacer.looked(took.of_looking, frame.monotonic)
        return Seen(looked=True, verdicts=tuple(verdicts), faces=seen, codes=codes, stage_ms=took, pace=pace)

    def finish(self, at: float) -> tuple[Verdict, ...]:
        """The camera is gone or its clip has ended: verdicts for whoever was still under way."""
        ended = self._tracker.drop_all()
        return tuple(self._approaches.end(ended, at)) if self._approaches else ()

    def _judged_by(self, gallery: Gallery, rule: Threshold) -> Approaches:
        if self._approaches is None:
            self._approaches = Approaches(gallery, rule, asks_signs=self._lids is not None)
        self._approaches.judge_by(gallery, rule)
        return self._approaches

    def _wants(self, frame: Frame) -> bool:
        return self._sampler.wants(frame, urgent=self._urgent, least_interval=self._pacer.least_interval)

    def _judge(self, frame: Frame, tracked: Tracked) -> _Judged:
        if self._zone and not self._zone.holds(tracked.face.box.centre, frame.width, frame.height):
            return _Judged(tracked, None, (), in_zone=False)
        if tracked.crossed:  # two faces met here: a template could be of both
            return _Judged(tracked, None, (Fault.SEVERAL_FACES,))
        try:
            quality = measure(frame.pixels, tracked.face)
        except ValueError:  # landmarks on one point: no face that could be described
            return _Judged(tracked, None, (Fault.TOO_SMALL,))
        answer = judge(quality, self._limits)
        return _Judged(tracked, quality, () if isinstance(answer, Usable) else answer)

    def _describe(self, frame: Frame, judged: list[_Judged], approaches: Approaches) -> dict[TrackId, Vector]:
        wanted = [
            (each.quality.weight, each.tracked)
            for each in judged
            if each.quality
            and not each.faults
            and approaches.wants_vector(each.tracked.track, frame.monotonic)
        ]
        best = sorted(wanted, key=lambda pair: pair[0], reverse=True)[:MOST_DESCRIBED]
        vectors = {tracked.track: self._eye.describe(frame, tracked.face) for _, tracked in best}
        # A network that gives no number has told nothing, and must not spoil what was pooled before.
        return {
            track: vector for track, vector in vectors.items() if np.isfinite(vector).all() and vector.any()
        }

    def _alive(
        self, frame: Frame, judged: list[_Judged], vectors: Mapping[TrackId, Vector], approaches: Approaches
    ) -> _Described:
        return _Described(
            vectors, self._lives(frame, judged, vectors.keys()), self._eyes(frame, judged, approaches)
        )

    def _eyes(self, frame: Frame, judged: list[_Judged], approaches: Approaches) -> dict[TrackId, Eyes]:
        """Of whoever is waited for; a blurred or turned face's are not asked, for they would seem to shut."""
        if self._lids is None:
            return {}
        waited_for = [
            each.tracked
            for each in judged
            if not each.faults and approaches.waits_for_signs(each.tracked.track, frame.monotonic)
        ]
        found = {each.track: self._lids.eyes(frame, each.face.landmarks) for each in waited_for}
        return {track: eyes for track, eyes in found.items() if eyes}

    def _lives(self, frame: Frame, judged: list[_Judged], described: Set[TrackId]) -> dict[TrackId, float]:
        """How likely each described face is alive; nothing where no network is installed or wanted."""
        if self._antispoof is None:
            return {}
        return {
            each.tracked.track: self._antispoof.liveness(frame, each.tracked.face)
            for each in judged
            if each.tracked.track in described
        }

    def _read(self, frame: Frame) -> tuple[str, ...]:
        if frame.monotonic - self._codes_at < CODE_SECONDS:
            return ()
        self._codes_at = frame.monotonic
        return tuple(read_codes(frame))


def _watch_all(
    at: float, judged: list[_Judged], described: _Described, approaches: Approaches
) -> list[Verdict]:
    observations = (
        Observation(
            track=each.tracked.track,
            at=at,
            landmarks=each.tracked.face.landmarks,
            faults=each.faults,
            vector=described.vectors.get(each.tracked.track),
            weight=each.quality.weight if each.quality else 0.0,
            crossed=each.tracked.crossed,
            live=described.lives.get(each.tracked.track),
            eyes=described.eyes.get(each.tracked.track),
        )
        for each in judged
        if each.in_zone
    )
    return [verdict for seen in observations if (verdict := approaches.watch(seen)) is not None]


def _seen(judged: _Judged, approaches: Approaches, at: float) -> SeenFace:
    track = judged.tracked.track
    return SeenFace(
        track,
        judged.tracked.face,
        judged.faults,
        undecided=approaches.undecided(track, at),
        in_zone=judged.in_zone,
        asked_for_signs=approaches.waits_for_signs(track, at),
    )


class _Stopwatch:
    """Milliseconds per stage of one frame."""

    def __init__(self, decode_ms: float) -> None:
        self._ms = {"decode": decode_ms}

    def time(self, stage: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            return work()
        finally:
            self._ms[stage] = (time.perf_counter() - began) * 1000

    def stages(self) -> StageMs:
        return StageMs(**self._ms)
