"""A delta makes exactly the roster it was made for, and nothing else that could be taken for one."""

import hashlib
import struct
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.roster import RosterBody, RosterPair, decode_roster, decode_roster_within, encode_roster
from contracts.roster_delta import (
    PersonSplice,
    PinSplice,
    RosterDelta,
    RosterRows,
    RowSplice,
    Step,
    apply_deltas,
    decode_delta,
    encode_delta,
)
from contracts.wire import Fault, WireError
from tests.contracts.rosters import a_street, bodies, without


def digest_of(body: RosterBody) -> str:
    return hashlib.sha256(encode_roster(body)).hexdigest()


def delta_of(base: RosterBody, new: RosterBody) -> bytes:
    step = Step(digest_of(base), digest_of(new))
    return encode_delta(RosterRows.of(base), RosterRows.of(new), step)


def applied(base: RosterBody, data: bytes) -> RosterBody:
    return apply_deltas(base, digest_of(base), [decode_delta(data)])


def encoded(delta: RosterDelta, block: bytes = b"") -> bytes:
    head = delta.encode()
    return struct.pack(">I", len(head)) + head + block


@settings(max_examples=100, deadline=None)
@given(bodies(), bodies())
def test_what_a_delta_makes_is_the_new_roster_byte_for_byte(base: RosterBody, new: RosterBody) -> None:
    data = delta_of(base, new)
    assert encode_roster(applied(base, data)) == encode_roster(new)
    assert decode_delta(data).head.becomes == digest_of(new)


@settings(max_examples=30, deadline=None)
@given(st.lists(bodies(), min_size=3, max_size=4))
def test_steps_follow_one_another(way: list[RosterBody]) -> None:
    deltas = [delta_of(base, new) for base, new in pairwise(way)]
    held = way[0]
    for data in deltas:
        held = applied(held, data)
    at_once = apply_deltas(way[0], digest_of(way[0]), map(decode_delta, deltas))
    assert encode_roster(held) == encode_roster(at_once) == encode_roster(way[-1])


@settings(max_examples=50, deadline=None)
@given(bodies())
def test_a_roster_goes_through_its_bytes_unchanged(body: RosterBody) -> None:
    assert decode_roster(encode_roster(body)) == body
    assert decode_roster_within(memoryview(bytearray(encode_roster(body)))) == body
    assert RosterRows.of(body).packed() == body


@settings(max_examples=30, deadline=None)
@given(bodies(), bodies(), bodies())
def test_a_delta_for_another_roster_is_refused(base: RosterBody, new: RosterBody, other: RosterBody) -> None:
    if other == base:
        return
    with pytest.raises(WireError) as refused:
        applied(other, delta_of(base, new))
    assert refused.value.fault is Fault.BAD_HASH


@pytest.mark.promise(8)
@pytest.mark.parametrize("number", [0, 1_000, 1_999])
def test_a_revocation_among_two_thousand_is_a_kilobyte(number: int) -> None:
    base = a_street(2_000)
    new = without(base, number)
    data = delta_of(base, new)
    assert len(data) < 1_200
    assert encode_roster(applied(base, data)) == encode_roster(new)


def test_two_revocations_far_apart_are_two_splices() -> None:
    base = a_street(500)
    data = delta_of(base, without(without(base, 490), 3))
    assert [(one.at, one.drop) for one in decode_delta(data).head.people] == [(3, 1), (490, 1)]
    assert len(data) < 1_500


def a_hostile(base: RosterBody, **changed: object) -> RosterDelta:
    honest = decode_delta(delta_of(base, base)).head
    return honest.model_copy(update=changed)


@pytest.mark.promise(6)
@pytest.mark.parametrize(
    "changed",
    [
        {"people": [PersonSplice(at=4, drop=0)]},
        {"people": [PersonSplice(at=0, drop=4)]},
        {"people": [PersonSplice(at=2**62, drop=2**62)]},
        {"people": [PersonSplice(at=2, drop=1), PersonSplice(at=0, drop=1)]},
        {"people": [PersonSplice(at=0, drop=2), PersonSplice(at=1, drop=1)]},
        {"people": [PersonSplice(at=1, drop=1)]},  # and their rows stay behind
        {"rows": [RowSplice(at=0, drop=2)]},  # one of a pair has none any more
        {"rows": [RowSplice(at=0, drop=0, put=[0])]},
        {"rows": [RowSplice(at=6, drop=0, put=[3])]},
        {"rows": [RowSplice(at=0, drop=2**40)]},
        {"pins": [PinSplice(at=3, drop=2**40)]},
    ],
)
def test_a_hostile_delta_is_refused(changed: dict[str, object]) -> None:
    street = a_street(3, width=1)
    pair = [RosterPair(one=0, other=1)]
    base = RosterBody(street.roster.model_copy(update={"confusable": pair}), street.templates)
    with pytest.raises(WireError):
        applied(base, encoded(a_hostile(base, **changed)))


@pytest.mark.promise(8)
@pytest.mark.parametrize("name", ["people", "rows", "confusable", "pins", "passes"])
def test_a_hundred_thousand_wrong_entries_are_one_fault(name: str) -> None:
    """Nothing is proven yet when a delta is read: each wrong entry kept as a fault would be 600 bytes of memory."""
    bomb = f'{{"{name}": [{",".join(["0.5"] * 100_000)}]}}'.encode()
    data = struct.pack(">I", len(bomb)) + bomb
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            decode_delta(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_rows_that_are_too_few_or_too_many_are_refused() -> None:
    base = a_street(3, width=1)
    puts = a_hostile(base, rows=[RowSplice(at=6, drop=0, put=[2])])
    assert applied(base, encoded(puts, bytes(4))).roster.rows[-1] == 2
    for block in (bytes(3), bytes(5), bytes(8), b""):
        with pytest.raises(WireError):
            applied(base, encoded(puts, block))


@settings(max_examples=100, deadline=None)
@given(bodies(), bodies(), st.data())
def test_a_delta_cut_or_changed_makes_a_roster_or_is_refused(
    base: RosterBody, new: RosterBody, data: st.DataObject
) -> None:
    whole = bytearray(delta_of(base, new))
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole))) :]
    else:
        for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
            whole[place] = data.draw(st.integers(0, 255))
    try:
        made = applied(base, bytes(whole))
    except WireError:
        return
    assert decode_roster(encode_roster(made)) == made
