"""What the loop needs of a door."""

from typing import Protocol

from contracts.words import DoorState


class DoorFault(Exception):
    """The relay did not confirm a pulse: whether the door opened is not known, and it is not asked twice."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"The door's relay did not confirm the pulse ({cause}). Look at the door by hand.")
        self.cause = cause


class Door(Protocol):
    """One lock behind one relay."""

    def pulse(self, seconds: float) -> None:
        """Unlock for `seconds`, timed by the relay itself (promise 13). Raises DoorFault. Never repeated."""
        ...

    def state(self) -> DoorState:
        """What is known of the door now."""
        ...
