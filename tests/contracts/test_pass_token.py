"""A pass is read as it was signed or not at all."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import CompoundId, GateId, KeyId, PassId
from contracts.pass_token import (
    LONGEST_TOKEN,
    MOST_GATES,
    ForgedPass,
    PassToken,
    from_base45,
    looks_like_a_pass,
    read_token,
    to_base45,
    write_token,
)
from contracts.signing import SigningKey
from tests.contracts.samples import keys, sample

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
COMPOUND = CompoundId("red-garden")
KEY = SigningKey(KeyId("pass-1"), Ed25519PrivateKey.generate())
TRUSTED = {KEY.id: KEY.private.public_key()}


def a_pass(gates: tuple[GateId, ...] = (), uses: int = 1) -> PassToken:
    return PassToken(PassId.random(), COMPOUND, NOON, NOON + timedelta(hours=8), uses, gates)


@given(
    names=st.lists(st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True), max_size=MOST_GATES),
    uses=st.integers(1, 255),
)
def test_a_pass_reads_as_it_was_written(names: list[str], uses: int) -> None:
    token = a_pass(tuple(GateId(name) for name in names), uses)
    code = write_token(token, KEY)
    assert looks_like_a_pass(code)
    assert len(code) <= LONGEST_TOKEN
    read = read_token(code, COMPOUND, TRUSTED)
    assert (read.pass_id, read.since, read.until, read.uses) == (
        token.pass_id,
        token.since,
        token.until,
        token.uses,
    )
    assert all(read.is_for(gate) for gate in token.gates)


def test_the_first_gate_is_the_home_and_a_pass_for_all_gates_has_none() -> None:
    east, west = GateId("east"), GateId("west")
    read = read_token(write_token(a_pass((east, west)), KEY), COMPOUND, TRUSTED)
    assert (read.has_home(east), read.has_home(west)) == (True, False)
    anywhere = read_token(write_token(a_pass(), KEY), COMPOUND, TRUSTED)
    assert anywhere.is_for(west)
    assert not anywhere.has_home(west)


@pytest.mark.promise(6)
@given(position=st.integers(4, 10_000), character=st.sampled_from("0Z $%*+-./:"))
def test_a_pass_changed_in_any_character_is_forged(position: int, character: str) -> None:
    code = json.loads(sample("pass-token.v1"))["code"]
    position = 4 + position % (len(code) - 4)
    changed = code[:position] + character + code[position + 1 :]
    if changed != code:
        with pytest.raises(ForgedPass):
            read_token(changed, COMPOUND, keys("pass"))


@pytest.mark.promise(6)
@given(
    code=st.text(max_size=LONGEST_TOKEN + 10) | st.text(alphabet="0AZ:$", max_size=300).map("KM1:".__add__)
)
def test_any_text_is_a_pass_or_forged(code: str) -> None:
    with pytest.raises(ForgedPass):
        read_token(code, COMPOUND, TRUSTED)


@pytest.mark.promise(6)
def test_a_pass_of_another_compound_or_key_is_forged() -> None:
    code = write_token(a_pass(), KEY)
    stranger = SigningKey(KEY.id, Ed25519PrivateKey.generate())
    for compound, trusted in (
        (CompoundId("blue-garden"), TRUSTED),
        (COMPOUND, {}),
        (COMPOUND, {stranger.id: stranger.private.public_key()}),
    ):
        with pytest.raises(ForgedPass):
            read_token(code, compound, trusted)


def test_a_pass_for_too_many_gates_is_not_written() -> None:
    with pytest.raises(ValueError, match="24 gates"):
        write_token(a_pass(tuple(GateId(f"gate-{number}") for number in range(25))), KEY)


# RFC 9285 §4.3 and §4.4.
@pytest.mark.parametrize(
    ("plain", "coded"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
    ],
)
def test_base45_is_as_published(plain: bytes, coded: str) -> None:
    assert to_base45(plain) == coded
    assert from_base45(coded) == plain


@given(data=st.binary(max_size=100))
def test_base45_reads_back_what_it_wrote(data: bytes) -> None:
    assert from_base45(to_base45(data)) == data


# The last two are too large for their bytes, RFC 9285 §6.
@pytest.mark.parametrize("text", ["A", "BB8A", "bb8", "中文字", "GGW", "::"])
def test_base45_that_no_encoder_makes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_base45(text)


@pytest.mark.parametrize("until", [datetime(2106, 2, 8, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_pass_at_a_time_that_a_code_cannot_say_is_not_written(until: datetime) -> None:
    with pytest.raises(ValueError, match="2106"):
        write_token(PassToken(PassId.random(), COMPOUND, NOON, until, 1), KEY)


def test_a_pass_of_more_uses_than_a_code_can_say_is_not_written() -> None:
    with pytest.raises(ValueError, match="255 uses"):
        write_token(a_pass(uses=256), KEY)
