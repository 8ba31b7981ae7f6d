"""The chain that makes a gate's record hard to rewrite quietly (DESIGN.md, promise 11).

A link is H(epoch, seq, previous, C_who, C_what). Each C is a salted commitment to a text, so erasing a person
removes text and salt, leaves C, and the chain still verifies.
"""

import hashlib
import secrets
from base64 import b64decode, b64encode
from typing import Annotated

from pydantic import Field

from contracts.ids import EpochId, GateId
from contracts.wire import Base64, Fault, Hash, Message, Sequence64, Wire, WireError

NO_PARENT = "0" * 64
"""What the very first link of a gate names as the one before."""

SALT_BYTES = 16


class Part(Wire):
    """One half of a link: a text and the commitment to it. An erased part keeps the commitment alone."""

    commitment: Hash
    salt: Base64 | None = None
    text: Annotated[str, Field(max_length=4096)] | None = None

    @property
    def holds(self) -> bool:
        """Whether the commitment is to this text; an erased part has nothing to contradict it."""
        if self.text is None or self.salt is None:
            return self.text is None and self.salt is None
        return self.commitment == commitment(b64decode(self.salt), self.text)


def commitment(salt: bytes, text: str) -> Hash:
    """SHA-256 over a domain name, the salt and the text's UTF-8 bytes."""
    return hashlib.sha256(b"kaimen/part/v1\0" + salt + text.encode()).hexdigest()


def commit(text: str) -> Part:
    """The text under a fresh salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Part(commitment=commitment(salt, text), salt=b64encode(salt).decode(), text=text)


class Place(Wire):
    """A place in a gate's record."""

    epoch: EpochId
    seq: Sequence64
    hash: Hash


def link_hash(epoch: EpochId, seq: int, previous: Hash, who: Hash, what: Hash) -> Hash:
    """The hash that the next link names as the one before it; `who` and `what` are commitments."""
    content = bytes.fromhex(previous) + bytes.fromhex(who) + bytes.fromhex(what)
    return hashlib.sha256(
        b"kaimen/link/v1\0" + epoch.encode() + b"\0" + seq.to_bytes(8, "big") + content
    ).hexdigest()


class Link(Message):
    """What a passage and an alarm have in common: their place in the chain and the two committed parts."""

    gate: GateId
    epoch: EpochId
    seq: Sequence64
    previous: Hash
    hash: Hash
    who: Part
    what: Part
    late: bool = False  # sent after the fact; not hashed

    @property
    def place(self) -> Place:
        return Place(epoch=self.epoch, seq=self.seq, hash=self.hash)

    def check(self) -> None:
        """Raises WireError unless hash and commitments hold."""
        made = link_hash(self.epoch, self.seq, self.previous, self.who.commitment, self.what.commitment)
        if made != self.hash or not (self.who.holds and self.what.holds):
            raise WireError(Fault.BAD_HASH, type(self).__name__, f"{self.epoch}/{self.seq}")


def text_of(part: Part, what: str) -> bytes:
    """The bytes of a part that still has them; raises WireError for an erased one."""
    if part.text is None:
        raise WireError(Fault.MALFORMED, what, "erased")
    return part.text.encode()
