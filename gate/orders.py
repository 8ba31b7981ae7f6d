"""Orders from the server: judged, spent, obeyed once, answered (promise 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import structlog

from contracts.ids import BootId, GateId
from contracts.order import JOBS, Operation, Order, OrderFault, OrderOutcome, ResultV1, Standing
from contracts.topics import RESULT, Topic
from contracts.wire import Message
from contracts.words import Method, Outcome, Reason
from gate.access.orders import ACCEPTED, DONE, EXPIRED, Fate, Moment, objection, refused
from gate.attendant import Attendant, ByHand, Stance, TrustedClock
from gate.door.door import DoorFault
from gate.errands import Errands
from gate.store.journal import JournalError

log = structlog.get_logger()

MOST_WAITING: Final = 100
"""More than people can order; a flood is not kept, and nothing in it lives longer than seconds anyway."""

MISTIMED: Final = (OrderOutcome.EXPIRED, OrderFault.OTHER_BOOT, OrderFault.TOO_FAR)


class Book(Protocol):
    """Which orders were taken. Raises JournalError."""

    def take(self, order: UUID, job: bool = False) -> bool: ...

    def is_done(self, job: UUID) -> bool: ...

    def finish_begun(self) -> list[UUID]: ...


class Shuts(Protocol):
    def shut(self) -> None: ...


class Stands(Protocol):
    def take(self, standing: Standing) -> Fate: ...


class Pictures(Protocol):
    def take(self, order: UUID, then: Callable[[Fate], None]) -> Fate | None:
        """Takes one and sends it; `then` hears what became of it, unless that is clear at once."""
        ...


class Publisher(Protocol):
    def publish(self, topic: Topic, payload: Message) -> bool: ...


@dataclass(frozen=True, slots=True)
class Who:
    """Which gate, which boot, by which clocks."""

    gate: GateId
    boot: BootId
    clock: TrustedClock


@dataclass(frozen=True, slots=True)
class Hands:
    """What orders move. `report` makes the gate say its health at once."""

    attendant: Attendant
    door: Shuts
    stance: Stance
    warden: Stands
    link: Publisher
    report: Callable[[], None]
    pictures: Pictures


class OrderDesk:
    """The network's thread puts orders down; one thread takes them up, so that none is obeyed twice at once."""

    def __init__(self, who: Who, book: Book, hands: Hands) -> None:
        """Raises JournalError."""
        self._who, self._book, self._hands = who, book, hands
        self._errands = Errands("orders", MOST_WAITING)
        self._finished = book.finish_begun()
        self._restart: Callable[[], None] = lambda: None

    def order(self, order: Order, retained: bool) -> None:
        """A signed order."""
        self._put(lambda: self._take_up(order, retained))

    def standing(self, standing: Standing) -> None:
        """A signed standing order."""
        self._put(lambda: self._answer(standing.id, self._hands.warden.take(standing)))

    def refuse(self, order: UUID, why: OrderFault) -> None:
        """Something that calls itself an order and proves nothing."""
        self._put(lambda: self._answer(order, refused(why)))

    def say_finished(self) -> None:
        """After each connection: jobs that this start has ended."""
        self._put(self._say_finished)

    def start(self, restart: Callable[[], None]) -> None:
        """`restart` ends this process in order; whoever watches over it starts the next."""
        self._restart = restart
        self._errands.start()

    def stop(self) -> None:
        """The order in hand is finished; those that wait are not obeyed."""
        self._errands.stop()

    def obey(self, order: Order, retained: bool) -> Fate | None:
        """What becomes of an order that the right key signed; None where that shows later and is answered then."""
        clock = self._who.clock
        moment = Moment(
            self._who.gate, self._who.boot, int(clock.monotonic() * 1000), clock.now(), clock.trusted
        )
        against = objection(order, moment, retained)
        if against is not None:
            return against
        try:
            if self._book.take(order.id, job=order.operation in JOBS):
                return self._do(order)
            return self._again(order)
        except JournalError:
            return refused(OrderFault.NO_RECORD)

    def _again(self, order: Order) -> Fate:
        """A job is sent until it is answered; anything else is sent once."""
        if order.operation not in JOBS:
            return refused(OrderFault.REPEATED)
        return DONE if self._book.is_done(order.id) else ACCEPTED

    def _take_up(self, order: Order, retained: bool) -> None:
        fate = self.obey(order, retained)
        if fate is not None:
            self._answer(order.id, fate)

    def _do(self, order: Order) -> Fate | None:
        match order.operation:
            case Operation.OPEN:
                return self._open(order)
            case Operation.CLOSE:
                return self._close()
            case Operation.REBOOT:
                self._restart()
                return ACCEPTED
            case Operation.TEST_PICTURE:
                # Sent in a thread of its own: a slow line must not keep the next order waiting.
                return self._hands.pictures.take(order.id, lambda fate: self._later(order.id, fate))

    def _open(self, order: Order) -> Fate:
        opening = ByHand(order.id, Method.GUARD, order.by, order.deadline_ms)
        answer = self._hands.attendant.open_by_hand(opening)
        if answer is None:
            return EXPIRED
        if answer.outcome is Outcome.GRANTED:
            return DONE
        if answer.reason is Reason.NO_RECORD:
            return refused(OrderFault.NO_RECORD)
        return Fate(OrderOutcome.UNKNOWN, OrderFault.DOOR_FAULT)

    def _close(self) -> Fate:
        if self._hands.stance.held_open:
            return refused(OrderFault.HELD_OPEN)
        try:
            self._hands.door.shut()
        except DoorFault:
            return Fate(OrderOutcome.UNKNOWN, OrderFault.DOOR_FAULT)
        return DONE

    def _say_finished(self) -> None:
        self._finished = [job for job in self._finished if not self._answer(job, DONE)]

    def _later(self, order: UUID, fate: Fate) -> None:
        self._put(lambda: self._answer(order, fate))

    def _answer(self, order: UUID, fate: Fate) -> bool:
        clock = self._who.clock
        log.info("An order was answered", order=str(order), outcome=fate.outcome.value, why=fate.why)
        if fate.outcome in MISTIMED or fate.why in MISTIMED:
            self._hands.report()  # the server counted by an old report: the next order shall not miss too
        return self._hands.link.publish(
            RESULT,
            ResultV1(
                gate=self._who.gate,
                order=order,
                boot=self._who.boot,
                at=clock.now(),
                monotonic_ms=int(clock.monotonic() * 1000),
                outcome=fate.outcome,
                why=fate.why,
            ),
        )

    def _put(self, work: Callable[[], object]) -> None:
        if not self._errands.put(work):
            log.warning("Too many orders at once; this one is not kept")
