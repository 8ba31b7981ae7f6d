"""Versions of a gate's roster as the register keeps them, and the signed manifest that names the newest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from admin.db.tables import SealedRoster
from contracts.ids import GateId
from contracts.manifest import Manifest
from contracts.signing import SignedV1, SigningKey, sign

WHOLES_KEPT: Final = 3  # a gate may be fetching one while the next is made
STEPS_KEPT: Final = 32
"""A gate that was away for as many versions still comes by steps; each is an eighth of the whole at most."""


@dataclass(frozen=True, slots=True)
class Newest:
    """A gate's newest version, without its bytes; `is_whole` says whether the whole is sealed too."""

    generation: int
    version: int
    digest: str
    size: int  # bytes of the whole, encoded
    content_key: str
    made_at: datetime
    is_whole: bool


def newest_of(session: Session, gate: GateId) -> Newest | None:
    """None for a gate that no roster was made for."""
    row = session.execute(
        select(
            SealedRoster.generation,
            SealedRoster.version,
            SealedRoster.digest,
            SealedRoster.size,
            SealedRoster.content_key,
            SealedRoster.made_at,
            SealedRoster.sealed.is_not(None),
        )
        .where(SealedRoster.gate_id == gate)
        .order_by(SealedRoster.version.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Newest(*row)


def let_go(session: Session, gate: GateId) -> None:
    """Of what nobody fetches any more, and of every body with templates that a later version dropped.

    A gate that was away for longer than the steps that stay fetches the whole.
    """
    mine = SealedRoster.gate_id == gate
    newest, dropped = session.execute(
        select(
            func.coalesce(func.max(SealedRoster.version), 0),
            func.coalesce(func.max(SealedRoster.version).filter(SealedRoster.drops_templates), 0),
        ).where(mine)
    ).one()
    wholes = or_(SealedRoster.version <= newest - WHOLES_KEPT, SealedRoster.version < dropped)
    with_templates = SealedRoster.version < dropped, SealedRoster.step_puts_templates
    session.execute(
        update(SealedRoster).where(mine, wholes, SealedRoster.sealed.is_not(None)).values(sealed=None)
    )
    session.execute(
        update(SealedRoster)
        .where(mine, *with_templates, SealedRoster.step.is_not(None))
        .values(step=None, step_from=None)
    )
    session.execute(delete(SealedRoster).where(mine, SealedRoster.version <= newest - STEPS_KEPT))


def add_whole(session: Session, gate: GateId, digest: str, sealed: bytes) -> None:
    """The whole of a version that was told as a step first. Once there it is never replaced: a gate may have half."""
    session.execute(
        update(SealedRoster)
        .where(SealedRoster.gate_id == gate, SealedRoster.digest == digest, SealedRoster.sealed.is_(None))
        .values(sealed=sealed)
    )


def manifest(session: Session, gate: GateId, key: SigningKey, now: datetime) -> SignedV1 | None:
    """Names the gate's newest roster, signed now: a gate counts its lease from the signature."""
    one = newest_of(session, gate)
    if one is None:
        return None
    body = Manifest(
        gate=gate, generation=one.generation, version=one.version, digest=one.digest, size=one.size, at=now
    )
    return sign(body, key)
