"""What the gate stands under, and what its door's wires say: looked after beside the camera, ten times a second."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from contracts.ids import uuid7
from contracts.order import Mode, OrderFault, Standing
from contracts.words import AlarmKind, Method, Outcome
from gate.access.orders import ACCEPTED, DONE, EXPIRED, Fate, refused
from gate.access.standing import Stood, mode_now, rank
from gate.attendant import Attendant, ByHand, Stance, TrustedClock
from gate.door.contact import Event
from gate.door.door import DoorFault, WiresSilent
from gate.health import Health, Trouble
from gate.screen.stage import Stage
from gate.screen.words import Condition
from gate.store.journal import JournalError

log = structlog.get_logger()

LOOK_EVERY_S: Final = 0.1
HOLD_PULSE_S: Final = 10.0
"""What a hung gate holds open at most."""
HOLD_EVERY_S: Final = 4.0
ALARMS: Final = {
    Event.FORCED: AlarmKind.FORCED,
    Event.HELD_OPEN: AlarmKind.HELD_OPEN,
    Event.TAMPER: AlarmKind.TAMPER,
    Event.FIRE: AlarmKind.FIRE,
    Event.FIRE_OVER: AlarmKind.FIRE_OVER,
}
BEGUN: Final = {
    Mode.NORMAL: AlarmKind.RELEASED,
    Mode.LOCK_DOWN: AlarmKind.LOCK_DOWN,
    Mode.HOLD_OPEN: AlarmKind.HOLD_OPEN,
}


class KeepsStanding(Protocol):
    """What a restart must not forget. Raises JournalError."""

    def stand(self, standing: Standing) -> None: ...

    def standing(self) -> Standing | None: ...


class WatchedDoor(Protocol):
    """The door with its wires."""

    def pulse(self, seconds: float) -> None: ...

    def shut(self) -> None: ...

    def look(self, held: bool) -> list[Event]: ...


@dataclass(frozen=True, slots=True)
class Charge:
    """What the warden looks after and speaks by. `report` makes the gate say its health at once."""

    door: WatchedDoor
    stance: Stance
    stage: Stage
    health: Health
    clock: TrustedClock
    report: Callable[[], None]


class Warden:
    """One thread looks; any thread may bring a standing order."""

    def __init__(self, book: KeepsStanding, charge: Charge, attendant: Attendant) -> None:
        """Goes on with what stood before the start. Raises JournalError."""
        self._book, self._charge, self._attendant = book, charge, attendant
        self._lock = threading.Lock()
        known = book.standing()
        self._stood = Stood(known, charge.clock.monotonic()) if known else None
        self._hold_at = float("-inf")
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, standing: Standing) -> Fate:
        """Puts the gate under it, on disk first; what it is under already stays as it is."""
        clock = self._charge.clock
        with self._lock:
            if self._stood is not None and self._stood.outranks(standing):
                return refused(OrderFault.STALE)
            if self._stood is None or rank(standing) > rank(self._stood.standing):
                try:
                    self._book.stand(standing)
                except JournalError:
                    return refused(OrderFault.NO_RECORD)
                self._stood = Stood(standing, clock.monotonic())
        if standing.mode is Mode.NORMAL:
            return DONE
        if self._now() is standing.mode:
            return ACCEPTED
        return EXPIRED if clock.trusted else refused(OrderFault.NO_CLOCK)

    def start(self) -> None:
        """Begins to look, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="warden")
        self._thread.start()

    def stop(self) -> None:
        """Ends the looking. A door that was held open shuts by its relay's own timer."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """One look at the clock and at the wires."""
        self._look_at_mode()
        try:
            events = self._charge.door.look(held=self._charge.stance.held_open)
        except WiresSilent as wrong:
            log.error("The door's inputs are silent", cause=wrong.cause)  # noqa: TRY400 - the cause says all
            self._charge.health.count(Trouble.DOOR)
            self._attendant.alarm(AlarmKind.TAMPER)
            return
        for event in events:
            self._hear(event)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            try:
                self.look()
            except Exception:
                # The one broad catch of this thread: the exit button must go on working.
                log.exception("The warden stumbled")
                self._charge.health.count(Trouble.DOOR)

    def _now(self) -> Mode:
        clock = self._charge.clock
        return mode_now(self._stood, clock.now(), clock.monotonic(), clock.trusted)

    def _look_at_mode(self) -> None:
        mode = self._now()
        if mode is not self._charge.stance.mode:
            self._change(mode)
        if self._charge.stance.held_open and not self._charge.stance.fire:
            self._hold()

    def _change(self, mode: Mode) -> None:
        """A hold-open begins as an opening by hand: recorded first. Without a record it is tried again."""
        if mode is Mode.HOLD_OPEN and not self._begin_to_hold():
            return
        charge, was_held = self._charge, self._charge.stance.held_open
        charge.stance.mode = mode
        charge.stage.set(Condition.LOCK_DOWN, holds=mode is Mode.LOCK_DOWN)
        charge.stage.set(Condition.HELD_OPEN, holds=mode is Mode.HOLD_OPEN)
        if was_held and mode is not Mode.HOLD_OPEN:
            self._shut()
        log.info("The gate stands under", mode=mode.value)
        self._attendant.alarm(BEGUN[mode])
        charge.report()

    def _begin_to_hold(self) -> bool:
        now = self._charge.clock.monotonic()
        if now < self._hold_at or self._stood is None:
            return False
        self._hold_at = now + HOLD_EVERY_S
        opened = self._attendant.open_by_hand(ByHand(uuid7(), Method.GUARD, self._stood.standing.by))
        self._hold_at = float("-inf") if opened and opened.outcome is Outcome.GRANTED else self._hold_at
        return opened is not None and opened.outcome is Outcome.GRANTED

    def _hold(self) -> None:
        now = self._charge.clock.monotonic()
        if now < self._hold_at:
            return
        self._hold_at = now + HOLD_EVERY_S
        try:
            self._charge.door.pulse(HOLD_PULSE_S)
        except DoorFault:
            self._charge.health.count(Trouble.DOOR)
            log.warning("The relay did not confirm that it holds the door open")

    def _shut(self) -> None:
        try:
            self._charge.door.shut()
        except DoorFault:
            log.warning("The relay did not confirm that the door is shut; its own timer ends the pulse")

    def _hear(self, event: Event) -> None:
        if event is Event.EXIT:
            self._attendant.open_by_hand(ByHand(uuid7(), Method.EXIT))
            return
        if event in (Event.FIRE, Event.FIRE_OVER):
            self._charge.stance.fire = event is Event.FIRE
            self._charge.stage.set(Condition.FIRE, holds=event is Event.FIRE)
        self._attendant.alarm(ALARMS[event])
