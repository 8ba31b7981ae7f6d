"""Forced, held open, tampered with, on fire, wishing to leave: read from the wires over time. Pure."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from gate.door.door import Signals


class Event(StrEnum):
    """Something that the wires have just said."""

    FORCED = "forced"
    HELD_OPEN = "held_open"
    TAMPER = "tamper"
    FIRE = "fire"
    FIRE_OVER = "fire_over"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `grace_s`: a door that opens so soon after its lock was free was opened by whoever was let in.

    `tells_forcing` is false for a door whose handle opens it from inside without a wire that says so.
    """

    held_s: float = 20.0
    grace_s: float = 2.0
    tells_forcing: bool = True


@dataclass(frozen=True, slots=True)
class Freedom:
    """Until when the lock is free (monotonic seconds), and whether the door stands open on purpose."""

    until_s: float
    held: bool = False


@dataclass(frozen=True, slots=True)
class DoorWatch:
    """What the wires said last, and since when the door stands open."""

    last: Signals = field(default_factory=Signals)
    open_since_s: float | None = None
    said_held: bool = False

    def after(
        self, now: float, signals: Signals, free: Freedom, patience: Patience
    ) -> tuple["DoorWatch", list[Event]]:
        """The watch after one reading, and what is new in it."""
        watch = self._opened_or_shut(now, signals)
        events = list(_edges(self.last, signals))
        opened = watch.open_since_s is not None and self.open_since_s is None
        on_purpose = signals.fire or free.held or now <= free.until_s + patience.grace_s
        if opened and patience.tells_forcing and not on_purpose and not signals.exit:
            events.append(Event.FORCED)
        if watch.is_held_too_long(now, free, patience) and not signals.fire:
            events.append(Event.HELD_OPEN)
            watch = replace(watch, said_held=True)
        return watch, events

    def is_held_too_long(self, now: float, free: Freedom, patience: Patience) -> bool:
        """Said once an opening; time runs from when the lock is shut again."""
        if self.open_since_s is None or self.said_held or free.held:
            return False
        return now - max(self.open_since_s, free.until_s) > patience.held_s

    def _opened_or_shut(self, now: float, signals: Signals) -> "DoorWatch":
        if not signals.open:
            return DoorWatch(signals)
        since = now if self.open_since_s is None else self.open_since_s
        return replace(self, last=signals, open_since_s=since)


def _edges(before: Signals, now: Signals) -> list[Event]:
    """Only beginnings count: a wire that stays as it is says nothing new."""
    changes = (
        (Event.TAMPER, now.tamper and not before.tamper),
        (Event.FIRE, now.fire and not before.fire),
        (Event.FIRE_OVER, before.fire and not now.fire),
        (Event.EXIT, now.exit and not before.exit),
    )
    return [event for event, is_new in changes if is_new]
