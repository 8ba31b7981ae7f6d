"""A clip before a gate's own loop: what is measured ends at the relay, and nothing opens that should not."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.doorway import Gate, unlocks
from contracts.ids import ModelId, PersonId
from gate.access.policy import Liveness
from gate.vision.approach import Verdict
from gate.vision.frame import Frame
from gate.vision.gallery import Gallery
from gate.vision.liveness import NotMeasured
from gate.vision.match import Threshold
from gate.vision.track import TrackId
from gate.vision.watch import Seen

EYE, RULE = ModelId("eye.1"), Threshold(distance=0.5, margin=0.1)
ANN, NOBODY = PersonId("ann"), PersonId("nobody")
WAITED_S = 0.2


class Recognises:
    """One person, once, whose first usable frame was a moment ago."""

    def __init__(self, person: PersonId) -> None:
        self._person: PersonId | None = person

    def look(self, frame: Frame, gallery: Gallery, rule: Threshold) -> Seen:
        person, self._person = self._person, None
        if person is None:
            return Seen(looked=True)
        began, alive = frame.monotonic - WAITED_S, NotMeasured("no_turn_seen")
        verdict = Verdict(TrackId(1), frame.monotonic, person, None, 0.1, 0.5, 3, began, alive)
        return Seen(looked=True, verdicts=(verdict,))

    def finish(self, at: float) -> tuple[Verdict, ...]:
        return ()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (64, 48))
    for _ in range(4):
        writer.write(np.zeros((48, 64, 3), dtype=np.uint8))
    writer.release()
    return path


def a_gate(liveness: Liveness = Liveness.OFF) -> Gate:
    return Gate(Gallery.of(EYE, [ANN, ANN], np.eye(2, 4, dtype=np.float32)), RULE, liveness)


def test_the_time_runs_from_the_first_usable_frame_to_the_relay(clip: Path) -> None:
    (opened,) = unlocks(clip, Recognises(ANN), a_gate(), seconds=60)
    assert opened >= 1000 * WAITED_S


def test_whoever_has_no_right_opens_nothing(clip: Path) -> None:
    assert unlocks(clip, Recognises(NOBODY), a_gate(), seconds=60) == []


def test_where_life_has_to_be_shown_a_face_alone_opens_nothing(clip: Path) -> None:
    assert unlocks(clip, Recognises(ANN), a_gate(Liveness.REFUSE), seconds=60) == []


def test_the_clip_is_left_when_the_time_is_up(clip: Path) -> None:
    assert unlocks(clip, Recognises(ANN), a_gate(), seconds=0) == []
