"""Whatever comes is either a message or poison with a reason; nothing makes ingest fall over."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.ingest.arrival import Arrival, Poison, ReadPassage, Taken, claimed_place, read
from contracts.ids import GateId
from tests.chains import Chain

TOPIC = "kaimen/v1/wutong/gate-main/passage"


def test_a_passage_is_read_with_both_its_parts() -> None:
    passage = Chain(GateId("gate-main")).passage()
    taken = read(Arrival(TOPIC, passage.encode()))
    assert isinstance(taken, Taken)
    assert isinstance(taken.content, ReadPassage)
    assert taken.content.link == passage


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"v": 2}, "newer_version"),
        ({"seq": 7}, "bad_hash"),
        ({"gate": "gate-other"}, "wrong_gate"),
        ({"seq": 0}, "malformed"),
        ({"who": None}, "malformed"),
    ],
)
def test_a_changed_passage_is_poison_by_its_reason(change: dict[str, object], fault: str) -> None:
    fields = json.loads(Chain(GateId("gate-main")).passage().encode()) | change
    poison = read(Arrival(TOPIC, json.dumps(fields).encode()))
    assert isinstance(poison, Poison)
    assert poison.fault == fault


def test_a_salt_that_is_no_base64_is_poison_not_a_crash() -> None:
    fields = json.loads(Chain(GateId("gate-main")).passage().encode())
    fields["who"]["salt"] = "A"
    poison = read(Arrival(TOPIC, json.dumps(fields).encode()))
    assert isinstance(poison, Poison)
    assert poison.fault == "malformed"


def test_poison_keeps_its_place_in_the_chain_where_that_can_be_read() -> None:
    chain = Chain(GateId("gate-main"))
    fields = json.loads(chain.passage().encode()) | {"v": 2}
    poison = read(Arrival(TOPIC, json.dumps(fields).encode()))
    assert isinstance(poison, Poison)
    assert poison.claimed is not None
    assert (poison.claimed.epoch, poison.claimed.seq, poison.claimed.hash) == (chain.epoch, 1, chain.last)


def test_a_broken_report_outside_the_chain_has_no_place() -> None:
    poison = read(Arrival("kaimen/v1/wutong/gate-main/health", b'{"epoch":"a","seq":1}'))
    assert isinstance(poison, Poison)
    assert poison.claimed is None


@given(st.binary(max_size=400), st.text(max_size=80))
def test_no_bytes_on_no_topic_raise(payload: bytes, topic: str) -> None:
    assert isinstance(read(Arrival(topic, payload)), Poison)
    assert isinstance(read(Arrival(TOPIC, payload)), Poison)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
        lambda inner: st.dictionaries(st.sampled_from(["epoch", "seq", "hash", "v"]), inner),
    )
)
def test_a_place_is_read_out_of_any_json_without_raising(value: object) -> None:
    claimed = claimed_place(json.dumps(value).encode())
    assert claimed is None or claimed.seq >= 1
