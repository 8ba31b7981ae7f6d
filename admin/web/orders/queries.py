"""Orders with who asked for them and what became of them, and what each gate stands under."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from admin.db.tables.accounts import Account
from admin.db.tables.gates import Gate
from admin.db.tables.orders import GateOrder, OrderState
from admin.security.scope import Scope
from contracts.order import Mode

PAGE: Final = 50
MODES: Final = tuple(mode.value for mode in Mode)
WAITING: Final = frozenset({OrderState.ASKED, OrderState.SENT})
PATIENCE: Final = timedelta(seconds=20)
"""After so long an order for now has an answer, or a silence that dispatch has put down."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order as people read it."""

    number: int
    id: UUID
    asked_at: datetime
    gate: tuple[str, str]
    gate_id: str
    operation: str
    reason: str
    note: str
    who: str
    state: str
    why: str | None
    until: datetime | None
    answered_at: datetime | None

    def is_awaited(self, now: datetime) -> bool:
        """Whether a page should look again: an answer may come any moment."""
        return self.state in WAITING and now - self.asked_at < PATIENCE


def history(session: Session, scope: Scope, before: int | None = None) -> list[OrderLine]:
    """The newest first; with `before`, those older than that number."""
    question = _lines(scope).order_by(GateOrder.number.desc()).limit(PAGE)
    if before is not None:
        question = question.where(GateOrder.number < before)
    return [_line(row) for row in session.execute(question)]


def one(session: Session, scope: Scope, order: UUID) -> OrderLine | None:
    """None outside the scope."""
    row = session.execute(_lines(scope).where(GateOrder.id == order)).one_or_none()
    return None if row is None else _line(row)


def standing(session: Session, scope: Scope, now: datetime) -> dict[str, OrderLine]:
    """By gate: the lock-down or hold-open that holds there, or will as soon as the gate hears of it."""
    newest = (
        select(func.max(GateOrder.number)).where(GateOrder.operation.in_(MODES)).group_by(GateOrder.gate_id)
    )
    rows = session.execute(
        _lines(scope).where(
            GateOrder.number.in_(newest), GateOrder.operation != Mode.NORMAL.value, GateOrder.until > now
        )
    )
    lines = (_line(row) for row in rows)
    return {
        line.gate_id: line for line in lines if line.state not in (OrderState.REFUSED, OrderState.EXPIRED)
    }


def further(lines: Sequence[OrderLine]) -> int | None:
    """The number to go on before; None at the end."""
    return lines[-1].number if len(lines) == PAGE else None


def _lines(scope: Scope) -> Select[*tuple[Any, ...]]:
    return (
        select(GateOrder, Gate.name_zh, Gate.name_en, Account.name)
        .join(Gate, Gate.id == GateOrder.gate_id)
        .join(Account, Account.id == GateOrder.account_id)
        .where(GateOrder.gate_id.in_(scope.gates))
    )


def _line(row: Row[*tuple[Any, ...]]) -> OrderLine:
    order, name_zh, name_en, who = row
    return OrderLine(
        number=order.number,
        id=order.id,
        asked_at=order.asked_at,
        gate=(name_zh, name_en),
        gate_id=order.gate_id,
        operation=order.operation,
        reason=order.reason,
        note=order.note,
        who=who,
        state=order.state,
        why=order.why,
        until=order.until,
        answered_at=order.answered_at,
    )
