"""What the gate needs of a door: a relay that times itself, and wires that say how the door is."""

from dataclasses import dataclass
from typing import Protocol

from contracts.words import DoorState


class DoorFault(Exception):
    """The relay did not confirm a pulse: whether the door opened is not known, and it is not asked twice."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"The door's relay did not confirm the pulse ({cause}). Look at the door by hand.")
        self.cause = cause


class WiresSilent(Exception):
    """The inputs could not be read; nothing is known of the door until they can."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"The door's inputs could not be read ({cause}). Look at the wiring.")
        self.cause = cause


class Door(Protocol):
    """One lock behind one relay. The relay is monostable: every pulse ends by its own timer (promise 13)."""

    def pulse(self, seconds: float) -> None:
        """Unlock for `seconds`, anew where it is unlocked already. Raises DoorFault. Never repeated."""
        ...

    def shut(self) -> None:
        """End a running pulse. Raises DoorFault."""
        ...

    def state(self) -> DoorState:
        """What is known of the door now."""
        ...


@dataclass(frozen=True, slots=True)
class Signals:
    """What a door's wires say; each is False where nothing is wired, `open` is None."""

    open: bool | None = None  # the contact
    tamper: bool = False
    fire: bool = False  # the panel has cut the lock's power, latched in hardware
    exit: bool = False  # the button is pressed


class Wires(Protocol):
    """The inputs of one door."""

    def read(self) -> Signals:
        """Raises WiresSilent."""
        ...


class NoWires:
    """Nothing is wired."""

    def read(self) -> Signals:
        return Signals()
