"""A gate's own loop before a clip, from the camera to the relay: how long a door takes to open.

Camera thread, watcher, roster, decision, journal and door port are the product's. The clip runs at its own pace; what
the gate is too slow for is dropped. The relay is simulated and answers at once, so a relay's own time comes on top.
There is no broker, no server and no screen. `kaimen demo --headless` measures the same with all of them.
"""

import tempfile
from base64 import b64encode
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.ids import BootId, CompoundId, GateId
from contracts.roster import Name, Roster, RosterBody, RosterPerson
from contracts.topics import Topic
from contracts.wire import Message
from contracts.words import Direction
from gate.access.policy import Liveness
from gate.attendant import Attendant, Iron, Post
from gate.clock import SystemClock
from gate.health import Health
from gate.ironwork import build_door
from gate.keeper import Badge, Box, Keeper, Looked
from gate.knowledge import Knowledge
from gate.loop import Loop, Senses, Watches
from gate.mqtt.fetch import NotReached
from gate.screen.stage import Stage
from gate.settings import DoorSettings
from gate.store.journal import AlarmStamp, Journal
from gate.store.spent import SpentPasses
from gate.vision.camera import open_camera
from gate.vision.gallery import Gallery
from gate.vision.match import Threshold
from gate.wicket import Here, Wicket
from kaimen.demo.figures import pulses

COMPOUND, GATE, PLACE = CompoundId("bench"), GateId("bench"), Name(zh="测量", en="Measurement")
JOURNAL: Final = "journal.sqlite3"
TARGET_FPIR: Final = 0.001


@dataclass(frozen=True, slots=True)
class Gate:
    """Whom a gate knows, by which rule it tells them apart, and what it does about a face not shown to be alive."""

    gallery: Gallery
    rule: Threshold
    liveness: Liveness = Liveness.OFF


class Alone:
    """No broker and no server."""

    def publish(self, topic: Topic, payload: Message) -> bool:  # noqa: ARG002 - as the link's
        return False

    def claim_use(self, claim: ClaimV1) -> ClaimAnswerV1 | NotReached:  # noqa: ARG002 - as the server's
        return NotReached("alone")


@dataclass(frozen=True, slots=True)
class Parts:
    """What one run of the loop stands on, in a folder of its own."""

    folder: Path
    ends: ExitStack
    clock: SystemClock = field(default_factory=SystemClock)
    boot: BootId = field(default_factory=BootId.random)

    def journal(self) -> Journal:
        opened = AlarmStamp(self.clock.now(), int(self.clock.monotonic() * 1000))
        journal = Journal(self.folder / JOURNAL, GATE, self.boot, opened)
        self.ends.callback(journal.close)
        return journal

    def spent(self) -> SpentPasses:
        spent = SpentPasses(self.folder / "spent.sqlite3")
        self.ends.callback(spent.close)
        return spent


def unlocks(video: Path, watcher: Watches, gate: Gate, seconds: float) -> list[float]:
    """Milliseconds from the first usable frame of each approach that was let in to the answer of the relay.

    Watches the clip to its end or for so many seconds. Raises CameraRefused.
    """
    with tempfile.TemporaryDirectory(prefix="kaimen-") as folder:
        with ExitStack() as ends:
            _watch(Parts(Path(folder), ends), video, watcher, gate, seconds)
        return [each.unlock_ms for each in pulses(Path(folder) / JOURNAL) if each.unlock_ms is not None]


def _watch(parts: Parts, video: Path, watcher: Watches, gate: Gate, seconds: float) -> None:
    clock, stage = parts.clock, Stage(parts.clock.monotonic)
    health, knowledge = Health(clock.monotonic()), _knowledge(gate)
    door = build_door(DoorSettings(kind="simulated", mechanical_exit=True), clock.monotonic)
    records = parts.journal()
    iron = Iron(records, parts.spent(), door, stage, health, clock, wake=lambda: None)
    post = Post(parts.boot, Direction.IN, 3.0, gate.liveness, stale_pin=False)
    attendant = Attendant(post, knowledge, iron)
    box = Box(lambda: 0, lambda: 0, records.unsent_count, 1, records.settle, lambda: None)
    looked = Looked(knowledge, stage, health, door, Alone(), clock)
    keeper = Keeper(Badge(GATE, parts.boot, gate.liveness, TARGET_FPIR), box, looked, attendant)
    wicket = Wicket(Here(COMPOUND, GATE, clock.now), attendant, lambda: knowledge.rights, Alone())
    parts.ends.callback(wicket.close)
    camera = open_camera(str(video))
    parts.ends.callback(camera.close)
    senses = Senses(
        camera, watcher, knowledge, reads_codes=True, health=health, stage=stage, monotonic=clock.monotonic
    )
    _turn(Loop(senses, attendant, wicket, keeper), lambda: camera.ended, clock.monotonic, seconds)


def _turn(loop: Loop, ended: Callable[[], bool], monotonic: Callable[[], float], seconds: float) -> None:
    end = monotonic() + seconds
    while not ended() and monotonic() < end:
        loop.turn()


def _knowledge(gate: Gate) -> Knowledge:
    """What a gate knows after a roster of this gallery, whose lease does not end."""
    knowledge = Knowledge(gate.gallery.model, lambda _: gate.rule, lambda: False)
    gallery, people = gate.gallery, list(dict.fromkeys(gate.gallery.people))
    numbers = {person: number for number, person in enumerate(people)}
    roster = Roster(
        compound=COMPOUND,
        gate=GATE,
        generation=1,
        version=1,
        made_at=SystemClock().now(),
        compound_name=PLACE,
        gate_name=PLACE,
        model=gallery.model,
        width=gallery.matrix.shape[1],
        people=[RosterPerson(id=person) for person in people],
        rows=[numbers[person] for person in gallery.people],
        pin_key=b64encode(bytes(32)).decode(),
    )
    refused = knowledge.apply(RosterBody(roster, gallery.matrix.astype("<f4").tobytes()))
    if refused is not None:
        raise ValueError(f"The gate takes no such roster: {refused}")
    return knowledge
