"""`python -m kaimen.chaos.gate`: a gate without a camera. Who comes to it is SIMULATED; all else is the gate's own.

Journal, sender, link, order desk, warden and door are those of `python -m gate`. Strangers and people who press the
exit button come by chance, and every record is told to a witness before the door moves.
"""

import argparse
import random
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from admin.logs import start_log
from contracts.ending import Ending
from contracts.ids import ModelId, uuid7
from contracts.words import CameraState, Method, Reason
from gate.access.claim import Claim
from gate.app import build
from gate.attendant import Attendant, ByHand
from gate.loop import Watches
from gate.settings import GateSettings, read_settings
from gate.store.journal import JournalError
from gate.vision.approach import Verdict
from gate.vision.camera import Camera
from gate.vision.frame import Frame
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from gate.vision.onnx_eye import MODEL
from gate.vision.watch import Seen
from kaimen.chaos.witness import WitnessedRecords, WitnessFile

EXIT_RECORD: Final = 3  # as `python -m gate` says it
PRESS, STRANGER, WRONG_PIN = 0.7, 0.2, 0.1
"""Shares of those who come."""


class NoCamera:
    """Shows nothing."""

    @property
    def state(self) -> CameraState:
        return CameraState.SEEING

    @property
    def ended(self) -> bool:
        return False

    def read(self, wait_seconds: float = 0.0) -> Frame | None:
        time.sleep(wait_seconds)
        return None

    def close(self) -> None: ...


class NobodyWatches:
    """Sees nobody."""

    def look(self, frame: Frame, gallery: Gallery, rule: Threshold) -> Seen:  # noqa: ARG002 - as the watcher's
        return Seen(looked=False)

    def finish(self, at: float) -> tuple[Verdict, ...]:  # noqa: ARG002 - as the watcher's
        return ()


class Blind:
    """The sight of a gate that has none; templates, of which it gets none, would be the usual eye's."""

    def __init__(self, settings: GateSettings) -> None:
        """Nothing of the settings concerns it."""

    @property
    def model(self) -> ModelId:
        return MODEL

    def camera(self) -> Camera:
        return NoCamera()

    def watcher(self) -> Watches:
        return NobodyWatches()


@dataclass(frozen=True, slots=True)
class Passersby:
    """Who comes: one every `each_s` on average, until the file `closed` is there."""

    chance: random.Random
    each_s: float
    closed: Path

    def come(self, attendant: Attendant, stop: threading.Event) -> None:
        """One after another; returns when told to stop or when it is closed."""
        while not self.closed.exists() and not stop.wait(self.chance.expovariate(1 / self.each_s)):
            self._come_once(attendant)

    def _come_once(self, attendant: Attendant) -> None:
        drawn = self.chance.random()
        if drawn < PRESS:
            attendant.open_by_hand(ByHand(uuid7(), Method.EXIT))
        elif drawn < PRESS + STRANGER:
            attendant.attend(Claim(Method.FACE, doubt=Reason.UNKNOWN))
        else:
            attendant.attend(Claim(Method.PIN, doubt=Reason.WRONG_PIN))


def main() -> int:
    """Runs until SIGTERM, or until an order asks for a new start; 3 where the journal cannot be opened."""
    parser = argparse.ArgumentParser(prog="python -m kaimen.chaos.gate", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument(
        "--witness", type=Path, required=True, help="where every record is told, on another disk"
    )
    parser.add_argument("--closed", type=Path, required=True, help="a file: once it is there nobody comes")
    parser.add_argument("--each", type=float, required=True, help="seconds between two who come, on average")
    parser.add_argument("--seed", type=int, required=True, help="of who comes and when")
    given = parser.parse_args()
    start_log("gate")
    stop = Ending.by_signals()
    witness = WitnessFile(given.witness)
    try:
        gate = build(
            read_settings(given.config),
            Blind,
            lambda iron: replace(iron, records=WitnessedRecords(iron.records, witness)),
        )
    except JournalError as wrong:
        print(wrong, file=sys.stderr)
        return EXIT_RECORD
    passersby = Passersby(random.Random(given.seed), given.each, given.closed)  # noqa: S311 - repeatable, not secret
    people = threading.Thread(target=passersby.come, args=(gate.attendant, stop), name="people")
    people.start()
    gate.run(stop)
    people.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
