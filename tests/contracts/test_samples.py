"""Whatever this version wrote, later ones read: the samples are never rewritten, only added to."""

import json
from datetime import UTC, datetime

import pytest

from contracts.alarm import AlarmV1
from contracts.chain import text_of
from contracts.ids import CompoundId, GateId
from contracts.manifest import Manifest
from contracts.pass_token import read_token
from contracts.passage import PassageV1
from contracts.receipt import Receipt
from contracts.roster import Roster, decode_roster, encode_roster
from contracts.signing import SignedV1, open_signed
from contracts.topics import TOPICS
from contracts.wire import Message, WireError
from tests.contracts.samples import FOLDER, PAYLOADS, keys, sample


def test_every_sample_is_known_to_these_tests() -> None:
    found = {file.name.removesuffix(".json") for file in FOLDER.glob("*.json")}
    assert found == PAYLOADS.keys() | {"keys", "pass-token.v1"}


def test_every_topic_has_a_sample() -> None:
    assert {f"{topic.name}.v1" for topic in TOPICS} <= PAYLOADS.keys()


@pytest.mark.parametrize(("name", "kind"), PAYLOADS.items())
def test_a_sample_reads_and_writes_back_the_same(name: str, kind: type[Message]) -> None:
    read = kind.decode(sample(name))
    assert kind.decode(read.encode()) == read
    assert json.loads(read.encode()) == json.loads(sample(name))


@pytest.mark.parametrize(("name", "kind"), PAYLOADS.items())
def test_readers_ignore_fields_they_do_not_know(name: str, kind: type[Message]) -> None:
    newer = json.loads(sample(name)) | {"since_1_1": {"anything": [1, None]}}
    assert kind.decode(json.dumps(newer).encode()) == kind.decode(sample(name))


@pytest.mark.promise(11)
def test_sample_links_hold_and_follow_one_another() -> None:
    opened, granted, refused = (
        AlarmV1.decode(sample("alarm.v1")),
        PassageV1.decode(sample("passage.v1")),
        PassageV1.decode(sample("passage-refused.v1")),
    )
    counted, gone = PassageV1.decode(sample("passage-counted.v1")), AlarmV1.decode(sample("alarm-gone.v1"))
    unrecorded, said = (
        PassageV1.decode(sample("passage-unrecorded.v1")),
        AlarmV1.decode(sample("alarm-exit.v1")),
    )
    links = (opened, granted, refused, counted, gone, unrecorded, said)
    for link in links:
        link.check()
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:-1]]
    assert opened.read_what().parent is not None
    assert refused.read_who().person is None
    assert said.read_what().passage == unrecorded.read_what().id


@pytest.mark.promise(11)
def test_erasing_a_person_leaves_the_link_whole() -> None:
    erased, whole = PassageV1.decode(sample("passage-erased.v1")), PassageV1.decode(sample("passage.v1"))
    erased.check()
    assert erased.place == whole.place
    assert erased.read_what() == whole.read_what()
    with pytest.raises(WireError, match="erased"):
        erased.read_who()
    assert text_of(whole.who, "who").decode() not in sample("passage-erased.v1").decode()


def test_signed_samples_open_with_the_keys_beside_them() -> None:
    receipt = open_signed(SignedV1.decode(sample("receipt.v1")), Receipt, keys("receipt"))
    manifest = open_signed(SignedV1.decode(sample("want.v1")), Manifest, keys("manifest"))
    assert receipt.upto == [PassageV1.decode(sample("passage.v1")).place]
    assert (manifest.gate, manifest.version) == (GateId("east-gate"), 42)


def test_the_sample_roster_reads_from_its_bytes() -> None:
    content = (FOLDER / "roster.v1.bin").read_bytes()
    body = decode_roster(content)
    assert body.roster == Roster.decode(sample("roster.v1"))
    assert encode_roster(body) == content


def test_the_sample_pass_is_read_offline_at_its_home_gate() -> None:
    code = json.loads(sample("pass-token.v1"))["code"]
    read = read_token(code, CompoundId("red-garden"), keys("pass"))
    assert read.has_home(GateId("east-gate"))
    assert read.is_for(GateId("underground-gate"))
    assert not read.is_for(GateId("west-gate"))
    assert (read.since, read.uses) == (datetime(2026, 11, 23, tzinfo=UTC), 1)
