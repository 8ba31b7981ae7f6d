"""Putting orders down. Web holds no key: dispatch signs what stands in the table, and the gate answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.revision import generation
from admin.db.tables.gates import Gate
from admin.db.tables.orders import GateOrder, OrderState
from admin.security.audit import Act, record
from admin.security.principals import Principal
from admin.web.limits import Limit, try_once
from contracts.ids import uuid7
from contracts.order import Mode, Operation

BY_ACCOUNT: Final = Limit("order", tries=30, within=timedelta(minutes=1))
LONGEST_NOTE: Final = 200
JOB_WAITS: Final = timedelta(hours=4)


class OrderReason(StrEnum):
    """Why somebody orders something, as the history and the audit trail keep it."""

    VISITOR = "visitor"
    RESIDENT = "resident"
    DELIVERY = "delivery"
    REPAIR = "repair"
    EMERGENCY = "emergency"
    CAMERA = "camera"  # whether the camera sees what it should
    OTHER = "other"  # the note says what


class OrderRefusal(StrEnum):
    """Why an order was not put down."""

    NO_GATE = "no_gate"  # not there, revoked, or not the caller's
    NO_NOTE = "no_note"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order asked for. `lasts` is of a standing order; what ends at once or in seconds has none."""

    what: Operation | Mode
    reason: OrderReason
    note: str = ""
    lasts: timedelta | None = None


def put_down(
    session: Session, by: Principal, gates: Sequence[str], wanted: Wanted, now: datetime
) -> list[GateOrder] | OrderRefusal:
    """One order for each gate, as dispatch will find them, audited; all or none, in the caller's transaction.

    `by` is an account. However many gates, it counts as one order.
    """
    mine = select(Gate.id).where(Gate.id.in_(gates), Gate.id.in_(by.scope.gates), Gate.revoked_at.is_(None))
    if not gates or set(session.scalars(mine)) != set(gates):
        return OrderRefusal.NO_GATE
    if wanted.reason is OrderReason.OTHER and not wanted.note.strip():
        return OrderRefusal.NO_NOTE
    if not try_once(session, BY_ACCOUNT, str(by), now):
        return OrderRefusal.TOO_MANY
    return [_put_down(session, by, gate, wanted, now) for gate in gates]


def _put_down(session: Session, by: Principal, gate: str, wanted: Wanted, now: datetime) -> GateOrder:
    row = GateOrder(
        id=uuid7(),
        gate_id=gate,
        operation=wanted.what.value,
        reason=wanted.reason.value,
        note=wanted.note.strip()[:LONGEST_NOTE],
        account_id=int(by.id),
        asked_at=now,
        until=_until(wanted, now),
        generation=generation(session),
        state=OrderState.ASKED.value,
    )
    session.add(row)
    session.flush()
    details = {"order": str(row.id), "reason": row.reason}
    record(session, by, Act(f"gate_{row.operation}", f"gate:{gate}", details, row.reason), now)
    return row


def _until(wanted: Wanted, now: datetime) -> datetime | None:
    lasts = JOB_WAITS if wanted.what is Operation.REBOOT else wanted.lasts
    return None if lasts is None else now + lasts
