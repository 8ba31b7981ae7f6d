"""Making the next link of a chain from what happened. Pure but for fresh salts and ids."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.chain import NO_PARENT, Place, commit, link_hash
from contracts.ids import BootId, EpochId, GateId, uuid7
from contracts.passage import PassageV1, PassageWhat, PassageWho
from contracts.receipt import Missing
from contracts.words import AlarmKind
from gate.store.rows import Entry

NOBODY = "{}"
"""The `who` part of an alarm."""


@dataclass(frozen=True, slots=True)
class AlarmStamp:
    """When something happened, by both of the gate's clocks."""

    at: datetime
    monotonic_ms: int


class Tip(NamedTuple):
    """The newest link of the open epoch. Before its first: seq 0 and the parent's hash."""

    epoch: EpochId
    seq: int
    hash: str

    @classmethod
    def of(cls, place: Place) -> "Tip":
        return cls(place.epoch, place.seq, place.hash)

    @classmethod
    def after(cls, parent: Place | None) -> "Tip":
        """The start of a new epoch."""
        return cls(EpochId.random(), 0, parent.hash if parent else NO_PARENT)


def passage_after(tip: Tip, gate: GateId, who: PassageWho, what: PassageWhat) -> PassageV1:
    whose, happened = commit(who.encode().decode()), commit(what.encode().decode())
    made = link_hash(tip.epoch, tip.seq + 1, tip.hash, whose.commitment, happened.commitment)
    return PassageV1(
        gate=gate, epoch=tip.epoch, seq=tip.seq + 1, previous=tip.hash, hash=made, who=whose, what=happened
    )


def alarm_after(tip: Tip, gate: GateId, what: AlarmWhat) -> AlarmV1:
    whose, happened = commit(NOBODY), commit(what.encode().decode())
    made = link_hash(tip.epoch, tip.seq + 1, tip.hash, whose.commitment, happened.commitment)
    return AlarmV1(
        gate=gate, epoch=tip.epoch, seq=tip.seq + 1, previous=tip.hash, hash=made, who=whose, what=happened
    )


def nearly_full(last: Entry, gate: GateId) -> Entry:
    """The alarm that follows the link which filled the journal to its warning line."""
    because = last.what
    what = AlarmWhat(
        id=uuid7(),
        at=because.at,
        boot=because.boot,
        monotonic_ms=because.monotonic_ms,
        kind=AlarmKind.JOURNAL_NEARLY_FULL,
    )
    return Entry(alarm_after(Tip.of(last.link.place), gate, what), what)


def links_gone(lost: Missing, boot: BootId, stamp: AlarmStamp) -> AlarmWhat:
    """The server asks for links that this gate no longer holds."""
    return AlarmWhat(
        id=uuid7(),
        at=stamp.at,
        boot=boot,
        monotonic_ms=stamp.monotonic_ms,
        kind=AlarmKind.LINKS_GONE,
        gone=lost,
    )


@dataclass(frozen=True, slots=True)
class Opening:
    """A start of the gate, as its journal records it."""

    gate: GateId
    boot: BootId
    stamp: AlarmStamp

    def links(self, parent: Place | None, interrupted: list[str]) -> list[Entry]:
        """`journal_opened` naming the parent, then one `pulse_unknown` for each interrupted passage."""
        alarms = [self._alarm(AlarmKind.JOURNAL_OPENED, parent=parent)]
        alarms += [self._alarm(AlarmKind.PULSE_UNKNOWN, passage=UUID(passage)) for passage in interrupted]
        tip, entries = Tip.after(parent), list[Entry]()
        for what in alarms:
            link = alarm_after(tip, self.gate, what)
            entries.append(Entry(link, what))
            tip = Tip.of(link.place)
        return entries

    def _alarm(self, kind: AlarmKind, parent: Place | None = None, passage: UUID | None = None) -> AlarmWhat:
        return AlarmWhat(
            id=uuid7(),
            at=self.stamp.at,
            boot=self.boot,
            monotonic_ms=self.stamp.monotonic_ms,
            kind=kind,
            parent=parent,
            passage=passage,
        )
