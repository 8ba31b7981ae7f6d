"""News of all gates, asked of the database once a process and handed to every open board.

One poller runs while somebody watches. It looks a few seconds back each time, so that a row committed late under
an earlier time is not missed, and remembers what it has handed on.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin.security.scope import Scope
from admin.web.desk.queries import AlarmLine, alarms_since
from admin.web.gates.queries import GateLine, gates
from admin.web.passages.queries import PassageLine, recorded_since

PAUSE_S: Final = 0.3
LOOK_BACK: Final = timedelta(seconds=5)
GATES_EVERY: Final = timedelta(seconds=3)
LONGEST_QUEUE: Final = 500
MOST_ROWS: Final = 500
STREAMS_EACH: Final = 4

News = PassageLine | AlarmLine | GateLine
Ask = Callable[[Callable[[Session], list[News]]], list[News]]
log = structlog.get_logger()


class Closed:
    """The subscriber was too slow, or the process ends: it should come again and say what it saw last."""


@dataclass(frozen=True, slots=True, eq=False)
class Subscription:
    """One open board. Its scope is applied before anything is put into the queue."""

    who: str
    gates: frozenset[str]
    news: "queue.Queue[News | Closed]" = field(default_factory=lambda: queue.Queue(LONGEST_QUEUE))


class Feed:
    """`ask` runs a question in a reading transaction where it stops nobody; `now` is the clock."""

    def __init__(self, ask: Ask, now: Callable[[], datetime]) -> None:
        self._ask, self._now = ask, now
        self._subscribers: set[Subscription] = set()
        self._seen: dict[object, datetime] = {}
        self._since = now()
        self._gates: dict[str, GateLine] = {}
        self._gates_at: datetime | None = None
        self._runs = False
        self._seats: list[str] = []

    def watching(self, who: str) -> int:
        """How many boards this principal has open."""
        return sum(1 for one in tuple(self._subscribers) if one.who == who)

    def take_seat(self, who: str) -> bool:
        """Counted before the stream begins, so that many asked for at once are no more; False where all are taken."""
        self._seats.append(who)  # first: of two threads at the same moment neither slips past the other
        if self._seats.count(who) <= STREAMS_EACH:
            return True
        self.leave_seat(who)
        return False

    def leave_seat(self, who: str) -> None:
        self._seats.remove(who)

    def subscribe(self, who: str, gates: frozenset[str]) -> Subscription:
        """Starts the poller where nobody watched before."""
        if not self._subscribers:
            self._since, self._seen = self._now(), {}
        subscription = Subscription(who, gates)
        self._subscribers.add(subscription)
        if not self._runs:
            self._runs = True
            threading.Thread(target=self._poll, daemon=True, name="desk-feed").start()
        return subscription

    def leave(self, subscription: Subscription) -> None:
        self._subscribers.discard(subscription)

    def look(self) -> None:
        """One round: asks, and hands on what is new."""
        now = self._now()
        since = self._since - LOOK_BACK
        asks_gates = self._gates_at is None or now - self._gates_at >= GATES_EVERY
        for one in self._ask(lambda session: _news(session, since, now if asks_gates else None)):
            if self._is_new(one):
                self._hand_on(one)
        if asks_gates:
            self._gates_at = now
        self._since = now
        self._seen = {key: at for key, at in self._seen.items() if at > since - LOOK_BACK}

    def _poll(self) -> None:
        while self._subscribers:
            try:
                self.look()
            except SQLAlchemyError as trouble:
                # A locked database is asked again; the class alone, for statements may hold names.
                log.warning("live board could not ask", error=type(trouble).__name__)
            time.sleep(PAUSE_S)
        self._runs = False

    def _is_new(self, one: News) -> bool:
        if isinstance(one, GateLine):
            changed = _said(self._gates.get(one.id)) != _said(one)
            self._gates[one.id] = one
            return changed
        if one.id in self._seen:
            return False
        self._seen[one.id] = one.recorded_at
        return True

    def _hand_on(self, one: News) -> None:
        gate = one.id if isinstance(one, GateLine) else one.gate_id
        for subscription in tuple(self._subscribers):
            if gate in subscription.gates:
                self._put(subscription, one)

    def _put(self, subscription: Subscription, one: News) -> None:
        try:
            subscription.news.put_nowait(one)
        except queue.Full:
            self.leave(subscription)
            with contextlib.suppress(queue.Empty):
                subscription.news.get_nowait()
            subscription.news.put_nowait(Closed())


def _news(session: Session, since: datetime, gates_at: datetime | None) -> list[News]:
    everywhere = Scope.everywhere()  # each subscription narrows it to its own gates
    news: list[News] = [*recorded_since(session, everywhere, since, MOST_ROWS)]
    news += reversed(alarms_since(session, everywhere, since, MOST_ROWS))
    if gates_at is not None:
        news += gates(session, everywhere, gates_at)
    return news


def _said(gate: GateLine | None) -> object:
    """What a column's head shows of a gate: a report that changes nothing there is no news."""
    if gate is None:
        return None
    health = gate.standing.health
    return (
        gate.standing.online,
        gate.behind,
        gate.overdue,
        health and (health.door, health.camera, health.stages),
    )
