"""Bytes that are not the payload they should be are refused by one error that quotes nothing."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.chain import Part, commit
from contracts.ids import CompoundId, GateId
from contracts.passage import PassageV1, PassageWhat
from contracts.receipt import Receipt
from contracts.roster import RosterBody, RosterPair, decode_roster, encode_roster
from contracts.signing import SignedV1, open_signed
from contracts.topics import PASSAGE, RECEIPT, TOPICS, Address, Topic, read_topic
from contracts.wire import LARGEST_MESSAGE, Fault, Message, WireError
from tests.contracts.samples import FOLDER, PAYLOADS, keys, sample

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def tolerantly(read: Callable[[], object]) -> None:
    """Runs a reader; WireError is the only error it may raise."""
    with suppress(WireError):
        read()


@pytest.mark.parametrize("kind", [*dict.fromkeys(PAYLOADS.values()), Receipt, PassageWhat])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_payload_or_a_wire_error(kind: type[Message], data: bytes) -> None:
    tolerantly(lambda: kind.decode(data))


@pytest.mark.parametrize(("name", "kind"), PAYLOADS.items())
@given(data=st.data())
def test_a_sample_with_any_one_field_changed_is_a_payload_or_a_wire_error(
    name: str, kind: type[Message], data: st.DataObject
) -> None:
    fields = json.loads(sample(name))
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(json_values)
    tolerantly(lambda: kind.decode(json.dumps(fields).encode()))


@given(salt=st.text(alphabet="Aa0+/=", max_size=9), text=st.text(max_size=20), who=st.booleans())
def test_a_link_with_any_salt_and_text_holds_or_is_a_wire_error(salt: str, text: str, who: bool) -> None:
    fields = json.loads(sample("passage.v1"))
    fields["who" if who else "what"] |= {"salt": salt, "text": text}
    tolerantly(lambda: PassageV1.decode(json.dumps(fields).encode()).check())


@given(text=st.text(max_size=40))
def test_a_part_with_any_text_reads_or_is_a_wire_error(text: str) -> None:
    passage = PassageV1.decode(sample("passage.v1"))
    other = passage.model_copy(update={"what": Part(commitment="0" * 64, salt="", text=text)})
    tolerantly(other.read_what)


@given(data=st.binary(max_size=400))
def test_any_bytes_are_a_roster_or_a_wire_error(data: bytes) -> None:
    tolerantly(lambda: decode_roster(data))


@given(position=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.integers(0, 10_000))
def test_a_roster_changed_anywhere_reads_or_is_a_wire_error(position: int, value: int, cut: int) -> None:
    content = bytearray((FOLDER / "roster.v1.bin").read_bytes())
    content[position % len(content)] = value
    tolerantly(lambda: decode_roster(bytes(content[: cut % (len(content) + 1)])))
    tolerantly(lambda: decode_roster(bytes(content)))


@given(signature=st.text(alphabet="Aa0+/=", max_size=90), body=st.text(max_size=50))
def test_any_signature_over_any_body_is_refused_as_a_wire_error(signature: str, body: str) -> None:
    fields = json.loads(sample("receipt.v1")) | {"signature": signature, "body": body}
    with pytest.raises(WireError):
        open_signed(SignedV1.decode(json.dumps(fields).encode()), Receipt, keys("receipt"))


@given(text=st.text(max_size=80) | st.from_regex(r"kaimen/v1/[a-z0-9-]+/[a-z0-9-]+/[a-z]+"))
def test_any_topic_is_one_of_the_list_or_a_wire_error(text: str) -> None:
    tolerantly(lambda: read_topic(text))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", Fault.NOT_JSON),
        (b"not json", Fault.NOT_JSON),
        (b"\xff\xfe", Fault.NOT_JSON),
        (b"[1, 2]", Fault.MALFORMED),
        (b"{}", Fault.MALFORMED),
        (b'{"v": 2}', Fault.NEWER_VERSION),
        (b'{"v": "one"}', Fault.MALFORMED),
        (b"[" * 10_000, Fault.NOT_JSON),
        (b" " * (LARGEST_MESSAGE + 1), Fault.TOO_LARGE),
    ],
)
def test_each_fault_has_its_name(data: bytes, fault: Fault) -> None:
    with pytest.raises(WireError) as refused:
        PassageV1.decode(data)
    assert refused.value.fault is fault
    assert refused.value.what == "PassageV1"


@pytest.mark.promise(9)
def test_a_refusal_never_quotes_what_it_refused() -> None:
    data = sample("passage.v1").replace(b'"gate": "east-gate"', b'"gate": "Secret Name"')
    with pytest.raises(WireError) as refused:
        PassageV1.decode(data)
    assert "Secret" not in str(refused.value)
    assert str(refused.value) == "PassageV1: malformed (gate: value_error)"


@pytest.mark.promise(11)
@pytest.mark.parametrize(
    "change",
    [
        {"seq": 3},
        {"epoch": "another"},
        {"previous": "0" * 64},
        {"hash": "0" * 64},
        {"who": {"commitment": "0" * 64}},
    ],
)
def test_a_link_changed_anywhere_no_longer_holds(change: dict[str, object]) -> None:
    changed = json.loads(sample("passage.v1")) | change
    with pytest.raises(WireError) as refused:
        PassageV1.decode(json.dumps(changed).encode()).check()
    assert refused.value.fault is Fault.BAD_HASH


@pytest.mark.promise(11)
@pytest.mark.parametrize(
    "change", [{"text": "{}"}, {"salt": "AAAA"}, {"text": None}, {"salt": None}, {"salt": "A"}]
)
def test_a_part_changed_or_half_erased_no_longer_holds(change: dict[str, str | None]) -> None:
    changed = json.loads(sample("passage.v1"))
    changed["who"] |= change
    with pytest.raises(WireError):
        PassageV1.decode(json.dumps(changed).encode()).check()


PAIR = RosterPair(one=0, other=1)


def test_a_sent_link_may_say_late_without_breaking_its_hash() -> None:
    PassageV1.decode(sample("passage.v1")).model_copy(update={"late": True}).check()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_reads_back_as_it_was_written(topic: Topic) -> None:
    compound, gate = CompoundId("red-garden"), GateId("east-gate")
    assert read_topic(topic.at(compound, gate)) == Address(topic, compound, gate)
    assert topic.pattern.format(compound=compound, gate=gate) == topic.at(compound, gate)
    assert topic.everywhere == f"kaimen/v1/+/+/{topic.name}"


@pytest.mark.promise(11)
def test_the_same_text_is_committed_to_differently_each_time() -> None:
    one, two = commit("{}"), commit("{}")
    assert one.holds
    assert two.holds
    assert one.commitment != two.commitment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kaimen/v1/red-garden/east-gate/unheard",
        "kaimen/v2/red-garden/east-gate/passage",
        "kaimen/v1/red-garden/-east/passage",
        "kaimen/v1/red-garden/east-gate/passage/more",
        "kaimen/v1/+/east-gate/passage",
    ],
)
def test_a_topic_that_is_not_in_the_list_is_refused(text: str) -> None:
    with pytest.raises(WireError) as refused:
        read_topic(text)
    assert refused.value.fault is Fault.UNKNOWN_TOPIC


def test_passages_are_never_retained_and_receipts_are() -> None:
    assert not PASSAGE.retain
    assert RECEIPT.retain


def test_a_roster_cut_short_anywhere_is_refused() -> None:
    content = (FOLDER / "roster.v1.bin").read_bytes()
    for length in range(len(content)):
        with pytest.raises(WireError):
            decode_roster(content[:length])


def test_a_roster_whose_row_belongs_to_nobody_is_refused() -> None:
    body = decode_roster((FOLDER / "roster.v1.bin").read_bytes())
    nobody = body.roster.model_copy(update={"rows": [0, 0, 9]})
    with pytest.raises(WireError, match="nobody"):
        RosterBody(nobody, body.templates)
    with pytest.raises(WireError, match="template bytes"):
        RosterBody(body.roster, body.templates[:-4])


def test_pairs_that_are_taken_for_each_other_travel_with_the_roster() -> None:
    body = decode_roster((FOLDER / "roster.v1.bin").read_bytes())
    marked = RosterBody(body.roster.model_copy(update={"confusable": [PAIR]}), body.templates)
    assert decode_roster(encode_roster(marked)).roster.confusable == [PAIR]


@pytest.mark.parametrize("pair", [(0, 0), (0, 2)])
def test_a_pair_that_is_not_two_people_with_templates_is_refused(pair: tuple[int, int]) -> None:
    body = decode_roster((FOLDER / "roster.v1.bin").read_bytes())
    wrong = body.roster.model_copy(update={"confusable": [RosterPair(one=pair[0], other=pair[1])]})
    with pytest.raises(WireError):
        RosterBody(wrong, body.templates)


@pytest.mark.promise(9)
def test_a_roster_does_not_show_its_templates() -> None:
    body = decode_roster((FOLDER / "roster.v1.bin").read_bytes())
    assert "templates" not in repr(body)
