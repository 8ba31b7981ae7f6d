"""A visitor's pass as a QR code: packed fields and an Ed25519 signature, in base45 (RFC 9285).

Layout, big-endian: version 1 · key tag 4 · compound tag 4 · pass id 16 · since 4 · until 4 · uses 1 · number of
gates 1 · gate tags 4 each (the first is the home gate; none means every gate) · signature 64. A tag is the
first four bytes of the SHA-256 of an id.
"""

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature

from contracts.ids import CompoundId, GateId, PassId
from contracts.signing import SigningKey, TrustedKeys

PREFIX = "KM1:"
MOST_GATES = 24
LONGEST_TOKEN = 400  # characters; 24 gates make 297
_HEAD = struct.Struct(">B4s4s16sIIBB")
_TAG_BYTES = 4
_SIGNATURE_BYTES = 64
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class ForgedPass(Exception):
    """A code that looks like a pass and was not signed by this compound as it stands."""


@dataclass(frozen=True, slots=True)
class PassToken:
    """What a pass says. Times are whole seconds, UTC; `gates` empty means every gate of the compound."""

    pass_id: PassId
    compound: CompoundId
    since: datetime
    until: datetime
    uses: int
    gates: tuple[GateId, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadPass:
    """What a gate read from a verified code. Gates are known by their tags only."""

    pass_id: PassId
    since: datetime
    until: datetime
    uses: int
    gate_tags: tuple[bytes, ...]

    def is_for(self, gate: GateId) -> bool:
        return not self.gate_tags or tag(gate) in self.gate_tags

    def has_home(self, gate: GateId) -> bool:
        """Whether this gate may accept the pass while cut off from the server."""
        return bool(self.gate_tags) and self.gate_tags[0] == tag(gate)


def tag(opaque: str) -> bytes:
    """Four bytes that stand for an id inside a code."""
    return hashlib.sha256(opaque.encode()).digest()[:_TAG_BYTES]


def looks_like_a_pass(code: str) -> bool:
    return code.startswith(PREFIX)


def write_token(token: PassToken, key: SigningKey) -> str:
    """The text of the QR code. Raises ValueError for what it has no room for: 25 gates, 256 uses, the year 2107."""
    if len(token.gates) > MOST_GATES:
        raise ValueError(f"A pass names at most {MOST_GATES} gates; name none for all of them")
    content = _head(token, key) + b"".join(tag(gate) for gate in token.gates)
    return PREFIX + to_base45(content + key.private.sign(_purpose(content)))


def _head(token: PassToken, key: SigningKey) -> bytes:
    try:
        return _HEAD.pack(
            1,
            tag(key.id),
            tag(token.compound),
            bytes.fromhex(token.pass_id),
            int(token.since.timestamp()),
            int(token.until.timestamp()),
            token.uses,
            len(token.gates),
        )
    except struct.error:
        raise ValueError("A pass has at most 255 uses, and times from 1970 to 2106") from None


def read_token(code: str, compound: CompoundId, trusted: TrustedKeys) -> ReadPass:
    """The pass in a code; raises ForgedPass for everything that is not one of this compound's."""
    try:
        return _read(code, compound, trusted)
    except (InvalidSignature, ValueError, struct.error, OverflowError, OSError):
        raise ForgedPass("This code is not a pass of this compound.") from None


def _read(code: str, compound: CompoundId, trusted: TrustedKeys) -> ReadPass:
    if not looks_like_a_pass(code) or len(code) > LONGEST_TOKEN:
        raise ValueError("not a pass")
    data = from_base45(code[len(PREFIX) :])
    content, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
    version, key_tag, compound_tag, pass_id, since, until, uses, gates = _HEAD.unpack_from(content)
    tags = content[_HEAD.size :]
    if version != 1 or compound_tag != tag(compound) or len(tags) != gates * _TAG_BYTES:
        raise ValueError("another version, another compound, or cut short")
    public = next((key for key_id, key in trusted.items() if tag(key_id) == key_tag), None)
    if public is None:
        raise ValueError("key not trusted")
    public.verify(signature, _purpose(content))
    return ReadPass(
        pass_id=PassId(pass_id.hex()),
        since=datetime.fromtimestamp(since, UTC),
        until=datetime.fromtimestamp(until, UTC),
        uses=uses,
        gate_tags=tuple(tags[i : i + _TAG_BYTES] for i in range(0, len(tags), _TAG_BYTES)),
    )


def _purpose(content: bytes) -> bytes:
    return b"kaimen/PassToken\0" + content


def to_base45(data: bytes) -> str:
    """RFC 9285 §4.1: two bytes become three characters, a last single byte two."""
    out: list[str] = []
    for start in range(0, len(data), 2):
        pair = data[start : start + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            out.append(_DIGITS[digit])
    return "".join(out)


def from_base45(text: str) -> bytes:
    """RFC 9285 §4.2. Raises ValueError for characters, lengths or values that no encoder makes."""
    out = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        if len(group) == 1:
            raise ValueError("base45 text is cut short")
        value = sum(_DIGITS.index(character) * 45**power for power, character in enumerate(group))
        try:
            out += value.to_bytes(len(group) - 1, "big")
        except OverflowError:
            raise ValueError("base45 value too large") from None
    return bytes(out)
