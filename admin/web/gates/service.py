"""Codes for new gates, the second person's word, and the end of a gate: audited, in the caller's transaction."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from admin.db.joins import CODE_LASTS, CODE_PURPOSE, KEY_PURPOSE, UNDER_WAY, step_at
from admin.db.revision import raise_revision
from admin.db.tables.gates import Gate, SealedRoster
from admin.db.tables.joins import GateJoin, GateRevocation, JoinStep
from admin.db.tables.places import Place
from admin.security.audit import Act, record
from admin.security.principals import Principal
from admin.web.limits import Limit, try_once
from contracts.ids import GateId
from contracts.join import SECRET_BYTES, JoinCode, JoinFault, write_code
from contracts.sealing import seal
from contracts.words import Direction

BY_ACCOUNT: Final = Limit("join-code", tries=20, within=timedelta(hours=1))
STANDS_AT: Final = ("compound", "building", "unit")


class RevokeReason(StrEnum):
    """Why a gate is ended, as the page and the audit trail keep it."""

    STOLEN = "stolen"
    BROKEN = "broken"
    MOVED = "moved"
    UNUSED = "unused"
    WRONG_BOX = "wrong_box"


class JoinRefusal(StrEnum):
    """Why nothing was done."""

    NOT_HERE = "not_here"  # not there, over, or not at the caller's post
    NOT_SET_UP = "not_set_up"  # gates have no safe address to come to
    TOO_MANY = "too_many"
    SAME_PERSON = "same_person"  # whoever made the code does not confirm
    CHANGED = "changed"  # not what the page showed any more


@dataclass(frozen=True, slots=True)
class NewGate:
    """What is said of a gate before its box comes."""

    place_id: int
    names: tuple[str, str]  # Chinese, English
    direction: Direction


@dataclass(frozen=True, slots=True)
class Address:
    """Where boxes are to come, whose certificate they must be shown, and who reads what is sealed."""

    url: str
    ca: str | None
    web: X25519PublicKey
    dispatch: X25519PublicKey


def add(session: Session, by: Principal, new: NewGate, at: Address, now: datetime) -> GateJoin | JoinRefusal:
    """A code for a gate that is not there yet; `by` is an account."""
    here = select(Place.id).where(
        Place.id == new.place_id, Place.id.in_(by.scope.places), Place.kind.in_(STANDS_AT)
    )
    if session.scalar(here) is None:
        return JoinRefusal.NOT_HERE
    row = GateJoin(
        gate_id=GateId.random(),
        place_id=new.place_id,
        name_zh=new.names[0],
        name_en=new.names[1],
        direction=new.direction.value,
    )
    return _with_code(session, by, row, at, now)


def replace(session: Session, by: Principal, gate: str, at: Address, now: datetime) -> GateJoin | JoinRefusal:
    """A code for a new box of a gate there is; the old box goes on until the new one is confirmed."""
    old = _gate(session, by, gate)
    if old is None:
        return JoinRefusal.NOT_HERE
    row = GateJoin(
        gate_id=old.id,
        replaces=True,
        place_id=old.place_id,
        name_zh=old.name_zh,
        name_en=old.name_en,
        direction=old.direction,
    )
    return _with_code(session, by, row, at, now)


def cancel(session: Session, by: Principal, join: int, now: datetime) -> GateJoin | JoinRefusal:
    """The code, and whatever box came with it, is let in no more."""
    row = _under_way(session, by, join, now)
    if row is None or row.step == JoinStep.CONFIRMED:
        return JoinRefusal.NOT_HERE
    _cancel(session, by, row, now)
    return row


def confirm(
    session: Session, by: Principal, join: int, fingerprint: str, now: datetime
) -> GateJoin | JoinRefusal:
    """The second person's yes to exactly this fingerprint; dispatch then admits the box."""
    row = _to_decide(session, by, join, fingerprint, now)
    if isinstance(row, GateJoin):
        _decide(session, by, row, JoinStep.CONFIRMED, now)
    return row


def refuse(
    session: Session, by: Principal, join: int, fingerprint: str, now: datetime
) -> GateJoin | JoinRefusal:
    """The second person's no: the box shows something else."""
    row = _to_decide(session, by, join, fingerprint, now)
    if isinstance(row, GateJoin):
        row.why = JoinFault.NOT_THE_BOX.value
        _decide(session, by, row, JoinStep.REFUSED, now)
    return row


def revoke(
    session: Session, by: Principal, gate: str, why: RevokeReason, now: datetime
) -> Gate | JoinRefusal:
    """Ends the gate: its credential with this transaction, its session at the broker as soon as dispatch sees it."""
    row = _gate(session, by, gate)
    if row is None:
        return JoinRefusal.NOT_HERE
    row.revoked_at = now
    session.add(GateRevocation(gate_id=row.id, account_id=int(by.id), why=why.value, at=now))
    session.execute(delete(SealedRoster).where(SealedRoster.gate_id == row.id))
    _cancel_all(session, by, row.id, now)
    record(session, by, Act("gate_revoked", f"gate:{row.id}", {"why": why.value}), now)
    raise_revision(session)
    return row


def _decide(session: Session, by: Principal, row: GateJoin, step: JoinStep, now: datetime) -> None:
    """The second person's word, of exactly the fingerprint that was shown, on record."""
    row.step, row.decided_by, row.decided_at = step.value, int(by.id), now
    details = {"join": row.id, "fingerprint": row.fingerprint}
    record(session, by, Act(f"gate_join_{step.value}", f"gate:{row.gate_id}", details), now)


def _with_code(
    session: Session, by: Principal, row: GateJoin, at: Address, now: datetime
) -> GateJoin | JoinRefusal:
    try:
        code = JoinCode(at.url, at.ca, secrets.token_bytes(SECRET_BYTES))
    except ValueError:
        return JoinRefusal.NOT_SET_UP
    if not try_once(session, BY_ACCOUNT, str(by), now):
        return JoinRefusal.TOO_MANY
    _cancel_all(session, by, row.gate_id, now)
    row.lookup = code.lookup
    row.key_sealed = seal(at.dispatch, KEY_PURPOSE, code.key)
    row.code_sealed = seal(at.web, CODE_PURPOSE, write_code(code).encode())
    row.made_by, row.made_at, row.ends_at = int(by.id), now, now + CODE_LASTS
    row.step = JoinStep.OPEN.value
    session.add(row)
    session.flush()
    details = {"join": row.id, "place": row.place_id, "replaces": row.replaces}
    record(session, by, Act("gate_join_made", f"gate:{row.gate_id}", details), now)
    return row


def _gate(session: Session, by: Principal, gate: str) -> Gate | None:
    mine = select(Gate).where(Gate.id == gate, Gate.id.in_(by.scope.gates), Gate.revoked_at.is_(None))
    return session.scalars(mine.with_for_update()).one_or_none()


def _under_way(session: Session, by: Principal, join: int, now: datetime) -> GateJoin | None:
    mine = select(GateJoin).where(GateJoin.id == join, GateJoin.place_id.in_(by.scope.places))
    row = session.scalars(mine.with_for_update()).one_or_none()
    return row if row is not None and step_at(row, now) in UNDER_WAY else None


def _to_decide(
    session: Session, by: Principal, join: int, fingerprint: str, now: datetime
) -> GateJoin | JoinRefusal:
    row = _under_way(session, by, join, now)
    if row is None:
        return JoinRefusal.NOT_HERE
    if row.made_by == int(by.id):
        return JoinRefusal.SAME_PERSON
    if row.step != JoinStep.CHECKED or row.fingerprint is None or row.fingerprint != fingerprint:
        return JoinRefusal.CHANGED
    return row


def _cancel_all(session: Session, by: Principal, gate: str, now: datetime) -> None:
    """One code at a time for a gate."""
    live = select(GateJoin).where(GateJoin.gate_id == gate, GateJoin.step.in_(UNDER_WAY))
    for row in session.scalars(live.with_for_update()):
        _cancel(session, by, row, now)


def _cancel(session: Session, by: Principal, row: GateJoin, now: datetime) -> None:
    row.step, row.code_sealed = JoinStep.CANCELLED.value, None
    record(session, by, Act("gate_join_cancelled", f"gate:{row.gate_id}", {"join": row.id}), now)
