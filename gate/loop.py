"""The shell: the newest frame becomes verdicts, codes and a picture. The one broad except of the gate is here."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from gate.access.held import HeldCodes
from gate.attendant import Attendant
from gate.claims import face_claim
from gate.health import Health, Trouble
from gate.keeper import Keeper
from gate.knowledge import Knowledge
from gate.screen.stage import Picture, Stage
from gate.screen.words import Prompt
from gate.snapshots import LatestFrame
from gate.vision.approach import Verdict
from gate.vision.frame import Box, Frame
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from gate.vision.pace import FULL
from gate.vision.watch import Seen, SeenFace, StageMs
from gate.wicket import Wicket

log = structlog.get_logger()

FRAME_WAIT_S: Final = 0.25
"""How long to wait for a frame before looking after the rest."""

AFTER_AN_ERROR_S: Final = 0.1

RAN_MS: Final = 0.05
"""A stage with nothing to do takes less."""


class Camera(Protocol):
    """Pictures; the newest wins."""

    @property
    def ended(self) -> bool:
        """A recording was shown to its end."""
        ...

    def read(self, wait_seconds: float = 0.0) -> Frame | None:
        """The newest frame not read before; None where none came. Returns at once where none will ever come."""
        ...


class Watches(Protocol):
    """Frames to verdicts."""

    def look(self, frame: Frame, gallery: Gallery, rule: Threshold) -> Seen: ...

    def finish(self, at: float) -> tuple[Verdict, ...]:
        """No more frames for now: verdicts for whoever was under way."""
        ...


@dataclass(frozen=True, slots=True)
class Senses:
    """How the gate sees; `reads_codes` where a QR code is one of its second credentials."""

    camera: Camera
    watcher: Watches
    knowledge: Knowledge
    reads_codes: bool
    health: Health
    stage: Stage
    monotonic: Callable[[], float]
    latest: LatestFrame = field(default_factory=LatestFrame)


class Loop:
    """One thread; attempts by code or PIN run beside it."""

    def __init__(self, senses: Senses, attendant: Attendant, wicket: Wicket, keeper: Keeper) -> None:
        self._senses, self._attendant = senses, attendant
        self._wicket, self._keeper = wicket, keeper
        self._held = HeldCodes()
        self._faces: tuple[SeenFace, ...] = ()

    def run(self, stop: threading.Event) -> None:
        """Watches until told to stop."""
        while not stop.is_set():
            try:
                pause_s = self.turn()
            except Exception:
                # The one broad catch: one bad frame must not end the watch. Nothing was opened by it.
                count = self._senses.health.count(Trouble.FRAME)
                log.exception("Frame dropped, door stays shut", count=count)
                pause_s = AFTER_AN_ERROR_S
            if pause_s:
                stop.wait(pause_s)

    def turn(self) -> float:
        """One look; returns the seconds to wait before the next."""
        frame = self._senses.camera.read(FRAME_WAIT_S)
        try:
            if frame is not None:
                self._see(frame)
        finally:
            lost = self._keeper.look_around(saw=frame is not None)
        if lost:
            self._senses.latest.forget()
            self._attend(self._senses.watcher.finish(self._senses.monotonic()))
        return FRAME_WAIT_S if frame is None and self._senses.camera.ended else 0.0

    def _see(self, frame: Frame) -> None:
        senses, holding = self._senses, self._senses.knowledge.now
        senses.latest.see(frame)
        seen = senses.watcher.look(frame, holding.gallery, holding.rule)
        senses.health.frame()
        if seen.looked:
            self._faces = seen.faces
            waited_for = any(face.asked_for_signs for face in seen.faces)
            senses.stage.ask(Prompt.SIGNS if waited_for else Prompt.FACE)
            senses.health.looked(seen.pace.detection_width, degraded=seen.pace != FULL)
            senses.health.took(stages_of(seen.stage_ms))
        senses.stage.picture(picture_of(frame, self._faces) if senses.stage.is_watched else None)
        self._attend(seen.verdicts)
        if senses.reads_codes:
            self._read(seen)

    def _attend(self, verdicts: tuple[Verdict, ...]) -> None:
        for verdict in verdicts:
            self._attendant.attend(face_claim(verdict, self._senses.monotonic()))

    def _read(self, seen: Seen) -> None:
        self._held, fresh = self._held.look(seen.codes, self._senses.monotonic())
        if fresh is not None:
            self._wicket.show_code(fresh)


def picture_of(frame: Frame, faces: tuple[SeenFace, ...]) -> Picture:
    """The frame for the screen, near faces as shares of its size."""
    return Picture(frame.pixels, tuple(_share(each.face.box, frame) for each in faces if each.near))


def stages_of(took: StageMs) -> dict[str, float]:
    """The stages that ran, by the names of a health report."""
    stages = {
        "read": took.decode,
        "detect": took.detect,
        "describe": took.describe,
        "liveness": took.liveness,
        "match": took.match,
        "codes": took.codes,
    }
    return {name: milliseconds for name, milliseconds in stages.items() if milliseconds >= RAN_MS}


def _share(box: Box, frame: Frame) -> tuple[float, float, float, float]:
    width, height = frame.width, frame.height
    return (box.left / width, box.top / height, box.right / width, box.bottom / height)
