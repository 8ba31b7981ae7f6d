"""A gate's parts as tests stand them up: hand-moved time, a door that remembers, a record that can fail."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.chain import NO_PARENT
from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.ids import BootId, CompoundId, EpochId, GateId, ModelId, PassId, PersonId
from contracts.passage import PassageV1, PassageWhat, PassageWho
from contracts.pins import VISITOR_ROOM, pin_mac
from contracts.roster import Name, PassKey, Roster, RosterPass, RosterPerson, RosterPin
from contracts.words import AlarmKind, Direction, DoorState
from gate.access.policy import Liveness
from gate.access.rights import NO_RIGHTS, Rights
from gate.attendant import Attendant, Iron, Post
from gate.door.contact import Event
from gate.door.door import DoorFault
from gate.health import Health
from gate.mqtt.fetch import NotReached
from gate.screen.messages import TypedPin
from gate.screen.stage import Stage
from gate.store.journal import NoRecord
from gate.store.links import Tip, alarm_after, passage_after

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
COMPOUND, EAST = CompoundId("hongfu"), GateId("east")
MODEL = ModelId("pair")
WANG = PersonId("a1")
ROOM, PIN, VISITOR_PIN = "3-2-1201", "246810", "12345678"
KEY = bytes(range(32))


class HandClock:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.wall, self.seconds, self.trusted = NOON, 1000.0, True
        self.offset: timedelta | None = None

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)


class FakeDoor:
    """Remembers pulses; `broken` makes the relay silent."""

    def __init__(self, diary: list[str]) -> None:
        self.pulses: list[float] = []
        self.events: list[Event] = []
        self.broken, self._diary = False, diary
        self.afterwards: Callable[[], None] = lambda: None

    def pulse(self, seconds: float) -> None:
        self._diary.append("pulse")
        if self.broken:
            raise DoorFault("silent")
        self.pulses.append(seconds)
        self.afterwards()

    def shut(self) -> None:
        self._diary.append("shut")
        if self.broken:
            raise DoorFault("silent")

    def look(self, held: bool) -> list[Event]:
        """What the test has put into `events`."""
        said, self.events = self.events, []
        return said

    def state(self) -> DoorState:
        return DoorState.UNKNOWN


class FakeRecords:
    """A journal in memory; `full` is a disk that takes nothing more."""

    def __init__(self, diary: list[str]) -> None:
        self.full = False
        self.counts = False  # a burst goes on: refusals share its row
        self.passages: list[tuple[PassageWho, PassageWhat]] = []
        self.alarms: list[AlarmKind] = []
        self.later: list[PassageWhat] = []
        self.pulses: list[tuple[UUID, bool]] = []
        self._diary, self._tip = diary, Tip(EpochId("e1"), 0, NO_PARENT)

    def write_passage(self, who: PassageWho, what: PassageWhat) -> PassageV1:
        self._check()
        self._diary.append(f"passage {what.outcome}")
        self.passages.append((who, what))
        return passage_after(self._tip, EAST, who, what)

    def write_refusal(self, who: PassageWho, what: PassageWhat) -> PassageV1 | None:
        written = self.write_passage(who, what)
        return None if self.counts else written

    def write_alarm(self, what: AlarmWhat) -> AlarmV1:
        self._check()
        self.alarms.append(what.kind)
        return alarm_after(self._tip, EAST, what)

    def write_later(self, what: PassageWhat) -> None:
        self._diary.append("kept for later")
        self.later.append(what)

    def pulse_is_done(self, passage: UUID, worked: bool, at_monotonic_ms: int) -> None:
        self._check()
        self._diary.append(f"pulse noted {worked}")
        self.pulses.append((passage, worked))

    def fill(self) -> None:
        self.full = True

    def _check(self) -> None:
        if self.full:
            raise NoRecord("database or disk is full")


class FakeSpent:
    """Uses of passes, in memory."""

    def __init__(self, diary: list[str]) -> None:
        self.used: dict[UUID, PassId] = {}
        self._diary = diary

    def uses(self, pass_id: PassId) -> int:
        return list(self.used.values()).count(pass_id)

    def use(self, pass_id: PassId, claim_id: UUID, until: datetime) -> int:
        self._diary.append("use")
        self.used[claim_id] = pass_id
        return self.uses(pass_id)


@dataclass
class FakeKnown:
    """What the gate holds on people."""

    rights: Rights = NO_RIGHTS
    stale: bool = False

    def is_stale(self) -> bool:
        return self.stale


class FakeServer:
    """Gives every use, refuses, or cannot be reached."""

    def __init__(self) -> None:
        self.asked: list[ClaimV1] = []
        self.answer: ClaimAnswerV1 | NotReached | None = None

    def claim_use(self, claim: ClaimV1) -> ClaimAnswerV1 | NotReached:
        self.asked.append(claim)
        return self.answer or ClaimAnswerV1(id=claim.id)


@dataclass
class AtTheGate:
    """One attendant and everything around it."""

    liveness: Liveness = Liveness.WARN
    direction: Direction = Direction.IN
    free_exit: bool = False
    clock: HandClock = field(default_factory=HandClock)
    diary: list[str] = field(default_factory=list[str])
    known: FakeKnown = field(default_factory=FakeKnown)
    stage: Stage = field(init=False)
    wakes: int = 0

    def __post_init__(self) -> None:
        self.stage = Stage(self.clock.monotonic)
        self.door, self.records = FakeDoor(self.diary), FakeRecords(self.diary)
        self.spent, self.health = FakeSpent(self.diary), Health(self.clock.monotonic())
        post = Post(
            BootId("b1"), self.direction, 3.0, self.liveness, stale_pin=False, free_exit=self.free_exit
        )
        self.iron = Iron(self.records, self.spent, self.door, self.stage, self.health, self.clock, self._wake)
        self.attendant = Attendant(post, self.known, self.iron)

    def _wake(self) -> None:
        self.wakes += 1


def a_pass(**changed: object) -> RosterPass:
    row = RosterPass(
        id=PassId.random(),
        since=NOON - HOUR,
        until=NOON + HOUR,
        uses=1,
        mac=pin_mac(KEY, VISITOR_ROOM, VISITOR_PIN),
    )
    return row.model_copy(update=changed)


def a_roster(*passes: RosterPass, keys: tuple[PassKey, ...] = ()) -> Roster:
    return Roster(
        compound=COMPOUND,
        gate=EAST,
        generation=1,
        version=7,
        made_at=NOON,
        compound_name=Name(zh="红福苑", en="Hongfu Court"),
        gate_name=Name(zh="东门", en="East gate"),
        model=MODEL,
        width=4,
        people=[RosterPerson(id=WANG)],
        pin_key=b64encode(KEY).decode(),
        pins=[RosterPin(person=WANG, mac=pin_mac(KEY, ROOM, PIN))],
        passes=list(passes),
        pass_keys=list(keys),
    )


def typed(pin: str, room: str = "") -> TypedPin:
    return TypedPin.model_validate({"room": room, "pin": pin})
