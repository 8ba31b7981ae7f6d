"""Relays. Each times its own pulse: a gate process that hangs or dies holds nothing open."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import httpx

from contracts.loopback import is_loopback
from contracts.words import DoorState
from gate.door.door import DoorFault

TIMEOUT_S: Final = 2.0
LONGEST_PULSE_S: Final = 30.0
PULSES_REMEMBERED: Final = 1000


class CleartextRelay(ValueError):
    """A relay address that would open a door over a readable line."""

    def __init__(self) -> None:
        super().__init__(
            "door.url is not https and not on loopback: anyone on the line could open the door. "
            "Use https, or set door.allow_cleartext = true to take the risk."
        )


class SimulatedDoor:
    """No iron: a door that remembers its pulses and shuts by its own timer. For trying and for tests."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives monotonic seconds."""
        self._clock = clock
        self._shut_at = float("-inf")
        self._lock = threading.Lock()
        self.pulses: deque[float] = deque(maxlen=PULSES_REMEMBERED)

    def pulse(self, seconds: float) -> None:
        seconds = checked_length(seconds)
        with self._lock:
            self.pulses.append(seconds)
            self._shut_at = max(self._shut_at, self._clock() + seconds)

    def shut(self) -> None:
        with self._lock:
            self._shut_at = self._clock()

    def state(self) -> DoorState:
        with self._lock:
            return DoorState.OPEN if self._clock() < self._shut_at else DoorState.SHUT


class HttpRelay:
    """A network relay: `POST url` with `{"seconds": s}`; it unlocks, times the pulse itself and answers 2xx.

    0 seconds end a running pulse. One request a pulse, never repeated: after a lost answer the door may be open
    already.
    """

    def __init__(self, url: str, client: httpx.Client, allow_cleartext: bool = False) -> None:
        """Raises CleartextRelay. `client` should follow no redirects and use no proxy."""
        if not (allow_cleartext or is_private_line(url)):
            raise CleartextRelay
        self._url = url
        self._client = client
        self._faulty = False

    def pulse(self, seconds: float) -> None:
        self._ask(checked_length(seconds))

    def shut(self) -> None:
        self._ask(0.0)

    def state(self) -> DoorState:
        """No contact sensor: only a fault is known."""
        return DoorState.FAULT if self._faulty else DoorState.UNKNOWN

    def _ask(self, seconds: float) -> None:
        try:
            answer = self._client.post(
                self._url, json={"seconds": seconds}, timeout=TIMEOUT_S, follow_redirects=False
            )
        except httpx.HTTPError as wrong:
            self._faulty = True
            raise DoorFault(type(wrong).__name__) from None
        self._faulty = not answer.is_success
        if self._faulty:
            raise DoorFault(f"status {answer.status_code}")


def checked_length(seconds: float) -> float:
    """The length of a pulse; raises ValueError where it would hold a door open, or never open it."""
    if not 0 < seconds <= LONGEST_PULSE_S:
        raise ValueError(f"A pulse lasts more than 0 and at most {LONGEST_PULSE_S:.0f} s")
    return seconds


def is_private_line(url: str) -> bool:
    """Whether nobody else on the network can read or write what goes to this address."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and is_loopback(parts.hostname or "")
