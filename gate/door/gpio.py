"""A relay and wires on the lines of this box, by libgpiod."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, Protocol

import gpiod
from gpiod.line import Bias, Direction, Value

from contracts.words import DoorState
from gate.door.door import DoorFault, Signals, WiresSilent
from gate.door.relay import checked_length

TRIGGER_S: Final = 0.1
BOUNCE: Final = timedelta(milliseconds=20)
CONSUMER: Final = "kaimen"


class Lines(Protocol):
    """What is used of `gpiod.LineRequest`."""

    def set_value(self, line: int | str, value: Value) -> None: ...

    def get_value(self, line: int | str) -> Value: ...


class GpioRelay:
    """One line triggers a monostable relay: the board's own timer ends the pulse, whatever becomes of this process.

    The length is set on the board; `door.pulse_seconds` says the same. An edge while it runs starts it anew.
    """

    def __init__(self, lines: Lines, line: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self._lines, self._line, self._sleep = lines, line, sleep
        self._faulty = False

    def pulse(self, seconds: float) -> None:
        checked_length(seconds)
        try:
            self._lines.set_value(self._line, Value.ACTIVE)
            self._sleep(TRIGGER_S)
            self._lines.set_value(self._line, Value.INACTIVE)
        except OSError as wrong:
            self._faulty = True
            raise DoorFault(type(wrong).__name__) from None
        self._faulty = False

    def shut(self) -> None:
        """Not possible: the board ends its pulse by itself."""
        raise DoorFault("the relay's own timer cannot be cut short")

    def state(self) -> DoorState:
        return DoorState.FAULT if self._faulty else DoorState.UNKNOWN


class GpioWires:
    """Inputs of this box by name: contact, tamper, fire, exit."""

    def __init__(self, lines: Lines, numbers: Mapping[str, int]) -> None:
        self._lines, self._numbers = lines, numbers

    def read(self) -> Signals:
        try:
            active = {
                name: self._lines.get_value(number) is Value.ACTIVE for name, number in self._numbers.items()
            }
        except OSError as wrong:
            raise WiresSilent(type(wrong).__name__) from None
        return signals_of(active)


def signals_of(active: Mapping[str, bool]) -> Signals:
    """Named inputs as the door's signals: an active contact is an open door."""
    return Signals(
        open=active.get("contact"),
        tamper=active.get("tamper", False),
        fire=active.get("fire", False),
        exit=active.get("exit", False),
    )


def request_relay(chip: str, line: int, active_low: bool) -> Lines:
    """The relay's line, inactive until triggered. Raises OSError."""
    asked = gpiod.LineSettings(direction=Direction.OUTPUT, active_low=active_low, output_value=Value.INACTIVE)
    return gpiod.request_lines(chip, consumer=CONSUMER, config={line: asked})


def request_wires(chip: str, numbers: Mapping[str, int], active_low: bool) -> Lines:
    """The inputs, pulled to rest and without their bounce. Raises OSError."""
    asked = gpiod.LineSettings(
        direction=Direction.INPUT,
        active_low=active_low,
        bias=Bias.PULL_UP if active_low else Bias.PULL_DOWN,
        debounce_period=BOUNCE,
    )
    return gpiod.request_lines(chip, consumer=CONSUMER, config=dict.fromkeys(numbers.values(), asked))
