"""The loop: frames to attempts, errors to a shut door."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from contracts.ids import BootId, PersonId
from contracts.words import AlarmKind, Method, Outcome, Reason
from gate.access.policy import Liveness
from gate.access.rights import Rights
from gate.keeper import Badge, Box, Keeper, Looked
from gate.knowledge import Knowledge
from gate.loop import Loop, Senses, stages_of
from gate.screen.words import Condition, Prompt
from gate.vision.approach import Verdict
from gate.vision.frame import Box as FaceBox
from gate.vision.frame import Face, Frame, Landmarks, Point
from gate.vision.gallery import Gallery
from gate.vision.liveness import NotMeasured
from gate.vision.match import Threshold
from gate.vision.track import TrackId
from gate.vision.watch import Seen, SeenFace, StageMs
from gate.wicket import Here, Wicket
from tests.gate.at_the_gate import COMPOUND, EAST, MODEL, WANG, AtTheGate, FakeServer, a_roster

NOTHING = Seen(looked=True)


def a_verdict(person: PersonId | None = None, reason: Reason | None = None) -> Verdict:
    return Verdict(TrackId(1), 1000.0, person, reason, 0.5, 0.3, 3, 999.5, NotMeasured("no_turn_seen"))


class FakeWatcher:
    """Sees what it was told to see."""

    def __init__(self) -> None:
        self.sights: deque[Seen | Exception] = deque()
        self.under_way: tuple[Verdict, ...] = ()

    def look(self, frame: Frame, gallery: Gallery, rule: Threshold) -> Seen:
        sight = self.sights.popleft() if self.sights else NOTHING
        if isinstance(sight, Exception):
            raise sight
        return sight

    def finish(self, at: float) -> tuple[Verdict, ...]:
        left, self.under_way = self.under_way, ()
        return left


class Watching(AtTheGate):
    """A whole gate but for camera, eye and iron."""

    def __init__(self) -> None:
        super().__init__()
        self.blind, self.number, self.codes = False, 0, list[str]()
        self.eye = FakeWatcher()
        self.known.rights = Rights.of(a_roster())
        knowledge = Knowledge(MODEL, lambda _gallery: Threshold(1.0, 0.1), lambda: False)
        box = Box(lambda: 0, lambda: 0, lambda: 0, 90, lambda _: None, lambda: None)
        looked = Looked(knowledge, self.stage, self.health, self.door, self, self.clock)
        keeper = Keeper(Badge(EAST, BootId("b1"), Liveness.WARN, 0.001), box, looked, self.attendant)
        here = Here(COMPOUND, EAST, self.clock.now)
        self.wicket = Wicket(here, self.attendant, lambda: self.known.rights, FakeServer())
        senses = Senses(self, self.eye, knowledge, True, self.health, self.stage, self.clock.monotonic)
        self.loop = Loop(senses, self.attendant, self.wicket, keeper)

    @property
    def ended(self) -> bool:
        return self.blind

    def read(self, wait_seconds: float = 0.0) -> Frame | None:
        self.number += 1
        pixels = np.zeros((72, 128, 3), np.uint8)
        return None if self.blind else Frame(pixels, self.clock.wall, self.clock.seconds, self.number)

    def publish(self, topic: object, payload: object) -> bool:
        return True

    def see(self, *sights: Seen | Exception) -> None:
        self.eye.sights.extend(sights)
        for _ in sights:
            self.clock.forward(0.1)
            self.loop.turn()


@pytest.fixture
def gate() -> Watching:
    return Watching()


@pytest.mark.promise(1)
@pytest.mark.promise(6)
def test_a_frame_with_two_people_is_two_attempts_each_with_its_own_outcome(gate: Watching) -> None:
    gate.see(Seen(looked=True, verdicts=(a_verdict(WANG), a_verdict(reason=Reason.UNKNOWN))))
    outcomes = [(what.outcome, what.reason) for _, what in gate.records.passages]
    assert outcomes == [(Outcome.GRANTED, None), (Outcome.DENIED, Reason.UNKNOWN)]
    assert gate.diary == ["passage granted", "pulse", "pulse noted True", "passage denied"]


@pytest.mark.promise(6)
def test_an_error_in_a_frame_is_counted_and_opens_nothing_and_the_watch_goes_on(gate: Watching) -> None:
    stop = threading.Event()
    gate.eye.sights.extend([RuntimeError("bad frame"), Seen(looked=True, verdicts=(a_verdict(WANG),))])
    gate.iron.door.pulse = stopping(gate.door.pulse, stop)  # pyright: ignore[reportAttributeAccessIssue]
    gate.loop.run(stop)
    assert gate.health.report(gate.clock.seconds).troubles == 1
    assert gate.door.pulses == [3.0]


def stopping(pulse: Callable[[float], None], stop: threading.Event) -> Callable[[float], None]:
    def and_stop(seconds: float) -> None:
        stop.set()
        pulse(seconds)

    return and_stop


@pytest.mark.promise(1)
def test_with_a_full_disk_the_loop_goes_on_and_the_door_stays_shut(gate: Watching) -> None:
    gate.records.full = True
    gate.see(Seen(looked=True, verdicts=(a_verdict(WANG),)), NOTHING)
    assert gate.door.pulses == []
    assert Condition.NO_RECORD in gate.stage.board().conditions


def test_a_pass_held_in_view_is_one_attempt(gate: Watching) -> None:
    tried: list[str] = []
    gate.wicket.show_code = tried.append  # pyright: ignore[reportAttributeAccessIssue]
    gate.see(*[Seen(looked=True, codes=("KM1:A",))] * 30)
    assert tried == ["KM1:A"]


def test_a_code_in_view_is_tried_beside_the_loop(gate: Watching) -> None:
    gate.see(Seen(looked=True, codes=("KM1:FORGED",)))
    gate.wicket.close()
    assert [(what.method, what.reason) for _, what in gate.records.passages] == [(Method.QR, Reason.FORGED)]


def test_whoever_was_under_way_when_the_camera_went_dark_gets_an_outcome(gate: Watching) -> None:
    gate.eye.under_way = (a_verdict(reason=Reason.POOR_QUALITY),)
    gate.blind = True
    for _ in range(5):
        gate.clock.forward(1)
        assert gate.loop.turn() > 0
    assert [what.reason for _, what in gate.records.passages] == [Reason.POOR_QUALITY]
    assert gate.records.alarms == [AlarmKind.CAMERA_LOST]


@pytest.mark.promise(9)
def test_the_newest_frame_can_be_had_and_is_forgotten_with_a_lost_camera(gate: Watching) -> None:
    latest = gate.loop._senses.latest
    gate.see(NOTHING)
    frame = latest.newest(gate.clock.monotonic())
    assert frame is not None
    assert frame.number == gate.number
    gate.blind = True
    for _ in range(5):
        gate.clock.forward(1)
        gate.loop.turn()
    assert latest.newest(frame.monotonic) is None


def test_pictures_go_to_the_screen_only_while_somebody_watches(gate: Watching) -> None:
    gate.see(NOTHING)
    assert gate.stage.newest_picture() is None
    face = Face(FaceBox(32, 18, 64, 54), Landmarks(*[Point(40 + 9 * each, 30) for each in range(5)]), 0.9)
    gate.see(Seen(looked=True, faces=(SeenFace(TrackId(1), face, (), undecided=True),)), Seen(looked=False))
    picture = gate.stage.newest_picture()
    assert picture is not None
    assert picture.faces == (), "a face too small for an approach is not framed"
    near = Face(face.box, Landmarks(*[Point(40 + 20 * each, 30) for each in range(5)]), 0.9)
    gate.see(Seen(looked=True, faces=(SeenFace(TrackId(1), near, (), undecided=True),)), Seen(looked=False))
    picture = gate.stage.newest_picture()
    assert picture is not None
    assert picture.faces == ((0.25, 0.25, 0.5, 0.75),)
    gate.clock.forward(5)
    gate.see(NOTHING)
    assert gate.stage.newest_picture() is None


def test_whoever_is_waited_for_is_asked_to_turn_and_blink_until_then(gate: Watching) -> None:
    face = Face(FaceBox(32, 18, 64, 54), Landmarks(*[Point(40 + 20 * each, 30) for each in range(5)]), 0.9)
    waiting = SeenFace(TrackId(1), face, (), undecided=True, asked_for_signs=True)
    gate.see(Seen(looked=True, faces=(waiting,)))
    assert gate.stage.board().prompt is Prompt.SIGNS
    gate.see(Seen(looked=False))
    assert gate.stage.board().prompt is Prompt.SIGNS
    gate.see(Seen(looked=True, faces=(replace(waiting, asked_for_signs=False),)))
    assert gate.stage.board().prompt is Prompt.FACE


def test_only_stages_that_ran_are_reported() -> None:
    assert stages_of(StageMs(decode=1.5, detect=9.0, describe=0.001, liveness=6.0)) == {
        "read": 1.5,
        "detect": 9.0,
        "liveness": 6.0,
    }
