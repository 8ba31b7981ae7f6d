"""Versions of a gate's roster: sealed to the gate, kept for web to serve, named by a signed manifest."""

import hashlib
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from admin.db.revision import generation
from admin.db.tables import SealedRoster
from admin.dispatch.body import Faces, Keys, Stamp, body_of
from admin.dispatch.roster import Draft
from contracts.ids import GateId
from contracts.manifest import Manifest
from contracts.roster import encode_roster
from contracts.sealing import seal
from contracts.signing import SignedV1, SigningKey, sign

VERSIONS_KEPT: Final = 3  # a gate may be fetching one while the next is made
ROSTER_PURPOSE: Final = "roster"


def next_version(
    session: Session, draft: Draft, faces: Faces, keys: Keys, now: datetime
) -> SealedRoster | None:
    """The next version, sealed and not yet added; None where the gate's newest roster says the same."""
    newest = _newest(session, draft.entry.id)
    stamp = Stamp(generation(session), newest.version + 1 if newest else 1, now)
    content_key = draft.content_key(stamp.generation, keys.passes.id)
    if newest is not None and newest.content_key == content_key:
        return None
    body = body_of(draft, faces, keys, stamp)
    content = encode_roster(body)
    return SealedRoster(
        gate_id=draft.entry.id,
        version=stamp.version,
        generation=stamp.generation,
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content_key=content_key,
        people=len(body.roster.people),
        made_at=now,
        sealed=seal(X25519PublicKey.from_public_bytes(draft.entry.seal_key), ROSTER_PURPOSE, content),
    )


def keep(session: Session, roster: SealedRoster) -> None:
    """Adds the version and lets go of those that nobody fetches any more."""
    session.add(roster)
    session.execute(
        delete(SealedRoster).where(
            SealedRoster.gate_id == roster.gate_id, SealedRoster.version <= roster.version - VERSIONS_KEPT
        )
    )


def manifest(session: Session, gate: GateId, key: SigningKey, now: datetime) -> SignedV1 | None:
    """Names the gate's newest roster, signed now: a gate counts its lease from the signature."""
    row = session.execute(
        select(SealedRoster.generation, SealedRoster.version, SealedRoster.digest, SealedRoster.size)
        .where(SealedRoster.gate_id == gate)
        .order_by(SealedRoster.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    body = Manifest(
        gate=gate, generation=row.generation, version=row.version, digest=row.digest, size=row.size, at=now
    )
    return sign(body, key)


def _newest(session: Session, gate: GateId) -> Row[int, str] | None:
    """Version and content key of the newest, without its bytes."""
    return session.execute(
        select(SealedRoster.version, SealedRoster.content_key)
        .where(SealedRoster.gate_id == gate)
        .order_by(SealedRoster.version.desc())
        .limit(1)
    ).one_or_none()
