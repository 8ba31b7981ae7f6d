"""A signature serves one purpose, and a seal opens for one reader."""

import random
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import GateId, KeyId
from contracts.manifest import Manifest
from contracts.receipt import Receipt
from contracts.sealing import PIECE_BYTES, NotForUs, seal, seal_pieces, unseal, unseal_within
from contracts.signing import SigningKey, key_id_of, open_signed, sign, signing_key, trusted
from contracts.wire import Fault, WireError

KEY = SigningKey(KeyId("k1"), Ed25519PrivateKey.generate())
TRUSTED = {KEY.id: KEY.private.public_key()}
READER = X25519PrivateKey.generate()
RECEIPT = Receipt(gate=GateId("east-gate"), generation=1, at=datetime(2027, 3, 1, tzinfo=UTC), upto=[])


def test_what_was_signed_is_what_is_opened() -> None:
    assert open_signed(sign(RECEIPT, KEY), Receipt, TRUSTED) == RECEIPT


@pytest.mark.promise(8)
def test_a_signature_serves_no_other_purpose() -> None:
    with pytest.raises(WireError) as refused:
        open_signed(sign(RECEIPT, KEY), Manifest, TRUSTED)
    assert refused.value.fault is Fault.BAD_SIGNATURE


def test_an_untrusted_key_and_a_changed_body_are_refused() -> None:
    signed = sign(RECEIPT, KEY)
    changed = signed.model_copy(update={"body": signed.body.replace("east", "west")})
    for wrong, believed in ((signed, {}), (changed, TRUSTED)):
        with pytest.raises(WireError) as refused:
            open_signed(wrong, Receipt, believed)
        assert refused.value.fault is Fault.BAD_SIGNATURE


def test_a_signing_key_does_not_show_its_private_half() -> None:
    assert "private" not in repr(KEY)


def test_a_key_is_known_by_its_own_digest() -> None:
    made = signing_key(KEY.private)
    assert made.id == key_id_of(KEY.private.public_key())
    assert len(made.id) == 16
    assert open_signed(sign(RECEIPT, made), Receipt, trusted(KEY.private.public_key())) == RECEIPT


@given(content=st.binary(max_size=200))
def test_a_seal_opens_for_its_reader_and_is_48_bytes_longer(content: bytes) -> None:
    sealed = seal(READER.public_key(), "roster", content)
    assert len(sealed) == len(content) + 48
    assert unseal(READER, "roster", sealed) == content


@pytest.mark.promise(9)
@given(position=st.integers(0, 47 + 6), bit=st.integers(0, 7))
def test_a_seal_changed_in_any_bit_does_not_open(position: int, bit: int) -> None:
    sealed = bytearray(seal(READER.public_key(), "roster", b"secret"))
    sealed[position] ^= 1 << bit
    # The highest bit of an X25519 point is ignored by definition (RFC 7748 §5); the key derivation is not.
    with pytest.raises(NotForUs):
        unseal(READER, "roster", bytes(sealed))
    with pytest.raises(NotForUs):
        unseal_within(READER, "roster", sealed)


@pytest.mark.promise(9)
def test_a_seal_opens_for_nobody_else_and_for_nothing_else() -> None:
    sealed = seal(READER.public_key(), "roster", b"secret")
    with pytest.raises(NotForUs):
        unseal(X25519PrivateKey.generate(), "roster", sealed)
    with pytest.raises(NotForUs):
        unseal(READER, "photo", sealed)


@given(data=st.binary(max_size=100))
def test_any_bytes_open_or_are_not_for_us(data: bytes) -> None:
    with pytest.raises(NotForUs):
        unseal(READER, "roster", data)
    with pytest.raises(NotForUs):
        unseal_within(READER, "roster", bytearray(data))


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES + 7])
def test_what_is_sealed_or_opened_piece_by_piece_is_the_same(size: int) -> None:
    content = random.Random(size).randbytes(size)
    pieces = [content[: size // 3], b"", memoryview(content)[size // 3 :]]
    in_pieces = b"".join(seal_pieces(READER.public_key(), "roster", pieces))
    assert unseal(READER, "roster", in_pieces) == content
    assert unseal_within(READER, "roster", bytearray(in_pieces)) == content
    assert unseal_within(READER, "roster", bytearray(seal(READER.public_key(), "roster", content))) == content


def test_what_is_opened_within_is_not_copied() -> None:
    sealed = bytearray(seal(READER.public_key(), "roster", b"content"))
    assert unseal_within(READER, "roster", sealed).obj is sealed
