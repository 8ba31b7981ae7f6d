"""One attempt from claim to answer: decide, record, only then open, then say so (promises 1, 6 and 13)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.ids import BootId, PassId, StaffId, uuid7
from contracts.order import Mode
from contracts.passage import PassageV1, PassageWhat, PassageWho
from contracts.words import AlarmKind, Direction, Method, Outcome, Reason
from gate.access.claim import Claim, Use
from gate.access.cooldown import is_talked_over
from gate.access.lockout import Keypad
from gate.access.policy import Decision, GateState, Grant, Liveness, decide, outcome_of
from gate.access.rights import Rights
from gate.clock import Clock
from gate.door.door import Door, DoorFault
from gate.health import Health, Trouble
from gate.screen.stage import Answer, Stage
from gate.screen.words import Condition
from gate.store.journal import JournalError, NoRecord

log = structlog.get_logger()


class TrustedClock(Clock, Protocol):
    """A clock that knows whether windows may be judged by it."""

    @property
    def trusted(self) -> bool: ...

    @property
    def offset(self) -> timedelta | None: ...


class Records(Protocol):
    """The journal, as an attempt sees it. Each that returns what was committed raises NoRecord where nothing was."""

    def write_passage(self, who: PassageWho, what: PassageWhat) -> PassageV1: ...

    def write_refusal(self, who: PassageWho, what: PassageWhat) -> PassageV1 | None:
        """None where it was counted in the row of its burst."""
        ...

    def write_alarm(self, what: AlarmWhat) -> AlarmV1: ...

    def write_later(self, what: PassageWhat) -> None:
        """Keeps an opening without a record until it can be written. Raises nothing."""
        ...

    def pulse_is_done(self, passage: UUID, worked: bool, at_monotonic_ms: int) -> None: ...


class Spent(Protocol):
    """Uses of passes made at this gate. Raises JournalError and NoRecord."""

    def uses(self, pass_id: PassId) -> int: ...

    def use(self, pass_id: PassId, claim_id: UUID, until: datetime) -> int: ...


class Knows(Protocol):
    """What the gate holds on people now."""

    @property
    def rights(self) -> Rights: ...

    def is_stale(self) -> bool: ...


@dataclass(slots=True)
class Stance:
    """What the gate is under now: written by the warden, read by every attempt."""

    mode: Mode = Mode.NORMAL
    fire: bool = False

    @property
    def locked_down(self) -> bool:
        return self.mode is Mode.LOCK_DOWN

    @property
    def held_open(self) -> bool:
        return self.mode is Mode.HOLD_OPEN


@dataclass(frozen=True, slots=True)
class ByHand:
    """An opening without a credential: ordered by staff, or asked for by the exit button.

    Its id is that of its passage. After `deadline_ms` on the monotonic clock it is not made.
    """

    id: UUID
    method: Method
    staff: StaffId | None = None
    deadline_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """What stays as it is for one start of a gate."""

    boot: BootId
    direction: Direction
    pulse_seconds: float
    liveness: Liveness
    stale_pin: bool
    free_exit: bool = False  # a handle or a button lets people out: this reader need not

    @property
    def may_lead_out(self) -> bool:
        """Whether somebody before this reader may be on the way out and have no other way."""
        return self.direction is Direction.OUT or (self.direction is Direction.BOTH and not self.free_exit)


@dataclass(frozen=True, slots=True)
class Iron:
    """What an attempt writes to, opens, shows on and counts in.

    `wake` tells the sender of a new record, `refused` hears of each refusal on record and returns at once.
    """

    records: Records
    spent: Spent
    door: Door
    stage: Stage
    health: Health
    clock: TrustedClock
    wake: Callable[[], None]
    stance: Stance = field(default_factory=Stance)
    refused: Callable[[PassageV1], None] = lambda _: None


class Attendant:
    """Any thread may call; attempts are decided one at a time, so that no pass is used twice at once."""

    def __init__(self, post: Post, known: Knows, iron: Iron) -> None:
        self._post, self._known, self._iron = post, known, iron
        self._one_at_a_time = threading.Lock()
        self._keypad = Keypad()
        self._welcomed_at = float("-inf")

    def attend(self, claim: Claim, attempt: UUID | None = None) -> Answer:
        """Decides, records, opens and answers. `attempt` is the id under which a use was claimed.

        Raises nothing that leaves the door open without a record: what is unexpected goes up before the pulse.
        """
        with self._one_at_a_time:
            answer = self._attend(claim, attempt or uuid7())
            self._say(answer)
        self._iron.wake()
        return answer

    def open_by_hand(self, opening: ByHand) -> Answer | None:
        """Records and opens; None where the deadline has passed by the time it is its turn.

        No lock-down and no doubt stands against it: a person answers for it, or wants to leave. Whoever wants to
        leave is let out without a record too.
        """
        with self._one_at_a_time:
            answer = None if self._is_too_late(opening) else self._open_by_hand(opening)
            if answer is not None:
                self._say(answer)
        self._iron.wake()
        return answer

    def would_grant(self, claim: Claim) -> bool:
        """Whether only the server's word on a pass is missing; nothing is recorded or counted."""
        with self._one_at_a_time:
            try:
                return isinstance(self._judge(replace(claim, use=Use(reached=True)), uuid7())[0], Grant)
            except JournalError:
                return False  # nothing opens then, so no use is taken; the attempt itself says why

    @property
    def is_keypad_locked(self) -> bool:
        return self._keypad.is_locked(self._iron.clock.monotonic())

    def alarm(self, kind: AlarmKind, passage: UUID | None = None) -> None:
        """Writes an alarm; where that fails it is counted and said on the screen."""
        try:
            self._iron.records.write_alarm(
                AlarmWhat(
                    id=uuid7(),
                    at=self._iron.clock.now(),
                    boot=self._post.boot,
                    monotonic_ms=self._milliseconds(),
                    kind=kind,
                    passage=passage,
                )
            )
        except NoRecord as wrong:
            self._no_record(wrong)
        else:
            self._iron.wake()

    def _attend(self, claim: Claim, attempt: UUID) -> Answer:
        try:
            decision, what = self._judge(claim, attempt)
            return self._act(decision, claim, what)
        except JournalError as wrong:
            self._no_record(wrong)
            # In a fire the lock has no power: nothing is pulsed, and nobody told that it is shut.
            if self._iron.stance.fire:
                return Answer(Outcome.GRANTED, claim.method, Reason.FIRE)
            return Answer(Outcome.DENIED, claim.method, Reason.NO_RECORD)

    def _is_too_late(self, opening: ByHand) -> bool:
        return opening.deadline_ms is not None and self._milliseconds() >= opening.deadline_ms

    def _open_by_hand(self, opening: ByHand) -> Answer | None:
        iron = self._iron
        what = PassageWhat(
            id=opening.id,
            at=iron.clock.now(),
            boot=self._post.boot,
            monotonic_ms=self._milliseconds(),
            outcome=Outcome.GRANTED,
            method=opening.method,
            direction=Direction.OUT if opening.method is Method.EXIT else self._post.direction,
            roster_version=self._known.rights.version,
            clock_trusted=iron.clock.trusted,
        )
        try:
            iron.records.write_passage(PassageWho(staff=opening.staff), what)
        except JournalError as wrong:
            return self._without_a_record(what, wrong)
        iron.stage.set(Condition.NO_RECORD, holds=False)
        if self._is_too_late(opening):  # a disk that hung: the record stands, and says that nothing moved
            self._note_pulse(what.id, worked=False)
            self.alarm(AlarmKind.DOOR_FAULT, what.id)
            return None
        return self._open(what)

    def _without_a_record(self, what: PassageWhat, wrong: JournalError) -> Answer:
        """The way out opens and is recorded once that can be done (docs/decisions/0053); nothing else opens."""
        if what.method is not Method.EXIT:
            self._no_record(wrong)
            return Answer(Outcome.DENIED, what.method, Reason.NO_RECORD)
        self._no_record(wrong, "No record, and the way out opens all the same")
        unrecorded = what.model_copy(update={"reason": Reason.NO_RECORD})
        self._iron.records.write_later(unrecorded)
        return self._answer_to(unrecorded, self._pulse(unrecorded))

    def _judge(self, claim: Claim, attempt: UUID) -> tuple[Decision, PassageWhat]:
        iron = self._iron
        if claim.pass_id is not None:
            claim = replace(claim, used=iron.spent.uses(claim.pass_id))
        now, rights = iron.clock.now(), self._known.rights
        state = GateState(
            stale=self._known.is_stale(),
            clock_trusted=iron.clock.trusted,
            keypad_locked=self.is_keypad_locked,
            liveness=self._post.liveness,
            stale_pin=self._post.stale_pin,
            locked_down=iron.stance.locked_down and not self._post.may_lead_out,
            fire=iron.stance.fire,
        )
        decision = decide(claim, rights, state, now)
        measured = claim.measured
        return decision, PassageWhat(
            id=attempt,
            at=now,
            boot=self._post.boot,
            monotonic_ms=self._milliseconds(),
            outcome=outcome_of(decision),
            reason=decision.reason,
            method=claim.method,
            direction=self._post.direction,
            roster_version=rights.version,
            score=measured.score,
            margin=measured.margin,
            frames=measured.frames,
            waited_ms=measured.waited_ms,
            live=measured.live,
            clock_trusted=state.clock_trusted,
        )

    def _act(self, decision: Decision, claim: Claim, what: PassageWhat) -> Answer:
        """On disk before it is done: the use of a pass, the passage, and only then the pulse."""
        iron, before = self._iron, self._iron.clock.monotonic()
        if isinstance(decision, Grant) and claim.shown is not None:
            iron.spent.use(claim.shown.pass_id, what.id, claim.shown.until)
        who = PassageWho(person=claim.person, pass_id=claim.pass_id)
        write = iron.records.write_passage if isinstance(decision, Grant) else iron.records.write_refusal
        passage = write(who, what)
        iron.health.took({"journal": (iron.clock.monotonic() - before) * 1000})
        iron.stage.set(Condition.NO_RECORD, holds=False)
        if isinstance(decision, Grant):
            return self._open(what)
        if passage is not None:
            iron.refused(passage)
        self._take_note(what, counted=passage is None)
        return Answer(what.outcome, claim.method, what.reason)

    def _open(self, what: PassageWhat) -> Answer:
        worked = self._pulse(what)
        self._note_pulse(what.id, worked)
        return self._answer_to(what, worked)

    def _pulse(self, what: PassageWhat) -> bool:
        """Whether the relay confirmed it."""
        try:
            self._iron.door.pulse(self._post.pulse_seconds)
        except DoorFault:
            self._iron.health.count(Trouble.DOOR)
            log.exception("The relay did not confirm a pulse", passage=str(what.id))
            return False
        return True

    def _answer_to(self, what: PassageWhat, worked: bool) -> Answer:
        if worked:
            return Answer(Outcome.GRANTED, what.method, what.reason)
        self.alarm(AlarmKind.DOOR_FAULT, what.id)
        return Answer(Outcome.DENIED, what.method, Reason.DOOR_FAULT)

    def _note_pulse(self, passage: UUID, worked: bool) -> None:
        """The door has moved already: a failure to note it is said, and the next start calls it unknown."""
        try:
            self._iron.records.pulse_is_done(passage, worked, self._milliseconds())
        except JournalError as wrong:
            self._no_record(wrong)

    def _take_note(self, what: PassageWhat, counted: bool) -> None:
        """What a refusal changes: wrong PINs lock the keypad, a face that is none alarms the guard.

        One counted in the row of its burst raises no alarm of its own: the first of the burst did.
        """
        if what.reason is Reason.WRONG_PIN:
            now = self._iron.clock.monotonic()
            self._keypad = self._keypad.after_wrong(now)
            if self._keypad.is_locked(now):
                self.alarm(AlarmKind.LOCKOUT)
        elif what.reason is Reason.NOT_LIVE and not counted:
            self.alarm(AlarmKind.SPOOF, what.id)

    def _say(self, answer: Answer) -> None:
        now = self._iron.clock.monotonic()
        if not is_talked_over(now - self._welcomed_at, answer.method, answer.outcome):
            self._iron.stage.show(answer)
        if answer.outcome is Outcome.GRANTED:
            self._welcomed_at = now

    def _no_record(self, wrong: JournalError, so: str = "No record, so the door stays shut") -> None:
        self._iron.health.count(Trouble.RECORD)
        self._iron.stage.set(Condition.NO_RECORD, holds=True)
        log.error(so, why=str(wrong))

    def _milliseconds(self) -> int:
        return int(self._iron.clock.monotonic() * 1000)
