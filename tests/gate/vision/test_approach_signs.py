"""Where no network judges life and a gate wants it shown, whoever is recognised turns the head and blinks first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from contracts.ids import PersonId
from contracts.words import Reason
from gate.vision.approach import SECONDS_FOR_SIGNS, Verdict
from gate.vision.blink import Eyes
from gate.vision.frame import Box, Face, Frame, Landmarks
from gate.vision.gallery import Gallery
from gate.vision.liveness import Deep, Flat, NotMeasured
from gate.vision.match import Threshold
from gate.vision.watch import Seen, Watcher
from tests.gate.vision.cardboard import MODEL, CardboardEye, a_frame
from tests.gate.vision.test_liveness import turned

ANN = PersonId("ann")
RULE = Threshold(distance=0.5, margin=0.1)
RATE = 15
NOBODY = (-1.0, 0.0)
HERS = (1.0, 0.0)
TURN = [30 * np.sin(step / 4) for step in range(30)]
STAND = [0.0] * 30


@dataclass(slots=True)
class CardboardLids:
    """Open eyes, but shut from look `shut_at` on for a fifth of a second; `covered` as under a finger."""

    shut_at: int = 10
    covered: bool = False
    asked: int = 0

    def eyes(self, frame: Frame, landmarks: Landmarks) -> Eyes:
        self.asked += 1
        shut = self.shut_at <= self.asked < self.shut_at + 3
        around = (0.0, 1.0) if shut and self.covered else (1.0, 0.0)
        return Eyes(frame.monotonic, (0.05, 0.05) if shut else (0.3, 0.3), np.array(around, dtype=np.float32))


def a_face(yaw: float, *, depth: float) -> Face:
    landmarks = turned(yaw, depth=depth)
    left, top = (round(float(value)) for value in landmarks.matrix().min(axis=0))
    right, bottom = (round(float(value)) for value in landmarks.matrix().max(axis=0))
    return Face(Box(left - 30, top - 40, right + 30, bottom + 40), landmarks, 0.9)


class Gate:
    """One camera before which somebody stands."""

    def __init__(self, lids: CardboardLids | None) -> None:
        self.eye, self.lids, self.looks = CardboardEye(vector=HERS), lids, 0
        self.watcher = Watcher(self.eye, lids=lids)
        self.gallery = Gallery.of(MODEL, [ANN], np.array([HERS], dtype=np.float32))

    def see(self, yaws: Sequence[float], *, depth: float = 1.0) -> Iterator[Seen]:
        for yaw in yaws:
            self.eye.faces = [a_face(yaw, depth=depth)]
            yield self.watcher.look(a_frame(self.looks / RATE), self.gallery, RULE)
            self.looks += 1

    def verdicts(self, yaws: Sequence[float], *, depth: float = 1.0) -> list[Verdict]:
        return [verdict for seen in self.see(yaws, depth=depth) for verdict in seen.verdicts]


def test_whoever_turns_the_head_and_blinks_is_alive() -> None:
    (verdict,) = Gate(CardboardLids()).verdicts([*TURN, *STAND])
    assert verdict.person == ANN
    assert isinstance(verdict.liveness, Deep)
    assert verdict.at < SECONDS_FOR_SIGNS


def test_without_lids_nobody_waits() -> None:
    (verdict,) = Gate(None).verdicts(STAND)
    assert (verdict.person, verdict.frames) == (ANN, 1)


@pytest.mark.promise(6)
def test_whoever_shows_no_sign_is_recognised_and_not_alive_after_a_while() -> None:
    (verdict,) = Gate(CardboardLids(shut_at=10_000)).verdicts([0.0] * RATE * 10)
    assert (verdict.person, verdict.liveness) == (ANN, NotMeasured("no_turn_seen"))
    assert verdict.at == pytest.approx(SECONDS_FOR_SIGNS, abs=0.3)


@pytest.mark.promise(6)
@pytest.mark.parametrize("covered", [False, True], ids=["shut lids drawn on it", "a finger passed over it"])
def test_a_print_that_is_tilted_and_made_to_blink_is_not_alive(covered: bool) -> None:
    (verdict,) = Gate(CardboardLids(covered=covered)).verdicts(
        [*TURN, *TURN, *STAND, *STAND, *STAND], depth=0
    )
    assert isinstance(verdict.liveness, Flat | NotMeasured)


@pytest.mark.promise(6)
def test_a_bent_print_with_depth_that_a_finger_passes_over_is_not_alive() -> None:
    (verdict,) = Gate(CardboardLids(covered=True)).verdicts([*TURN, *TURN, *STAND, *STAND, *STAND])
    assert verdict.liveness == NotMeasured("no_blink_seen")


@pytest.mark.promise(6)
def test_whoever_shows_a_picture_first_and_the_own_turning_face_then_is_not_let_in() -> None:
    gate = Gate(CardboardLids())
    assert gate.verdicts([0.0, 0.0]) == []
    gate.eye.vector = np.array(NOBODY, dtype=np.float32)
    owed, own = gate.verdicts([*TURN, *STAND])
    assert (owed.person, owed.reason, owed.liveness) == (
        None,
        Reason.POOR_QUALITY,
        NotMeasured("too_few_looks"),
    )
    assert (own.person, own.reason) == (None, Reason.UNKNOWN)


def test_eyes_are_measured_only_of_somebody_recognised_who_is_waited_for() -> None:
    lids = CardboardLids()
    stranger = Gate(lids)
    stranger.eye.vector = np.array(NOBODY, dtype=np.float32)
    stranger.verdicts(STAND)
    assert lids.asked == 0
    gate = Gate(lids)
    gate.verdicts([*TURN, *STAND])
    looked = lids.asked
    gate.verdicts(STAND)
    assert 0 < lids.asked == looked


def test_whoever_is_waited_for_is_asked_for_signs_until_both_were_seen() -> None:
    asked = [seen.faces[0].asked_for_signs for seen in Gate(CardboardLids()).see([*TURN, *STAND])]
    first_done = asked.index(False)
    assert RATE / 2 < first_done < len(TURN)
    assert not any(asked[first_done:])


def test_whoever_leaves_while_being_waited_for_stays_outside() -> None:
    gate = Gate(CardboardLids(shut_at=10_000))
    assert gate.verdicts(STAND) == []
    (verdict,) = gate.watcher.finish(3.0)
    assert (verdict.person, verdict.reason) == (None, Reason.POOR_QUALITY)
