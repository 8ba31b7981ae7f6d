"""Standing orders (lock-down, hold-open, release): of each gate the newest, signed and retained.

Each is said under the generation it was asked for in. After the register was put back from a backup, a gate that
learnt of a later one before keeps to that. The others could take an old one for the newest, so of the generations
before only lock-downs are said again: a hold-open may have been released since, a release may have been followed by
a lock-down, and doubt never opens.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.db.revision import generation
from admin.db.tables import Gate, GateOrder, OrderState, Unsent
from admin.dispatch.announcer import NO_CONNECTION
from contracts.ids import GateId, StaffId
from contracts.order import Mode, Standing
from contracts.signing import SignedV1, SigningKey, sign

MODES: Final = tuple(mode.value for mode in Mode)
RELEASE_LASTS: Final = timedelta(hours=1)
"""A release holds at once; its end says nothing."""
IN_FORCE: Final = (OrderState.ASKED, OrderState.SENT, OrderState.ACCEPTED)
"""As far as the register knows, the gate is under the order or will be. A release that was obeyed is done."""


class Standings:
    """Says each gate's newest standing order when there is a newer one, and all of them on a new connection."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._said_up_to = 0
        self._connection = NO_CONNECTION

    def is_due(self, session: Session, connection: int) -> bool:
        """Whether anything has to be said over this connection."""
        return connection != self._connection or _newest(session) > self._said_up_to

    def signed(self, session: Session, connection: int, now: datetime) -> list[tuple[GateId, SignedV1]]:
        """What is to be said now; rows that are superseded or over are ended instead."""
        since = 0 if connection != self._connection else self._said_up_to
        self._said_up_to, self._connection = _newest(session), connection
        current, of_server = _current(session), generation(session)
        _end_others(session, {row.number for row in current}, now)
        return [
            (GateId(row.gate_id), sign(_body(row, now), self._key))
            for row in current
            if row.number > since and _is_worth_saying(row, of_server, now)
        ]


def staff_id(account: int) -> StaffId:
    """An account as gates know it."""
    return StaffId(f"account-{account}")


def _newest(session: Session) -> int:
    newest = select(func.max(GateOrder.number)).where(GateOrder.operation.in_(MODES))
    return session.scalar(newest) or 0


def _current(session: Session) -> list[GateOrder]:
    newest = (
        select(func.max(GateOrder.number)).where(GateOrder.operation.in_(MODES)).group_by(GateOrder.gate_id)
    )
    rows = select(GateOrder).join(Gate, Gate.id == GateOrder.gate_id)
    return list(session.scalars(rows.where(GateOrder.number.in_(newest), Gate.revoked_at.is_(None))))


def _is_worth_saying(row: GateOrder, of_server: int, now: datetime) -> bool:
    if row.operation != Mode.NORMAL and (row.until is None or row.until <= now):
        if row.state == OrderState.ASKED:
            row.state, row.why = OrderState.EXPIRED.value, Unsent.GATE_AWAY.value
        return False
    if row.generation < of_server and row.operation != Mode.LOCK_DOWN:
        if row.state in IN_FORCE:
            row.state, row.why, row.answered_at = OrderState.UNKNOWN.value, Unsent.RESTORED.value, now
        return False
    if row.state == OrderState.ASKED:
        row.state, row.sent_at = OrderState.SENT.value, now
    return True


def _end_others(session: Session, current: set[int], now: datetime) -> None:
    """A standing order that a newer one replaced before it was sent is never sent."""
    unsent = select(GateOrder).where(GateOrder.operation.in_(MODES), GateOrder.state == OrderState.ASKED)
    for row in session.scalars(unsent):
        if row.number not in current:
            row.state, row.why, row.answered_at = OrderState.EXPIRED.value, Unsent.TOO_LATE.value, now


def _body(row: GateOrder, now: datetime) -> Standing:
    mode = Mode(row.operation)
    return Standing(
        id=row.id,
        gate=GateId(row.gate_id),
        generation=row.generation,
        number=row.number,
        mode=mode,
        by=staff_id(row.account_id),
        at=now,
        until=row.until if row.until is not None and mode is not Mode.NORMAL else now + RELEASE_LASTS,
    )
