"""Gates with what was last heard of them and which roster they should hold."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from admin.db.chain import gaps
from admin.db.tables.gates import NO_CREDENTIAL, Gate, GateEpoch, GateState, SealedRoster
from admin.db.tables.places import Compound, Place
from admin.security.scope import Scope
from admin.web.gates.standing import Standing, standing

# The audit trail keeps it for good; the page shows what is still fresh.
BROKEN_SHOWN: Final = timedelta(days=30)
OVERDUE_AFTER: Final = timedelta(seconds=10)
"""Promise 8: a change that a gate has not acknowledged by then alarms the guard."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The newest roster made for a gate."""

    version: int
    people: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What is wrong with what a gate has recorded: links that it was asked for again, a chain that does not fit."""

    missing: int = 0
    broken: bool = False


@dataclass(frozen=True, slots=True)
class GateLine:
    id: str
    name: tuple[str, str]  # Chinese, English
    place: tuple[str, str]
    direction: str
    liveness: str
    software: str | None
    model: str | None
    standing: Standing
    wanted: Wanted | None
    record: Record
    admitted: bool = True  # else its box has to join again: dispatch found no user of it at the broker
    overdue: datetime | None = None  # when the oldest change was made that it has not taken for too long

    @property
    def behind(self) -> bool:
        return self.wanted is not None and self.standing.held < self.wanted.version


def gates(session: Session, scope: Scope, now: datetime) -> list[GateLine]:
    """The scope's gates, without those that were revoked."""
    rows = session.execute(
        select(Gate, GateState, Place)
        .join(Place, Place.id == Gate.place_id)
        .outerjoin(GateState, GateState.gate_id == Gate.id)
        .where(Gate.id.in_(scope.gates), Gate.revoked_at.is_(None))
        .order_by(Gate.compound_id, func.length(Place.path), Gate.name_zh, Gate.id)
    )
    wanted, records = _wanted(session, scope), _records(session, scope, now)
    overdue = _overdue(session, scope, now)
    return [
        GateLine(
            id=gate.id,
            name=(gate.name_zh, gate.name_en),
            place=(place.name_zh, place.name_en),
            direction=gate.direction,
            liveness=gate.liveness,
            software=state.software if state else None,
            model=state.model if state else None,
            standing=standing(state, now),
            wanted=wanted.get(gate.id),
            record=records.get(gate.id, Record()),
            admitted=gate.credential_hash != NO_CREDENTIAL,
            overdue=overdue.get(gate.id),
        )
        for gate, state, place in rows
    ]


def demonstrates(session: Session, scope: Scope) -> bool:
    """Whether any compound in view is a demonstration."""
    shown = select(Compound.place_id).where(Compound.demonstration, Compound.place_id.in_(scope.compounds))
    return session.scalar(shown.limit(1)) is not None


def _wanted(session: Session, scope: Scope) -> dict[str, Wanted]:
    newest = (
        select(SealedRoster.gate_id, func.max(SealedRoster.version).label("version"))
        .where(SealedRoster.gate_id.in_(scope.gates))
        .group_by(SealedRoster.gate_id)
        .subquery()
    )
    rows = session.execute(
        select(SealedRoster.gate_id, SealedRoster.version, SealedRoster.people, SealedRoster.made_at).join(
            newest,
            (newest.c.gate_id == SealedRoster.gate_id) & (newest.c.version == SealedRoster.version),
        )
    )
    return {gate: Wanted(version, people, made_at) for gate, version, people, made_at in rows}


def _overdue(session: Session, scope: Scope, now: datetime) -> dict[str, datetime]:
    rows = session.execute(
        select(SealedRoster.gate_id, func.min(SealedRoster.made_at).label("since"))
        .join(GateState, GateState.gate_id == SealedRoster.gate_id)
        .where(
            SealedRoster.gate_id.in_(scope.gates),
            SealedRoster.version > GateState.held_version,
            SealedRoster.made_at <= now - OVERDUE_AFTER,
        )
        .group_by(SealedRoster.gate_id)
    )
    return {row.gate_id: row.since for row in rows}


def _records(session: Session, scope: Scope, now: datetime) -> dict[str, Record]:
    """Of those gates alone with whose record something is wrong."""
    rows = session.scalars(
        select(GateEpoch).where(
            GateEpoch.gate_id.in_(scope.gates),
            or_(GateEpoch.highest > GateEpoch.seq, GateEpoch.broken_seq.is_not(None)),
        )
    )
    records: dict[str, Record] = {}
    for row in rows:
        before = records.get(row.gate_id, Record())
        missing = sum(gap.last - gap.first + 1 for gap in gaps(session, row))
        broken = row.broken_seq is not None and row.opened_at > now - BROKEN_SHOWN
        records[row.gate_id] = Record(before.missing + missing, before.broken or broken)
    return records
