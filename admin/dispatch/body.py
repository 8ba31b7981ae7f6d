"""A draft made into the body of a roster: PINs opened and hashed anew, templates read from the vault."""

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from admin.dispatch.confusions import Doubts, doubts
from admin.dispatch.roster import Draft, Invited
from admin.vault.errors import ChangedKey, ChangedTemplate
from admin.vault.templates import StoredFace
from contracts.pins import VISITOR_ROOM, pin_mac
from contracts.roster import FLOAT32_BYTES, PassKey, Roster, RosterBody, RosterPass, RosterPerson, RosterPin
from contracts.sealing import NotForUs, unseal
from contracts.signing import SigningKey, key_id_of

log = structlog.get_logger()

PIN_PURPOSE: Final = "pin"
VISITOR_PIN_PURPOSE: Final = "visitor pin"
MOST_OPENED: Final = 50_000
NO_WIDTH: Final = 1  # of a roster without templates


class Faces(Protocol):
    """The vault as dispatch sees it: it only reads."""

    def read_many(self, vault_ids: Sequence[str]) -> dict[str, StoredFace]: ...


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


def body_of(draft: Draft, faces: Faces, keys: Keys, stamp: Stamp) -> RosterBody:
    """Everything the draft says, with PINs as HMACs under a key of this version alone."""
    stored = _stored(faces, [one.face.vault_id for one in draft.people if one.face is not None])
    pin_key = secrets.token_bytes(32)
    rows, templates, width = _templates(draft, stored)
    unsure = doubts([one.id for one in draft.people], draft.taken, rows)
    return RosterBody(
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
            people=_people(draft, unsure),
            rows=rows,
            confusable=list(unsure.pairs) or None,
            pin_key=b64encode(pin_key).decode(),
            pins=_pins(draft, keys, pin_key),
            passes=[_pass(one, keys, pin_key) for one in draft.passes],
            pass_keys=[_pass_key(keys.passes.private.public_key())],
        ),
        templates,
    )


def _people(draft: Draft, unsure: Doubts) -> list[RosterPerson]:
    return [
        RosterPerson(
            id=one.id,
            since=one.window.since,
            until=one.window.until,
            second_credential=index in unsure.alone or (one.face is not None and one.face.look_alike),
        )
        for index, one in enumerate(draft.people)
    ]


def _stored(faces: Faces, vault_ids: list[str]) -> dict[str, StoredFace]:
    """What can be read. A changed template is left out and logged: its owner has a PIN, all others a face."""
    wanted = set(vault_ids)
    while True:
        try:
            return faces.read_many(sorted(wanted))
        except ChangedTemplate as changed:
            log.warning("templates changed in the vault", people=len(changed.vault_ids))
            wanted -= set(changed.vault_ids)
        except ChangedKey as changed:
            log.warning("key changed in the vault")
            wanted -= {changed.vault_id}


def _templates(draft: Draft, stored: dict[str, StoredFace]) -> tuple[list[int], bytes, int]:
    """Whose each row is, the rows, and the numbers in one. Rows of another model or width are left out."""
    rows: list[int] = []
    block = bytearray()
    size = 0
    for index, one in enumerate(draft.people):
        face = stored.get(one.face.vault_id) if one.face is not None else None
        if face is None or face.model != draft.entry.model:
            continue
        for row in face.rows:
            size = size or len(row)
            if len(row) == size:
                rows.append(index)
                block += row
    return rows, bytes(block), size // FLOAT32_BYTES or NO_WIDTH


def _pins(draft: Draft, keys: Keys, pin_key: bytes) -> list[RosterPin]:
    pins: list[RosterPin] = []
    for one in draft.people:
        pin = _opened(keys, PIN_PURPOSE, one.pin.sealed) if one.pin is not None else None
        if one.pin is not None and pin is not None:
            pins += [RosterPin(person=one.id, mac=pin_mac(pin_key, room, pin)) for room in one.pin.rooms]
    return pins


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
