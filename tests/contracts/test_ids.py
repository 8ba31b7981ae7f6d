"""Ids are plain words that are safe in a topic, a file name and a URL."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import GateId, ModelId, PassId, PersonId, uuid7
from contracts.pins import pin_mac, room_of


@given(text=st.text(max_size=70))
def test_an_id_is_safe_everywhere_or_refused(text: str) -> None:
    try:
        made = GateId(text)
    except ValueError:
        return
    assert made == text
    assert made.isascii()
    assert not set(made) & set("/+#.*$ \\\n")


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a/b", "a.b", "张三", "a\n", "x" * 65])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        GateId(text)


def test_random_ids_differ_and_have_128_bits() -> None:
    assert PassId.random() != PassId.random()
    assert len(bytes.fromhex(PersonId.random())) == 16


def test_a_model_id_may_name_its_parts() -> None:
    assert ModelId("yunet-sface+dlib-1.0") == "yunet-sface+dlib-1.0"


def test_uuids_of_version_7_are_ordered_by_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    ("typed", "room"),
    [
        ("3-2-1201", "3-2-1201"),
        (" 3－2—1201 ", "3-2-1201"),
        ("b12", "B12"),
        ("3--2", None),
        ("", None),
        ("三", None),
    ],
)
def test_a_room_is_read_as_people_type_it(typed: str, room: str | None) -> None:
    assert room_of(typed) == room


def test_a_pin_belongs_to_its_room_and_its_key() -> None:
    mac = pin_mac(b"k", "3-2-1201", "4711")
    assert mac == pin_mac(b"k", "3-2-1201", "4711")
    assert mac not in {pin_mac(b"l", "3-2-1201", "4711"), pin_mac(b"k", "3-2-120", "14711")}
