"""A roster as what differs from the one before it, so that a single revocation is a kilobyte and not a gallery.

Encoded like a roster: a length, a JSON head, and the template rows that are put in, one after another. Lists are
changed by splices, in the order of the base's places. What comes of it is encoded anew by the reader, and believed
only where those bytes have the digest that a manifest signed for them.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Generic, Protocol, Self, TypeVar

from pydantic import Field

from contracts.roster import (
    FLOAT32_BYTES,
    LARGEST_ROSTER,
    Listed,
    Roster,
    RosterBody,
    RosterPair,
    RosterPass,
    RosterPerson,
    RosterPin,
)
from contracts.wire import Fault, Hash, Message, Wire, WireError

_LENGTH = struct.Struct(">I")
_NAME = "RosterDelta"
DELTA_PURPOSE = "roster delta"
"""What a delta is sealed for."""

SHORT: Final = 8
"""A step is told, and taken, where the whole is so many times longer; else the whole is the quicker way."""

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)
Place = Annotated[int, Field(ge=0)]


class Splice(Wire):
    """From place `at` of the base's list on, `drop` entries make room for those that are put."""

    at: Place
    drop: Place


class PersonSplice(Splice):
    put: Listed[RosterPerson] = []


class RowSplice(Splice):
    """`put` are owners, by index in the new roster's people; their rows stand behind the head, in this order."""

    put: Listed[Place] = []


class PairSplice(Splice):
    put: Listed[RosterPair] = []


class PinSplice(Splice):
    put: Listed[RosterPin] = []


class PassSplice(Splice):
    put: Listed[RosterPass] = []


class RosterDelta(Message):
    """The head of a delta. `base` and `becomes` are digests of encoded rosters; `head` is the new roster without
    what the splices make: people, rows, pairs, PINs and passes."""

    base: Hash
    becomes: Hash
    head: Roster
    people: Listed[PersonSplice] = []
    rows: Listed[RowSplice] = []
    confusable: Listed[PairSplice] = []
    pins: Listed[PinSplice] = []
    passes: Listed[PassSplice] = []


@dataclass(frozen=True, slots=True)
class RosterRows:
    """A roster and its templates row by row: rows that two rosters share are kept once."""

    roster: Roster
    rows: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, body: RosterBody) -> Self:
        size, block = body.roster.width * FLOAT32_BYTES, bytes(body.templates)
        return cls(body.roster, tuple(block[at : at + size] for at in range(0, len(block), size)))

    def packed(self) -> RosterBody:
        """Raises WireError where the rows do not fit the head."""
        return RosterBody(self.roster, b"".join(self.rows))


@dataclass(frozen=True, slots=True)
class Step:
    """From which encoded roster to which, by their digests."""

    base: str
    becomes: str


def encode_delta(base: RosterRows, new: RosterRows, step: Step) -> bytes:
    """What makes `new` of `base`, exactly. Long where they have little in common: the caller compares sizes."""
    old, wanted = base.roster, new.roster
    people = _edits(old.people, wanted.people)
    places = _places(len(old.people), people)
    rows = _edits(
        [(places[owner], row) for owner, row in zip(old.rows, base.rows, strict=True)],
        list(zip(wanted.rows, new.rows, strict=True)),
    )
    pairs = _edits(_moved(old.confusable or [], places), wanted.confusable or [])
    delta = RosterDelta(
        base=step.base,
        becomes=step.becomes,
        head=_without_lists(wanted),
        people=[PersonSplice(at=one.at, drop=one.drop, put=one.put) for one in people],
        rows=[RowSplice(at=one.at, drop=one.drop, put=[owner for owner, _ in one.put]) for one in rows],
        confusable=[PairSplice(at=one.at, drop=one.drop, put=one.put) for one in pairs],
        pins=[PinSplice(at=one.at, drop=one.drop, put=one.put) for one in _edits(old.pins, wanted.pins)],
        passes=[
            PassSplice(at=one.at, drop=one.drop, put=one.put) for one in _edits(old.passes, wanted.passes)
        ],
    )
    head = delta.encode()
    return _LENGTH.pack(len(head)) + head + b"".join(row for one in rows for _, row in one.put)


def puts_rows(data: bytes) -> bool:
    """Whether an encoded delta holds templates."""
    return len(data) > _LENGTH.size + _LENGTH.unpack_from(data)[0]


@dataclass(frozen=True, slots=True)
class Delta:
    """A delta as it was read: its head, and the rows it puts in, one after another."""

    head: RosterDelta
    block: bytes = field(repr=False)


def decode_delta(data: bytes) -> Delta:
    """Raises WireError for anything that is not a whole delta."""
    if len(data) < _LENGTH.size:
        raise WireError(Fault.MALFORMED, _NAME, "cut short")
    (length,) = _LENGTH.unpack_from(data)
    head = data[_LENGTH.size : _LENGTH.size + length]
    if len(head) < length:
        raise WireError(Fault.MALFORMED, _NAME, "cut short")
    return Delta(RosterDelta.decode(head, limit=LARGEST_ROSTER), data[_LENGTH.size + length :])


def apply_deltas(base: RosterBody, digest: str, deltas: Iterable[Delta]) -> RosterBody:
    """The roster that `base`, whose encoded bytes have this digest, becomes by these deltas, one after another.

    Raises WireError and nothing else. Nothing is believed yet: compare the result's encoded bytes with what the
    manifest signed. Templates are copied once, whatever the number of deltas.
    """
    roster, rows = base.roster, _rows_of(base.templates, base.roster.width)
    for delta in deltas:
        if delta.head.base != digest:
            raise WireError(Fault.BAD_HASH, _NAME, "made for another roster")
        roster, rows = _spliced_head(roster, delta.head), _spliced_rows(rows, delta)
        digest = delta.head.becomes
    return RosterBody(roster, b"".join(rows))


def _spliced_head(old: Roster, delta: RosterDelta) -> Roster:
    people = _spliced(old.people, delta.people)
    places = _places(len(old.people), delta.people)
    rows = _spliced([places[owner] for owner in old.rows], delta.rows)
    pairs = _spliced(_moved(old.confusable or [], places), delta.confusable)
    if None in rows or None in pairs:
        raise WireError(Fault.MALFORMED, _NAME, "something belongs to somebody who is gone")
    return delta.head.model_copy(
        update={
            "people": people,
            "rows": rows,
            "confusable": pairs if pairs or delta.head.confusable is not None else None,
            "pins": _spliced(old.pins, delta.pins),
            "passes": _spliced(old.passes, delta.passes),
        }
    )


def _rows_of(block: bytes | memoryview, width: int) -> list[memoryview]:
    """Views of the rows; of what is no whole row, a view too."""
    size, view = width * FLOAT32_BYTES, memoryview(block)
    return [view[at : at + size] for at in range(0, len(view), size)]


@dataclass(frozen=True, slots=True)
class _Put:
    """A row splice with the rows themselves."""

    at: int
    drop: int
    put: list[memoryview]


def _spliced_rows(rows: list[memoryview], delta: Delta) -> list[memoryview]:
    given, taken = _rows_of(delta.block, delta.head.head.width), 0
    puts: list[_Put] = []
    for splice in delta.head.rows:
        puts.append(_Put(splice.at, splice.drop, given[taken : taken + len(splice.put)]))
        taken += len(splice.put)
    if taken != len(given):
        raise WireError(Fault.MALFORMED, _NAME, "another number of rows than it says")
    return _spliced(rows, puts)


def _without_lists(roster: Roster) -> Roster:
    empty: list[object] = []
    confusable = None if roster.confusable is None else empty
    return roster.model_copy(
        update={"people": empty, "rows": empty, "confusable": confusable, "pins": empty, "passes": empty}
    )


class _Change(Protocol[Item_co]):
    """An edit that was found, or a splice that was read."""

    @property
    def at(self) -> int: ...

    @property
    def drop(self) -> int: ...

    @property
    def put(self) -> Sequence[Item_co]: ...


def _spliced(base: Sequence[Item], splices: Sequence[_Change[Item]]) -> list[Item]:
    """Raises WireError for splices that overlap, go backwards or reach beyond the base."""
    made: list[Item] = []
    begin = 0
    for one in splices:
        if one.at < begin or one.at + one.drop > len(base):
            raise WireError(Fault.MALFORMED, _NAME, "a splice out of place")
        made += base[begin : one.at]
        made += one.put
        begin = one.at + one.drop
    made += base[begin:]
    return made


def _places(count: int, splices: Sequence[_Change[object]]) -> list[int | None]:
    """Where each of the base's people stands afterwards; None for somebody who is gone."""
    places: list[int | None] = list(range(count))
    shift = begin = 0
    for one in splices:
        places[begin : one.at] = range(begin + shift, one.at + shift)
        places[one.at : one.at + one.drop] = [None] * one.drop
        shift += len(one.put) - one.drop
        begin = one.at + one.drop
    places[begin:] = range(begin + shift, count + shift)
    return places


def _moved(pairs: Sequence[RosterPair], places: Sequence[int | None]) -> list[RosterPair | None]:
    """The pairs by new indices; None where one of them is gone."""
    moved: list[RosterPair | None] = []
    for pair in pairs:
        one, other = places[pair.one], places[pair.other]
        moved.append(None if one is None or other is None else RosterPair(one=one, other=other))
    return moved


@dataclass(frozen=True, slots=True)
class _Edit(Generic[Item]):
    at: int
    drop: int
    put: list[Item]


def _edits(old: Sequence[object], new: Sequence[Item]) -> list[_Edit[Item]]:
    """A way from `old` to `new`, short where both keep one order: what the other lacks goes or comes in its place.

    Takes steps of the lengths' sum.
    """
    first, last = _common_ends(old, new)
    ends = len(old) - last, len(new) - last
    wanted, known = set(new[first : ends[1]]), set(old[first : ends[0]])
    edits: list[_Edit[Item]] = []
    here = there = first
    while here < ends[0] or there < ends[1]:
        at = here
        put: list[Item] = []
        while here < ends[0] or there < ends[1]:
            left, right = here < ends[0], there < ends[1]
            if left and right and _same(old[here], new[there]):
                break
            if left and (not right or old[here] not in wanted or new[there] in known):
                here += 1
            else:
                put.append(new[there])
                there += 1
        if here > at or put:
            edits.append(_Edit(at, here - at, put))
        while here < ends[0] and there < ends[1] and _same(old[here], new[there]):
            here, there = here + 1, there + 1
    return edits


def _common_ends(old: Sequence[object], new: Sequence[object]) -> tuple[int, int]:
    """How many entries are the same from the front, and how many of the rest from the back."""
    shorter = min(len(old), len(new))
    first = next(_unlike(zip(old, new, strict=False)), shorter)
    backwards = zip(reversed(old), reversed(new), strict=False)
    return first, min(next(_unlike(backwards), shorter), shorter - first)


def _unlike(both: Iterator[tuple[object, object]]) -> Iterator[int]:
    return (place for place, (one, other) in enumerate(both) if not _same(one, other))


def _same(one: object, other: object) -> bool:
    return one is other or one == other  # a model compares itself field by field
