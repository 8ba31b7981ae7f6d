"""A code says where to go and whom to trust; what is proven with it is proven whole."""

import json
from base64 import b32decode, b32encode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import CompoundId, GateId, KeyId
from contracts.join import (
    Admission,
    BrokerAccount,
    JoinCode,
    JoinRequestV1,
    Newcomer,
    ProvenV1,
    PublicKey,
    open_proven,
    prove,
    read_code,
    request,
    shown,
    write_code,
)
from contracts.wire import Fault, WireError
from contracts.words import Direction

SECRET = bytes(range(16))
CA = "5a" * 32
CODE = JoinCode("https://kaimen.example:8750", CA, SECRET)
QR_LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567-")


def a_newcomer(code: JoinCode = CODE, seal_key: bytes = b"s" * 32) -> Newcomer:
    return Newcomer(code=code.lookup, seal_key=b64encode(seal_key).decode(), csr="a request")


def an_admission() -> Admission:
    key = PublicKey(id=KeyId("k"), public=b64encode(b"p" * 32).decode())
    broker = BrokerAccount(
        host="kaimen.example", port=8883, tls=True, user="gate-east", password="broker-word"
    )
    return Admission(
        gate=GateId("east"),
        compound=CompoundId("wutong"),
        direction=Direction.IN,
        liveness="warn",
        credential="web-word",
        broker=broker,
        receipt=(key,),
        manifest=(key,),
    )


@given(
    st.binary(min_size=16, max_size=16), st.sampled_from(["kaimen.example:8750", "10.0.0.2", "[::1]:8750"])
)
def test_a_code_reads_as_it_was_written(secret: bytes, address: str) -> None:
    code = JoinCode(f"https://{address}", CA, secret)
    assert read_code(write_code(code)) == code


@pytest.mark.parametrize("url", ["http://127.0.0.1:8750", "http://localhost:8750", "http://[::1]:8750"])
def test_on_the_same_machine_a_code_needs_no_certificate(url: str) -> None:
    assert read_code(write_code(JoinCode(url, None, SECRET))).url == url


@pytest.mark.parametrize(
    ("url", "ca"),
    [
        ("http://kaimen.example:8750", None),
        ("http://192.168.1.10:8750", None),
        ("http://127.0.0.1:8750", CA),
        ("https://kaimen.example", None),
        ("https://kaimen.example", "5a"),
        ("https://kaimen.example/pages", CA),
        ("https://user@kaimen.example", CA),
        ("https://kaimen.example:99999", CA),
        ("https://开门.example", CA),
        (f"https://{'k' * 129}", CA),
        ("https://:8750", CA),
        ("ftp://127.0.0.1", None),
        ("kaimen.example", CA),
    ],
)
def test_off_the_machine_a_code_names_https_and_whose_certificate(url: str, ca: str | None) -> None:
    with pytest.raises(ValueError, match=r"address|https|certificate|[Pp]ort"):
        JoinCode(url, ca, SECRET)


def test_a_secret_has_128_bits_and_is_not_told() -> None:
    with pytest.raises(ValueError, match="128"):
        JoinCode(CODE.url, CA, b"short")
    assert repr(SECRET) not in repr(CODE)
    assert SECRET.hex() not in CODE.lookup + CODE.key.hex()


def test_a_code_may_be_typed_in_small_letters_with_blanks_and_confused_figures() -> None:
    text = write_code(CODE)
    assert set(text) <= QR_LETTERS  # a QR code's small alphabet
    typed = text.lower().replace("-", " \n").replace("o", "0").replace("i", "1").replace("b", "8")
    assert read_code(typed) == CODE


@given(at=st.integers(0, 1000), letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_mistyped_letter_is_noticed(at: int, letter: str) -> None:
    text = write_code(CODE).replace("-", "")
    at %= len(text) - 1  # the last letter's last bits say nothing
    if text[at] != letter:
        with pytest.raises(WireError):
            read_code(text[:at] + letter + text[at + 1 :])


@given(st.text(max_size=200))
def test_anything_is_a_code_or_a_wire_error(text: str) -> None:
    with pytest.raises(WireError):
        read_code(text)


def rewritten(change: bytes, at: int = 0) -> str:
    """The code with other bytes at a place, and a check that fits them."""
    from contracts.join import _check

    letters = write_code(CODE).replace("-", "")
    content = b32decode(letters + "=" * (-len(letters) % 8))[:-4]
    body = content[:at] + change + content[at + len(change) :]
    return b32encode(body + _check(body)).decode().rstrip("=")


def test_a_code_of_a_newer_version_or_another_way_is_refused_by_name() -> None:
    with pytest.raises(WireError) as newer:
        read_code(rewritten(b"\x02"))
    assert newer.value.fault is Fault.NEWER_VERSION
    with pytest.raises(WireError) as strange:
        read_code(rewritten(b"\x07", at=1))
    assert strange.value.fault is Fault.MALFORMED
    with pytest.raises(WireError) as cleartext:
        read_code(rewritten(b"\x00", at=1))  # https turned into http
    assert cleartext.value.fault is Fault.MALFORMED
    with pytest.raises(WireError) as long:
        read_code("A" * 513)
    assert long.value.fault is Fault.TOO_LARGE
    with pytest.raises(WireError):
        read_code("")


def test_a_request_is_proven_whole() -> None:
    made = request(a_newcomer(), CODE.key)
    again = JoinRequestV1.decode(made.encode())
    assert open_proven(again, Newcomer, CODE.key) == a_newcomer() == again.newcomer()
    other = JoinCode(CODE.url, CA, b"another secret..")
    with pytest.raises(WireError) as wrong:
        open_proven(again, Newcomer, other.key)
    assert wrong.value.fault is Fault.BAD_SIGNATURE
    exchanged = json.loads(again.body) | {"seal_key": b64encode(b"e" * 32).decode()}
    with pytest.raises(WireError):
        open_proven(again.model_copy(update={"body": json.dumps(exchanged)}), Newcomer, CODE.key)


def test_a_proof_of_one_thing_is_no_proof_of_another() -> None:
    """A server that only reflects cannot pass a request off as an admission."""
    made = prove(a_newcomer(), CODE.key)
    with pytest.raises(WireError) as wrong:
        open_proven(made, Admission, CODE.key)
    assert wrong.value.fault is Fault.BAD_SIGNATURE


def test_an_admission_reads_as_written_and_tells_no_secret() -> None:
    made = ProvenV1.decode(prove(an_admission(), CODE.key).encode())
    assert open_proven(made, Admission, CODE.key) == an_admission()
    assert "word" not in repr(an_admission())


def test_a_fingerprint_is_of_the_whole_request_and_read_in_groups() -> None:
    made = request(a_newcomer(), CODE.key).fingerprint
    assert request(a_newcomer(seal_key=b"t" * 32), CODE.key).fingerprint != made
    assert shown("0123456789abcdef" * 4) == "0123 4567 89AB CDEF 0123 4567 89AB CDEF"


def test_a_seal_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        a_newcomer(seal_key=b"short")
