"""What a pass is made of and how it stands. Pure: keys, rows and now are handed in."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from contracts.sealing import seal, unseal

# The three purposes are part of what is sealed: dispatch opens and seals under the same words.
LINK: Final = "visit link"
PIN: Final = "visitor pin"
TOKEN: Final = "pass token"  # noqa: S105 - a purpose
PIN_DIGITS: Final = 8
SECRET_BYTES: Final = 16


class VisitState(StrEnum):
    """How a pass stands; the first that applies, in this order."""

    CANCELLED = "cancelled"
    ENDED = "ended"
    SPENT = "spent"
    NOT_YET = "not_yet"
    VALID = "valid"


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides how a pass stands."""

    since: datetime
    until: datetime
    uses: int
    used: int
    cancelled: bool

    def state(self, now: datetime) -> VisitState:
        """`until` itself is outside."""
        if self.cancelled:
            return VisitState.CANCELLED
        if now >= self.until:
            return VisitState.ENDED
        if self.used >= self.uses:
            return VisitState.SPENT
        return VisitState.NOT_YET if now < self.since else VisitState.VALID


@dataclass(frozen=True, slots=True)
class Seals:
    """Whom the parts of a pass are sealed to: web shows the link again, dispatch puts the PIN on rosters."""

    web: X25519PublicKey
    dispatch: X25519PublicKey


@dataclass(frozen=True, slots=True)
class Secret:
    """The word in a visitor's link. Whoever has it has the pass."""

    text: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Self:
        """128 bits."""
        return cls(secrets.token_urlsafe(SECRET_BYTES))

    @property
    def hash(self) -> str:
        return hash_of(self.text)

    @property
    def pin(self) -> str:
        """Eight digits that follow from the secret, so that nobody has to keep them readable.

        Two live passes of a compound share a PIN with a chance of 1e-8 a pair; the later one is then used up
        first at the keypad, and its QR code still works.
        """
        digest = hmac.new(self.text.encode(), PIN.encode(), "sha256").digest()
        return str(int.from_bytes(digest, "big") % 10**PIN_DIGITS).zfill(PIN_DIGITS)

    def sealed_link(self, seals: Seals) -> bytes:
        return seal(seals.web, LINK, self.text.encode())

    def sealed_pin(self, seals: Seals) -> bytes:
        return seal(seals.dispatch, PIN, self.pin.encode())


def hash_of(secret: str) -> str:
    """What the database keeps of a link's secret: 128 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_link(sealed: bytes, own: X25519PrivateKey) -> Secret:
    """Raises NotForUs where the row was made for another key."""
    return Secret(unseal(own, LINK, sealed).decode())


def open_token(sealed: bytes | None, own: X25519PrivateKey) -> str | None:
    """The text of the QR code; None until dispatch has signed."""
    return unseal(own, TOKEN, sealed).decode() if sealed is not None else None
