"""Sends the journal's links, oldest first, until the server has receipted them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import structlog

from contracts.alarm import AlarmV1
from contracts.passage import PassageV1
from contracts.receipt import Missing, Receipt
from contracts.topics import ALARM, PASSAGE, Topic
from contracts.wire import Message

log = structlog.get_logger()

WINDOW: Final = 100
"""Links sent and not yet receipted at any time."""

GAP_PAUSE_S: Final = 5.0
"""Gaps are filled at most this often: each filling brings a receipt, and a gap may be beyond filling."""

NAP_S: Final = 5.0
"""Without a reason to wake, the journal is looked at this often."""


class Sendable(Protocol):
    """A link with its row in the journal; rows rise."""

    @property
    def row(self) -> int: ...

    @property
    def link(self) -> PassageV1 | AlarmV1: ...


class Filling(Protocol):
    """What the journal has to say to a gap: links to send, and ranges that are gone for ever."""

    @property
    def held(self) -> Sequence[Sendable]: ...

    @property
    def gone(self) -> Sequence[Missing]: ...


class Journal(Protocol):
    """What the sender asks of the gate's journal."""

    def unsent(self, after: int, limit: int, now: datetime | None = None) -> Sequence[Sendable]: ...

    def fill(self, gap: Missing, limit: int, now: datetime | None = None) -> Filling: ...

    def say_gone(self, lost: Missing, at: datetime, monotonic_ms: int) -> None: ...

    def still_unsent(self, sent: Collection[int]) -> set[int]: ...

    def obey(self, receipt: Receipt) -> int: ...


class Publisher(Protocol):
    """What the sender asks of the link."""

    @property
    def is_up(self) -> bool: ...

    def publish(self, topic: Topic, payload: Message) -> bool: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds without any receipt after which links are sent again; doubled each time up to the longest."""

    first_s: float = 10.0
    longest_s: float = 120.0


class Sender:
    """Owns the order and the window; a link leaves only when the journal obeys a receipt.

    One pass goes through all unreceipted links. Where receipts do not come, it goes on with the next window
    once patience ends, and begins again after the last: no link without a receipt stops the rest.
    """

    def __init__(
        self,
        journal: Journal,
        link: Publisher,
        now: Callable[[], datetime] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`now` marks links late; without it none is."""
        self._journal, self._link, self._now = journal, link, now
        self._patience = patience or Patience()
        self._wait_s = self._patience.first_s
        self._cursor, self._deadline = 0, 0.0
        self._gaps: list[Missing] = []
        self._gaps_from = float("-inf")
        self._waiting: set[int] = set()
        self._receipts: deque[Receipt] = deque(maxlen=16)
        self._again = threading.Event()
        self._stirred, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Sends from a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; unsent links stay in the journal."""
        self._stopped.set()
        self._stirred.set()
        if self._thread is not None:
            self._thread.join()

    def wake(self) -> None:
        """There is something new in the journal. Returns at once."""
        self._stirred.set()

    def send_again(self) -> None:
        """A new connection: what was on its way may be lost. Returns at once."""
        self._again.set()
        self._stirred.set()

    def take(self, receipt: Receipt) -> None:
        """A verified receipt, obeyed on the sender's thread. Returns at once."""
        self._receipts.append(receipt)
        self._stirred.set()

    def step(self, monotonic: float) -> float:
        """Obeys waiting receipts, sends what may be sent, and says in how many seconds to come again.

        Raises the journal's errors; the next step tries again.
        """
        try:
            self._obey(monotonic)
        finally:
            # A journal that cannot note receipts (disk full) can still be read and sent.
            pause_s = self._pump(monotonic)
        return pause_s

    def _pump(self, monotonic: float) -> float:
        if self._again.is_set():
            self._again.clear()
            self._begin_anew()
        if not self._link.is_up:
            return NAP_S
        if self._waiting and monotonic >= self._deadline:
            self._lose_patience()
        if self._gaps and monotonic >= self._gaps_from:
            self._fill_gaps(monotonic)
        self._send(monotonic)
        return max(0.0, self._deadline - monotonic) if self._waiting else NAP_S

    def _obey(self, monotonic: float) -> None:
        while self._receipts:
            receipt = self._receipts.popleft()
            try:
                done = self._journal.obey(receipt)
            except BaseException:
                self._receipts.appendleft(receipt)
                raise
            self._waiting = self._journal.still_unsent(self._waiting)
            self._gaps = receipt.missing
            if done:
                self._wait_s = self._patience.first_s
                self._deadline = monotonic + self._wait_s
            log.debug("The server has receipted links", count=done)

    def _begin_anew(self) -> None:
        self._cursor = 0
        self._waiting.clear()

    def _lose_patience(self) -> None:
        self._waiting.clear()
        self._wait_s = min(self._wait_s * 2, self._patience.longest_s)
        if not self._journal.unsent(self._cursor, 1):
            self._cursor = 0

    def _fill_gaps(self, monotonic: float) -> None:
        """Sends what the server misses, out of turn; what it does not get is sent in its turn.

        What the journal no longer holds it says by an alarm, so that the server need not ask for ever.
        """
        gaps, self._gaps, self._gaps_from = self._gaps, [], monotonic + GAP_PAUSE_S
        room, now = WINDOW, self._now() if self._now else None
        for gap in gaps:
            if room <= 0:
                return
            filling = self._journal.fill(gap, room, now)
            room -= len(filling.held)
            for stored in filling.held:
                self._publish(stored)
            if now is not None:
                for lost in filling.gone:
                    self._journal.say_gone(lost, now, int(monotonic * 1000))

    def _publish(self, stored: Sendable) -> bool:
        topic = PASSAGE if isinstance(stored.link, PassageV1) else ALARM
        return self._link.publish(topic, stored.link)

    def _send(self, monotonic: float) -> None:
        room = WINDOW - len(self._waiting)
        fresh = (
            self._journal.unsent(self._cursor, room, self._now() if self._now else None) if room > 0 else ()
        )
        for stored in fresh:
            if not self._publish(stored):
                return
            if not self._waiting:
                self._deadline = monotonic + self._wait_s
            self._cursor = stored.row
            self._waiting.add(stored.row)

    def _run(self) -> None:
        pause_s = 0.0
        while not self._stopped.is_set():
            self._stirred.wait(pause_s)
            self._stirred.clear()
            try:
                pause_s = self.step(time.monotonic())
            except Exception:
                # The one broad catch of this thread: a full disk or a locked file must not end the sending.
                log.exception("Nothing was sent; trying again")
                pause_s = NAP_S
                self._stopped.wait(1.0)
