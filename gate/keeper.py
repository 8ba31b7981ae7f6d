"""What the gate looks after between frames: camera, roster, clock, journal, health, and forgetting."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, Protocol

import structlog

from contracts.ids import BootId, GateId
from contracts.state import HealthV1, LockV1
from contracts.topics import HEALTH, Topic
from contracts.wire import Message
from contracts.words import AlarmKind, CameraState
from gate.access.policy import Liveness
from gate.attendant import Attendant, Stance, TrustedClock
from gate.door.door import Door
from gate.health import Health, Trouble
from gate.knowledge import Knowledge
from gate.screen.stage import Place, Stage
from gate.screen.words import Condition
from gate.store.journal import JournalError

log = structlog.get_logger()

CAMERA_PATIENCE_S: Final = 3.0  # without a frame for this long the camera is lost
LOOK_EVERY_S: Final = 0.5
FIRST_HEALTH_S: Final = 2.0
HEALTH_EVERY_S: Final = 30.0
TIDY_EVERY_S: Final = 3600.0


class Publisher(Protocol):
    """The line to the broker."""

    def publish(self, topic: Topic, payload: Message) -> bool: ...


@dataclass(frozen=True, slots=True)
class Badge:
    """What every health report says of this start."""

    gate: GateId
    boot: BootId
    liveness: Liveness
    target_fpir: float
    lock: LockV1 | None = None
    antispoof: bool | None = None
    roster_keep: Literal["memory", "disk", "tpm"] | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """Figures of the machine and its disk, in MiB, links and openings of the way out that wait to be recorded.

    `settle` writes down these and counted refusals by the monotonic clock in milliseconds, `tidy` forgets what may
    be forgotten.
    """

    rss_mb: Callable[[], int]
    disk_free_mb: Callable[[], int]
    unsent: Callable[[], int]
    nearly_full: int
    settle: Callable[[int], object]
    tidy: Callable[[], None]
    unrecorded: Callable[[], int] = lambda: 0


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked after."""

    knowledge: Knowledge
    stage: Stage
    health: Health
    door: Door
    link: Publisher
    clock: TrustedClock
    stance: Stance = field(default_factory=Stance)


class Keeper:
    """Called by the loop's thread after every look at the camera; cheap where nothing is due."""

    def __init__(self, badge: Badge, box: Box, looked: Looked, attendant: Attendant) -> None:
        self._badge, self._box, self._looked, self._attendant = badge, box, looked, attendant
        now = looked.clock.monotonic()
        self._saw_at, self._looked_at = now, float("-inf")
        self._report_at, self._tidy_at = now + FIRST_HEALTH_S, now + TIDY_EVERY_S
        self._camera, self._clock_trusted = CameraState.SEEING, True
        self._place: Place | None = None

    def report_soon(self) -> None:
        """Any thread: the next look says the health again, whatever the hour."""
        self._report_at = float("-inf")

    def look_around(self, saw: bool) -> bool:
        """Takes note of a frame, and does what is due. True at the moment the camera is lost."""
        now = self._looked.clock.monotonic()
        if saw:
            self._saw_at = now
        lost = self._look_at_camera(now)
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            self._look_at_the_rest()
        if now >= self._report_at:
            self._report_at = now + HEALTH_EVERY_S
            self._settle(now)
            self._looked.link.publish(HEALTH, self._health(now))
        if now >= self._tidy_at:
            self._tidy_at = now + TIDY_EVERY_S
            self._tidy()
        return lost

    def _look_at_camera(self, now: float) -> bool:
        lost = now - self._saw_at > CAMERA_PATIENCE_S
        state = CameraState.LOST if lost else CameraState.SEEING
        if state is self._camera:
            return False
        self._camera = state
        self._looked.stage.set(Condition.CAMERA_LOST, holds=lost)
        if lost:
            self._looked.stage.picture(None)
        log.warning("The camera is lost" if lost else "The camera is back")
        self._attendant.alarm(AlarmKind.CAMERA_LOST if lost else AlarmKind.CAMERA_BACK)
        return lost

    def _look_at_the_rest(self) -> None:
        looked, place = self._looked, self._looked.knowledge.now.place
        if place is not None and place != self._place:
            self._place = place
            looked.stage.stand_at(place)
        looked.stage.set(Condition.ROSTER_MISSING, holds=place is None)
        looked.stage.set(Condition.ROSTER_STALE, holds=place is not None and looked.knowledge.is_stale())
        looked.stage.set(Condition.JOURNAL_NEARLY_FULL, holds=self._box.unsent() >= self._box.nearly_full)
        trusted = looked.clock.trusted
        looked.stage.set(Condition.NO_CLOCK, holds=not trusted)
        if self._clock_trusted and not trusted:
            self._attendant.alarm(AlarmKind.CLOCK)
        self._clock_trusted = trusted

    def _settle(self, now: float) -> None:
        try:
            self._box.settle(int(now * 1000))
        except JournalError as wrong:  # they are counted all the same
            log.warning("Counted passages wait for room", why=str(wrong))

    def _tidy(self) -> None:
        try:
            self._box.tidy()
        except JournalError:
            self._looked.health.count(Trouble.RECORD)
            log.exception("Nothing was forgotten; trying again in an hour")

    def _health(self, now: float) -> HealthV1:
        looked, box, measured = self._looked, self._box, self._looked.health.report(now)
        holding = looked.knowledge.now
        return HealthV1(
            gate=self._badge.gate,
            boot=self._badge.boot,
            at=looked.clock.now(),
            monotonic_ms=int(now * 1000),
            camera=self._camera,
            door=looked.door.state(),
            frames_per_s=measured.frames_per_s,
            looks_per_s=measured.looks_per_s,
            detection_width=measured.detection_width,
            degraded=measured.degraded,
            stages=measured.stages,
            unsent=box.unsent(),
            disk_free_mb=box.disk_free_mb(),
            rss_mb=box.rss_mb(),
            roster_version=holding.rights.version,
            people=len(holding.rights.people),
            troubles=measured.troubles,
            liveness=self._badge.liveness.value,
            clock_trusted=looked.clock.trusted,
            clock_offset_ms=_milliseconds(looked.clock.offset),
            target_fpir=self._badge.target_fpir,
            distance=round(holding.rule.distance, 4),
            margin=round(holding.rule.margin, 4),
            lock=self._badge.lock,
            mode=looked.stance.mode,
            fire=looked.stance.fire,
            antispoof=self._badge.antispoof,
            roster_keep=self._badge.roster_keep,
            exits_unrecorded=box.unrecorded(),
        )


def _milliseconds(offset: timedelta | None) -> int | None:
    return None if offset is None else offset // timedelta(milliseconds=1)
