"""Every class that crosses the wire, whoever adds one: whatever comes is the payload or a WireError and no more."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import contracts
from contracts.ids import OpaqueId
from contracts.roster import decode_roster
from contracts.roster_delta import apply_deltas, decode_delta
from contracts.wire import LARGEST_MESSAGE, Message, Wire, WireError
from tests.contracts.rosters import a_street

FOLDER = Path(contracts.__file__).parent
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["9" * 400, "2027-03-01T07:30:00Z", "0001-01-01T00:00:00+14:00", "a" * 64, "AA==", "", "\ud800"]
    ),
)


def payloads() -> list[type[Wire]]:
    """Every concrete class below Wire, of every module of contracts."""
    for module in FOLDER.glob("*.py"):
        import_module(f"contracts.{module.stem}")
    found: list[type[Wire]] = []
    waiting = list(Wire.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind is not Message and kind.__module__.startswith("contracts."):
            found.append(kind)
    return sorted(set(found), key=lambda kind: kind.__name__)


def reads_or_is_refused(kind: type[Wire], data: bytes) -> None:
    try:
        read = kind.decode(data)
    except WireError:
        return
    assert kind.decode(read.encode()) == read


def test_there_are_payloads_to_try() -> None:
    assert len(payloads()) > 20


@pytest.mark.parametrize("kind", payloads())
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_json_in_a_payloads_fields_reads_or_is_refused(kind: type[Wire], data: st.DataObject) -> None:
    names = st.sampled_from([*kind.model_fields, "unknown"])
    inner = st.recursive(
        ODD, lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(names, deeper, max_size=3)
    )
    value = data.draw(st.dictionaries(names, inner))
    reads_or_is_refused(kind, json.dumps(value).encode())


@pytest.mark.parametrize("kind", payloads())
def test_what_is_deep_long_or_no_text_is_refused(kind: type[Wire]) -> None:
    for data in (b"[" * 9_000, b'{"a":' * 3_000, b"\xff\xfe{}", b"", b"null", b"{}" + b" " * LARGEST_MESSAGE):
        reads_or_is_refused(kind, data)


def apply_any(data: bytes) -> object:
    return apply_deltas(a_street(2, width=1), "0" * 64, [decode_delta(data)])


@pytest.mark.parametrize("decode", [decode_roster, decode_delta, apply_any])
@settings(max_examples=50, deadline=None)
@given(
    head=st.binary(max_size=40)
    | st.dictionaries(st.text(max_size=6), ODD).map(lambda read: json.dumps(read).encode())
)
def test_bodies_of_rosters_and_deltas_read_or_are_refused(
    decode: Callable[[bytes], object], head: bytes
) -> None:
    for data in (head, len(head).to_bytes(4, "big") + head, b"\xff\xff\xff\xff" + head):
        try:
            decode(data)
        except WireError:
            continue


@given(st.text(max_size=70))
def test_an_id_is_made_of_few_letters_or_not_at_all(text: str) -> None:
    try:
        made = OpaqueId(text)
    except ValueError:
        return
    assert made.isascii()
    assert "/" not in made
    assert len(made) <= 64
