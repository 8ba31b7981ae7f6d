"""Work that must keep nobody waiting: a thread of its own and a short queue before it."""

import queue
import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Errands:
    """One after the other. What does not fit is not taken, and whoever brings it is told."""

    def __init__(self, name: str, most: int) -> None:
        self._waiting: queue.Queue[Callable[[], object] | None] = queue.Queue(most)
        self._name = name
        self._thread: threading.Thread | None = None

    def put(self, work: Callable[[], object]) -> bool:
        """False where too much waits. Returns at once."""
        try:
            self._waiting.put_nowait(work)
        except queue.Full:
            return False
        return True

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """What is in hand is finished; what waits is dropped."""
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            try:
                work()
            except Exception:
                # The one broad catch of this thread: one errand that fails must not end the rest.
                log.exception("An errand was not run", of=self._name)
