"""A batch of messages into the register, within the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from admin.db.chain import Committed
from admin.ingest.arrival import Poison, ReadAlarm, ReadPassage, Taken
from admin.ingest.gates import KnownGate, hear, known_gates
from admin.ingest.links import NewLink, fresh_links, keep_links
from admin.ingest.quarantine import quarantine
from contracts.ids import EpochId, GateId
from contracts.wire import Fault, WireError

EpochOf = tuple[GateId, EpochId]


@dataclass(slots=True)
class Recorded:
    """What a batch has touched: whose cursors to advance, and which gates have just connected.

    `fresh` has what was added to each epoch, in order, where nothing of it went to quarantine.
    """

    epochs: set[EpochOf] = field(default_factory=set[EpochOf])
    fresh: dict[EpochOf, list[Committed]] = field(default_factory=dict[EpochOf, list[Committed]])
    alarms: list[ReadAlarm] = field(default_factory=list[ReadAlarm])
    births: set[GateId] = field(default_factory=set[GateId])
    quarantined: int = 0


def record(session: Session, readings: Sequence[Taken | Poison], now: datetime) -> Recorded:
    """Keeps all of them, each once. `now` becomes `recorded_at`: the caller commits right after."""
    done = Recorded()
    gates = known_gates(session, (one.address.gate for one in readings if one.address is not None))
    taken = [owned(one, gates) for one in readings]
    links = list(_links(taken, gates))
    fresh, clashes = fresh_links(session, links)
    keep_links(session, fresh, now)
    for one in taken:
        if isinstance(one, Taken) and not is_link(one) and hear(session, one, now):
            done.births.add(one.address.gate)
    poisons = [*(one for one in taken if isinstance(one, Poison)), *clashes]
    quarantine(session, poisons, now)
    done.quarantined = len(poisons)
    claimed = set(_claimed_epochs(poisons))
    done.epochs = {(one.link.gate, one.link.epoch) for one in links} | claimed
    done.fresh = _added(done.epochs - claimed, fresh)
    done.alarms = [one.content for one in links if isinstance(one.content, ReadAlarm)]
    return done


def is_link(taken: Taken) -> bool:
    """Whether the message belongs to a gate's chain."""
    return isinstance(taken.content, ReadPassage | ReadAlarm)


def owned(one: Taken | Poison, gates: dict[GateId, KnownGate]) -> Taken | Poison:
    """A message is taken only from a registered gate, under its own compound's topics."""
    address = one.address
    if address is None:
        return one
    known = gates.get(address.gate)
    if known is not None and known.compound == address.compound:
        return one
    wrong = WireError(Fault.WRONG_GATE, "topic", "no such gate in this compound")
    return Poison(one.arrival, wrong.fault.value, str(wrong), address)


def _links(readings: Iterable[Taken | Poison], gates: dict[GateId, KnownGate]) -> Iterable[NewLink]:
    for one in readings:
        if isinstance(one, Taken) and isinstance(one.content, ReadPassage | ReadAlarm):
            yield NewLink(one.arrival, one.address, one.content, gates[one.address.gate].compound_id)


def _added(epochs: Iterable[EpochOf], fresh: Iterable[NewLink]) -> dict[EpochOf, list[Committed]]:
    added: dict[EpochOf, list[Committed]] = {epoch: [] for epoch in epochs}
    for one in sorted(fresh, key=lambda one: one.link.seq):
        places = added.get((one.link.gate, one.link.epoch))
        if places is not None:
            places.append(Committed.place(one.link.seq, one.link.hash, one.link.previous))
    return added


def _claimed_epochs(poisons: Iterable[Poison]) -> Iterable[tuple[GateId, EpochId]]:
    for poison in poisons:
        if poison.claimed is not None and poison.address is not None:
            yield poison.address.gate, poison.claimed.epoch
