"""A relay with its wires: the door as the rest of the gate knows it."""

import threading
from collections.abc import Callable

from contracts.words import DoorState
from gate.door.contact import DoorWatch, Event, Freedom, Patience
from gate.door.door import Door, Wires, WiresSilent


class WatchedDoor:
    """Any thread may pulse; one thread looks."""

    def __init__(self, relay: Door, wires: Wires, patience: Patience, monotonic: Callable[[], float]) -> None:
        self._relay, self._wires = relay, wires
        self._patience, self._monotonic = patience, monotonic
        self._lock = threading.Lock()
        self._free_until = float("-inf")
        self._watch = DoorWatch()
        self._silent = False

    def pulse(self, seconds: float) -> None:
        """Raises DoorFault; the lock counts as free all the same, for it may have opened."""
        with self._lock:
            self._free_until = max(self._free_until, self._monotonic() + seconds)
        self._relay.pulse(seconds)

    def shut(self) -> None:
        """Raises DoorFault."""
        self._relay.shut()
        with self._lock:
            self._free_until = min(self._free_until, self._monotonic())

    def state(self) -> DoorState:
        """By the contact where there is one, else what the relay knows."""
        if self._silent:
            return DoorState.FAULT
        relay = self._relay.state()
        if self._watch.last.open is None or relay is DoorState.FAULT:
            return relay
        return DoorState.OPEN if self._watch.last.open else DoorState.SHUT

    def look(self, held: bool) -> list[Event]:
        """Reads the wires; what is new. `held`: the door stands open on purpose. Raises WiresSilent, once a silence."""
        try:
            signals = self._wires.read()
        except WiresSilent:
            first, self._silent = not self._silent, True
            if first:
                raise
            return []
        self._silent = False
        with self._lock:
            free = Freedom(self._free_until, held)
        self._watch, events = self._watch.after(self._monotonic(), signals, free, self._patience)
        return events
