"""What a gate looks after between frames."""

from datetime import timedelta

import pytest

from contracts.ids import BootId
from contracts.roster import RosterBody
from contracts.state import HealthV1
from contracts.topics import HEALTH, Topic
from contracts.wire import Message
from contracts.words import AlarmKind, CameraState
from gate.access.policy import Liveness
from gate.keeper import Badge, Box, Keeper, Looked
from gate.knowledge import Knowledge
from gate.screen.words import Condition
from gate.store.journal import NoRecord
from gate.vision.match import Threshold
from tests.gate.at_the_gate import EAST, MODEL, AtTheGate, a_roster


class Kept(AtTheGate):
    """A gate with a keeper, and what it publishes."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[HealthV1] = []
        self.unsent, self.stale, self.tidied = 0, False, 0
        self.unrecorded, self.settled = 0, list[int]()
        self.knowledge = Knowledge(MODEL, lambda _gallery: Threshold(1.0, 0.1), lambda: self.stale)
        box = Box(
            rss_mb=lambda: 300,
            disk_free_mb=lambda: 5000,
            unsent=lambda: self.unsent,
            nearly_full=90,
            settle=self._settle,
            tidy=self._tidy,
            unrecorded=lambda: self.unrecorded,
        )
        looked = Looked(self.knowledge, self.stage, self.health, self.door, self, self.clock)
        badge = Badge(EAST, BootId("b1"), Liveness.WARN, 0.002)
        self.keeper = Keeper(badge, box, looked, self.attendant)

    def publish(self, topic: Topic, payload: Message) -> bool:
        assert topic is HEALTH
        assert isinstance(payload, HealthV1)
        self.published.append(payload)
        return True

    def pass_time(self, seconds: int, saw: bool = True) -> frozenset[Condition]:
        for _ in range(seconds):
            self.clock.forward(1)
            self.keeper.look_around(saw)
        return self.stage.board().conditions

    def _settle(self, now_ms: int) -> None:
        self.settled.append(now_ms)
        raise NoRecord("database or disk is full")

    def _tidy(self) -> None:
        self.tidied += 1
        raise NoRecord("database or disk is full")


@pytest.fixture
def gate() -> Kept:
    return Kept()


def test_counted_refusals_are_written_down_every_half_minute_and_a_full_disk_ends_nothing(gate: Kept) -> None:
    gate.pass_time(70)
    assert [later - before for before, later in zip(gate.settled, gate.settled[1:], strict=False)] == [
        30_000
    ] * 2
    assert len(gate.published) == 3


def test_health_is_told_two_seconds_after_the_start_and_every_thirty_seconds_after(gate: Kept) -> None:
    gate.pass_time(1)
    assert gate.published == []
    gate.pass_time(1)
    assert len(gate.published) == 1
    gate.pass_time(60)
    assert len(gate.published) == 3
    report = gate.published[-1]
    assert (report.rss_mb, report.disk_free_mb, report.camera) == (300, 5000, CameraState.SEEING)
    assert report.liveness == "warn"
    assert (report.target_fpir, report.distance, report.margin) == (0.002, 1.0, 0.1)


@pytest.mark.promise(13)
def test_health_says_how_many_left_while_nothing_could_be_recorded(gate: Kept) -> None:
    gate.unrecorded = 3
    gate.pass_time(2)
    assert gate.published[0].exits_unrecorded == 3


def test_health_says_how_hard_the_gate_looks(gate: Kept) -> None:
    gate.health.looked(480, degraded=True)
    gate.pass_time(2)
    assert (gate.published[0].detection_width, gate.published[0].degraded) == (480, True)
    assert gate.published[0].looks_per_s == 0.5


def test_a_lost_camera_is_said_alarmed_once_and_forgiven_when_it_is_back(gate: Kept) -> None:
    assert Condition.CAMERA_LOST not in gate.pass_time(3, saw=False)
    assert Condition.CAMERA_LOST in gate.pass_time(5, saw=False)
    assert gate.records.alarms == [AlarmKind.CAMERA_LOST]
    assert Condition.CAMERA_LOST not in gate.pass_time(1)
    assert gate.records.alarms == [AlarmKind.CAMERA_LOST, AlarmKind.CAMERA_BACK]


def test_the_screen_says_that_there_is_no_roster_and_then_that_it_is_stale(gate: Kept) -> None:
    assert Condition.ROSTER_MISSING in gate.pass_time(1)
    gate.knowledge.apply(RosterBody(a_roster(), b""))
    assert not gate.pass_time(1)
    assert gate.stage.board().place.gate_zh == "东门"
    gate.stale = True
    assert gate.pass_time(1) == {Condition.ROSTER_STALE}


@pytest.mark.promise(2)
def test_the_screen_says_when_the_journal_is_nearly_full(gate: Kept) -> None:
    gate.unsent = 90
    assert Condition.JOURNAL_NEARLY_FULL in gate.pass_time(1)


@pytest.mark.promise(7)
def test_a_clock_that_is_no_longer_trusted_alarms_once(gate: Kept) -> None:
    gate.clock.trusted, gate.clock.offset = False, timedelta(seconds=-300, microseconds=600)
    assert Condition.NO_CLOCK in gate.pass_time(5)
    assert gate.records.alarms == [AlarmKind.CLOCK]
    assert not gate.published[-1].clock_trusted
    assert gate.published[-1].clock_offset_ms == -300_000


def test_forgetting_that_fails_is_counted_and_tried_again_an_hour_later(gate: Kept) -> None:
    gate.pass_time(2 * 3600)
    assert gate.tidied == 2
    assert gate.published[-1].troubles >= 1
