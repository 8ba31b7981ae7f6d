"""A picture comes in from its gate and is seen by somebody who may and says why. Sealed to web's key meanwhile."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.pictures import drop_ended
from admin.db.tables import Compound, Gate, GateOrder, GatePicture, Passage
from admin.security.audit import Act, record
from admin.security.principals import Principal
from admin.security.scope import Scope
from admin.web.pictures.jpeg import is_plain_jpeg
from contracts.order import Operation
from contracts.picture import PictureKind
from contracts.sealing import seal, unseal
from contracts.words import Method, Outcome

TEST_WITHIN: Final = timedelta(seconds=30)
"""From the order to the picture; the order itself lives for ten."""
TEST_SHOWN_FOR: Final = timedelta(minutes=4)
"""Whoever ordered it waits for it; the worker's round, every ten minutes, then ends it within fifteen."""
REFUSAL_WITHIN: Final = timedelta(hours=1)


class PictureRefusal(StrEnum):
    """Why a picture was not taken from a gate."""

    NOT_A_PICTURE = "not_a_picture"
    NOT_THERE = "not_there"  # no such order or refusal, or another gate's
    NOT_KEPT = "not_kept"  # the compound keeps none
    TWICE = "twice"
    TOO_LATE = "too_late"


class PictureFate(StrEnum):
    """What became of a picture that came."""

    HERE = "here"
    SEEN = "seen"  # and deleted
    UNSEEN = "unseen"  # deleted at its time


@dataclass(frozen=True, slots=True)
class Sent:
    """What a gate sends: of which order or passage, and the JPEG."""

    kind: PictureKind
    id: UUID
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a picture says why, with a code of the log's purposes."""

    picture: UUID
    why: str


def take_in(
    session: Session, by: Principal, sent: Sent, web: X25519PublicKey, now: datetime
) -> PictureRefusal | None:
    """Keeps the picture, once, from the gate it belongs to, in time; or says why not."""
    drop_ended(session, now)
    if not is_plain_jpeg(sent.jpeg):
        return PictureRefusal.NOT_A_PICTURE
    until = (
        _test_until(session, by.scope, sent.id, now)
        if sent.kind is PictureKind.TEST
        else _refusal_until(session, by.scope, sent.id, now)
    )
    if isinstance(until, PictureRefusal):
        return until
    if session.get(GatePicture, sent.id) is not None:
        return PictureRefusal.TWICE
    session.add(
        GatePicture(
            id=sent.id,
            gate_id=by.id,
            kind=sent.kind.value,
            received_at=now,
            until=until,
            sealed=seal(web, purpose_of(sent.id), sent.jpeg),
        )
    )
    return None


def show(session: Session, by: Principal, asked: Asked, key: X25519PrivateKey, now: datetime) -> bytes | None:
    """The JPEG for a viewer who said why, on record in the same transaction. A test's is deleted by it.

    None where it is gone, has never been, or is not the viewer's to see.
    """
    row = find(session, by.scope, asked.picture)
    if row is None or row.sealed is None or row.until <= now:
        return None
    jpeg = unseal(key, purpose_of(row.id), row.sealed)
    record(session, by, Act("picture_seen", f"{row.kind}:{row.id}", {"gate": row.gate_id}, asked.why), now)
    row.seen_at = row.seen_at or now
    if row.kind == PictureKind.TEST:
        row.sealed = None
    return jpeg


def find(session: Session, scope: Scope, picture: UUID) -> GatePicture | None:
    """None outside the scope."""
    return session.scalars(
        select(GatePicture).where(GatePicture.id == picture, GatePicture.gate_id.in_(scope.gates))
    ).one_or_none()


def fate_of_picture(session: Session, scope: Scope, picture: UUID, now: datetime) -> PictureFate | None:
    """What became of it; None where there never was one, or it is not the viewer's to know."""
    row = find(session, scope, picture)
    if row is None:
        return None
    if row.sealed is not None and row.until > now:
        return PictureFate.HERE
    return PictureFate.SEEN if row.seen_at else PictureFate.UNSEEN


def purpose_of(picture: UUID) -> str:
    """Sealed bytes moved to another picture's row do not open."""
    return f"picture/{picture}"


def _test_until(session: Session, scope: Scope, order: UUID, now: datetime) -> datetime | PictureRefusal:
    row = session.scalars(
        select(GateOrder).where(
            GateOrder.id == order,
            GateOrder.gate_id.in_(scope.gates),
            GateOrder.operation == Operation.TEST_PICTURE,
        )
    ).one_or_none()
    if row is None:
        return PictureRefusal.NOT_THERE
    return now + TEST_SHOWN_FOR if now - row.asked_at <= TEST_WITHIN else PictureRefusal.TOO_LATE


def _refusal_until(session: Session, scope: Scope, passage: UUID, now: datetime) -> datetime | PictureRefusal:
    days = session.scalar(
        select(Compound.picture_days)
        .join(Gate, Gate.compound_id == Compound.place_id)
        .where(Gate.id.in_(scope.gates))
    )
    if not days:
        return PictureRefusal.NOT_KEPT
    row = session.scalars(
        select(Passage).where(
            Passage.id == passage,
            Passage.gate_id.in_(scope.gates),
            Passage.outcome == Outcome.DENIED.value,
            Passage.method == Method.FACE.value,
        )
    ).one_or_none()
    if row is None:
        return PictureRefusal.NOT_THERE
    recent = now - row.recorded_at <= REFUSAL_WITHIN
    return row.recorded_at + timedelta(days=days) if recent else PictureRefusal.TOO_LATE
