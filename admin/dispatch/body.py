"""A draft made into the body of a roster: PINs opened and hashed, templates taken from the shelf.

The same draft under the same stamp makes the same bytes, so that a dispatch that starts anew knows what the gates hold.
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from admin.dispatch.confusions import doubts
from admin.dispatch.roster import Draft, Entitled, Entry, Invited
from admin.dispatch.shelf import Shelf
from admin.vault.templates import StoredFace
from contracts.ids import PersonId
from contracts.pins import VISITOR_ROOM, pin_mac
from contracts.roster import FLOAT32_BYTES, PassKey, Roster, RosterPass, RosterPerson, RosterPin
from contracts.roster_delta import RosterRows
from contracts.sealing import NotForUs, unseal
from contracts.signing import SigningKey, key_id_of

log = structlog.get_logger()

PIN_PURPOSE: Final = "pin"
VISITOR_PIN_PURPOSE: Final = "visitor pin"
PIN_KEY_BYTES: Final = 32
MOST_OPENED: Final = 50_000
NO_WIDTH: Final = 1  # of a roster without templates


@dataclass(frozen=True, slots=True)
class Keys:
    """What dispatch holds: it opens PINs, signs manifests, and tells gates who signs passes.

    `opened` keeps PINs that were opened before, by the digest of what was sealed: opening ten thousand takes
    seconds. Whoever reads this memory has the key beside it.
    """

    own: X25519PrivateKey = field(repr=False)
    manifest: SigningKey
    passes: SigningKey
    opened: dict[bytes, str] = field(default_factory=dict[bytes, str], repr=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which version of a gate's roster this is."""

    generation: int
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Line:
    """What one person's entry is made of, and what was made of it."""

    entitled: Entitled
    asked: bool
    person: RosterPerson
    pins: tuple[RosterPin, ...]


class Press:
    """Makes one gate's bodies. Lines that say the same as before are not made again."""

    def __init__(self, keys: Keys, shelf: Shelf) -> None:
        self._keys, self._shelf = keys, shelf
        self._pin_key = b""
        self._lines: dict[PersonId, _Line] = {}

    def body_of(self, draft: Draft, stamp: Stamp) -> RosterRows:
        """Everything the draft says, with PINs as HMACs under this gate's key."""
        pin_key = pin_key_of(self._keys.own, draft.entry, stamp.generation)
        owners, rows, width = _templates(draft, self._shelf.of(draft.faces))
        unsure = doubts([one.id for one in draft.people], draft.taken, owners)
        lines = self._set(draft, unsure.alone, pin_key)
        return RosterRows(
            Roster(
                compound=draft.entry.compound,
                gate=draft.entry.id,
                generation=stamp.generation,
                version=stamp.version,
                made_at=stamp.at,
                compound_name=draft.entry.compound_name,
                gate_name=draft.entry.name,
                model=draft.entry.model,
                width=width,
                people=[line.person for line in lines],
                rows=owners,
                confusable=list(unsure.pairs) or None,
                pin_key=b64encode(pin_key).decode(),
                pins=[pin for line in lines for pin in line.pins],
                passes=[_pass(one, self._keys, pin_key) for one in draft.passes],
                pass_keys=[_pass_key(self._keys.passes.private.public_key())],
            ),
            rows,
        )

    def _set(self, draft: Draft, asked: frozenset[int], pin_key: bytes) -> list[_Line]:
        before = self._lines if pin_key == self._pin_key else {}
        lines: list[_Line] = []
        for index, one in enumerate(draft.people):
            second = index in asked or (one.face is not None and one.face.look_alike)
            known = before.get(one.id)
            if known is None or known.asked != second or known.entitled != one:
                known = _Line(one, second, _person(one, second), _pins(one, self._keys, pin_key))
            lines.append(known)
        self._pin_key, self._lines = pin_key, {line.person.id: line for line in lines}
        return lines


def pin_key_of(own: X25519PrivateKey, entry: Entry, generation: int) -> bytes:
    """The key of one gate's PINs: the same for all versions of a generation, another once the gate has a new key.

    docs/decisions/0046-deltas.md says why it need not change with each version.
    """
    about = f"kaimen/pin-key/v1\0{entry.compound}\0{entry.id}\0{generation}".encode()
    return HKDF(hashes.SHA256(), PIN_KEY_BYTES, salt=entry.seal_key, info=about).derive(
        own.private_bytes_raw()
    )


def _person(one: Entitled, second: bool) -> RosterPerson:
    return RosterPerson(id=one.id, since=one.window.since, until=one.window.until, second_credential=second)


def _templates(draft: Draft, stored: Mapping[str, StoredFace]) -> tuple[list[int], tuple[bytes, ...], int]:
    """Whose each row is, the rows, and the numbers in one. Rows of another model or width are left out."""
    owners: list[int] = []
    rows: list[bytes] = []
    size = 0
    for index, one in enumerate(draft.people):
        face = stored.get(one.face.vault_id) if one.face is not None else None
        if face is None or face.model != draft.entry.model:
            continue
        for row in face.rows:
            size = size or len(row)
            if len(row) == size:
                owners.append(index)
                rows.append(row)
    return owners, tuple(rows), size // FLOAT32_BYTES or NO_WIDTH


def _pins(one: Entitled, keys: Keys, pin_key: bytes) -> tuple[RosterPin, ...]:
    pin = _opened(keys, PIN_PURPOSE, one.pin.sealed) if one.pin is not None else None
    if one.pin is None or pin is None:
        return ()
    return tuple(RosterPin(person=one.id, mac=pin_mac(pin_key, room, pin)) for room in one.pin.rooms)


def _pass(one: Invited, keys: Keys, pin_key: bytes) -> RosterPass:
    pin = _opened(keys, VISITOR_PIN_PURPOSE, one.pin_sealed)
    return RosterPass(
        id=one.id,
        since=one.since,
        until=one.until,
        uses=one.uses,
        used=one.used,
        cancelled=one.cancelled,
        home=one.home,
        mac=pin_mac(pin_key, VISITOR_ROOM, pin) if pin is not None else None,
    )


def _opened(keys: Keys, purpose: str, sealed: bytes) -> str | None:
    """The PIN; None, and a line in the log, for one sealed to another key."""
    name = hashlib.sha256(purpose.encode() + b"\0" + sealed).digest()
    if name in keys.opened:
        return keys.opened[name]
    if len(keys.opened) >= MOST_OPENED:
        keys.opened.clear()
    try:
        return keys.opened.setdefault(name, unseal(keys.own, purpose, sealed).decode())
    except (NotForUs, UnicodeDecodeError):
        log.warning("sealed for another key", what=purpose)  # no traceback: it may quote the PIN
        return None


def _pass_key(public: Ed25519PublicKey) -> PassKey:
    return PassKey(id=key_id_of(public), public=b64encode(public.public_bytes_raw()).decode())
