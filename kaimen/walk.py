"""Whether a gate's chain holds (promise 11). Pure: what is kept goes in, what is wrong comes out."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from contracts.alarm import AlarmWhat
from contracts.chain import NO_PARENT, Place, commitment, link_hash
from contracts.ids import EpochId
from contracts.wire import WireError

Range = tuple[int, int]
"""Places of an epoch, both ends inclusive."""

OPENS: Final = 1
"""The place in an epoch of the link that names its parent."""


class Fault(StrEnum):
    """What is wrong with a link."""

    UNREADABLE = "unreadable"  # the row is no link, or not the one that its columns name
    MISREAD = "misread"  # the columns that pages show say something else than the texts
    BAD_HASH = "bad_hash"  # the hash is not of what the row holds
    BAD_PART = "bad_part"  # a text is not what its commitment is to
    REMOVED = "removed"  # a part's text is not here and no entry says why
    NOT_FOLLOWING = "not_following"  # it does not name the one before it
    GAP = "gap"  # links are missing and no entry says why


class Found(StrEnum):
    """What there is at a place that a later epoch names as its parent."""

    HERE = "here"
    ANOTHER = "another"  # a link with another hash
    EXCUSED = "excused"  # an entry says why it is not here
    AWAITED = "awaited"  # asked for and not here yet
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Half:
    """One part of a link as kept. An erased one has neither salt nor text."""

    commitment: str
    salt: bytes | None
    text: bytes | None = field(repr=False)

    @property
    def erased(self) -> bool:
        return self.salt is None and self.text is None

    @property
    def holds(self) -> bool:
        if self.salt is None or self.text is None:
            return self.erased
        try:
            return commitment(self.salt, self.text.decode()) == self.commitment
        except UnicodeDecodeError:
            return False


@dataclass(frozen=True, slots=True)
class Kept:
    """A link as kept. Without parts the row does not read."""

    seq: int
    previous: str
    hash: str
    halves: tuple[Half, Half] | None  # who, what
    well_read: bool = True  # what is shown of it is what its texts say

    def fault(self, epoch: EpochId) -> Fault | None:
        """What is wrong with the link by itself."""
        if self.halves is None:
            return Fault.UNREADABLE
        who, what = self.halves
        try:
            made = link_hash(epoch, self.seq, self.previous, who.commitment, what.commitment)
        except ValueError:  # a hash or commitment that is not hexadecimal
            return Fault.BAD_HASH
        if made != self.hash:
            return Fault.BAD_HASH
        if not (who.holds and what.holds):
            return Fault.BAD_PART
        return None if self.well_read else Fault.MISREAD


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the keeper says that it has an epoch without a gap; the hash belongs to `hash_seq`."""

    seq: int
    hash_seq: int
    hash: str | None


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch: its links in order, and the ranges (ends inclusive) whose absence is in order."""

    name: EpochId
    kept: Iterable[Kept]
    excused: Sequence[Range]
    reached: Reached | None = None
    purged: tuple[Sequence[Range], Sequence[Range]] = ((), ())  # in order; whose who, whose what was removed


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing wrong."""

    epoch: str
    seq: int
    fault: Fault


@dataclass(slots=True)
class Walked:
    """What a chain is: figures, and the first bad link where there is one."""

    links: int = 0
    epochs: int = 0
    erased: int = 0  # parts whose text was removed; their commitments still hold
    excused: int = 0  # places missing with an entry
    awaited: int = 0  # places missing, asked for, not yet here
    bad: Finding | None = None


class Source(Protocol):
    """Where a chain is kept."""

    def epochs(self) -> Iterator[Epoch]:
        """Oldest first."""
        ...

    def look(self, place: Place) -> Found: ...


def walk(source: Source) -> Walked:
    """Every link of a chain, up to the first bad one."""
    walked = Walked()
    for epoch in source.epochs():
        walked.epochs += 1
        walked.bad = _Walk(epoch, source, walked).bad()
        if walked.bad is not None:
            break
    return walked


class _Walk:
    """One epoch from its first link to its last."""

    def __init__(self, epoch: Epoch, source: Source, walked: Walked) -> None:
        self._epoch, self._source, self._walked = epoch, source, walked
        self._expected, self._before = 1, ""

    def bad(self) -> Finding | None:
        for link in self._epoch.kept:
            bad = self._to(link.seq) or self._link(link)
            if bad is not None:
                return bad
            self._walked.links += 1
            self._walked.erased += sum(half.erased for half in link.halves or ())
            self._expected, self._before = link.seq + 1, link.hash
        reached = self._epoch.reached
        return self._to(reached.seq + 1) if reached is not None else None

    def _to(self, seq: int) -> Finding | None:
        """Over missing places up to before `seq`, each of which must be excused or awaited."""
        while self._expected < seq:
            end, here = self._next(seq)
            if here:
                self._walked.excused += end - self._expected
            elif self._epoch.reached is not None and self._expected > self._epoch.reached.seq:
                self._walked.awaited += end - self._expected
            else:
                return self._finding(self._expected, Fault.GAP)
            self._expected, self._before = end, ""
        return None

    def _next(self, seq: int) -> tuple[int, bool]:
        """Up to where the expected place and its neighbours are excused, or not; and whether they are."""
        inside = [last + 1 for first, last in self._epoch.excused if first <= self._expected <= last]
        if inside:
            return min(max(inside), seq), True
        return min([seq, *(first for first, _ in self._epoch.excused if first > self._expected)]), False

    def _link(self, link: Kept) -> Finding | None:
        fault = link.fault(self._epoch.name)
        if fault is None and not self._removed_in_order(link):
            fault = Fault.REMOVED
        if fault is not None:
            return self._finding(link.seq, fault)
        reached = self._epoch.reached
        if reached is not None and reached.hash_seq == link.seq and reached.hash not in (None, link.hash):
            return self._finding(link.seq, Fault.BAD_HASH)
        if link.seq == OPENS:
            return self._opening(link)
        if self._before and link.previous != self._before:
            return self._finding(link.seq, Fault.NOT_FOLLOWING)
        return None

    def _removed_in_order(self, link: Kept) -> bool:
        halves = zip(link.halves or (), self._epoch.purged, strict=False)
        return all(not half.erased or _covered(link.seq, ranges) for half, ranges in halves)

    def _opening(self, link: Kept) -> Finding | None:
        """The first link follows the parent that it names, and that one is where it should be."""
        parent = _parent_of(link)
        if link.previous != (parent.hash if parent else NO_PARENT):
            return self._finding(link.seq, Fault.NOT_FOLLOWING)
        if parent is None:
            return None
        match self._source.look(parent):
            case Found.ANOTHER:
                return self._finding(link.seq, Fault.NOT_FOLLOWING)
            case Found.ABSENT:
                return Finding(parent.epoch, parent.seq, Fault.GAP)
            case _:
                return None

    def _finding(self, seq: int, fault: Fault) -> Finding:
        return Finding(self._epoch.name, seq, fault)


def _covered(seq: int, ranges: Sequence[Range]) -> bool:
    """Whether one of the ranges, sorted by where they begin, has the place; they may overlap."""
    begins = bisect_right(ranges, seq, key=lambda one: one[0])
    return any(last >= seq for _, last in reversed(ranges[:begins]))


def _parent_of(link: Kept) -> Place | None:
    """What `journal_opened` names; a link that is no alarm has no parent."""
    text = link.halves[1].text if link.halves else None
    try:
        return AlarmWhat.decode(text).parent if text else None
    except WireError:
        return None
