"""How every process is told to end, by a signal as well as by its own code."""

import queue
import signal
import threading
from typing import Final, Self

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Ending(threading.Event):
    """An event that a signal's handler may set.

    threading.Event takes a lock for it, and waits for ever where the handler interrupted the very thread that holds
    that lock; putting into a SimpleQueue is safe there. It is never cleared.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._is_set = False

    @classmethod
    def by_signals(cls) -> Self:
        """Set by SIGTERM and Ctrl-C from now on. Call it in the main thread."""
        ending = cls()
        for number in SIGNALS:
            signal.signal(number, lambda _number, _frame: ending.set())
        return ending

    def set(self) -> None:
        self._is_set = True
        self._told.put(None)

    def is_set(self) -> bool:
        return self._is_set

    def clear(self) -> None:
        raise NotImplementedError("Who was told to end is not told otherwise.")

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it is set, after so many seconds at most."""
        if not self._is_set:
            try:
                self._told.get(timeout=timeout)
            except queue.Empty:
                return self._is_set
            self._told.put(None)  # for whoever else waits
        return True
