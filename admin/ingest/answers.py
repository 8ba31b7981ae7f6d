"""What gates answer to orders."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables import GateOrder, OrderState, Unsent
from contracts.order import OrderOutcome, ResultV1

LAST_WORDS: Final = frozenset({OrderState.REFUSED, OrderState.UNKNOWN})


def keep_answer(session: Session, result: ResultV1, now: datetime) -> None:
    """Keeps what a gate says of its own order; of two last words the first stands.

    `done` stands above all: a repeated or forged copy of an order that was obeyed is refused too.
    """
    row = session.scalars(
        select(GateOrder).where(GateOrder.id == result.order, GateOrder.gate_id == result.gate)
    ).one_or_none()
    if row is None or row.state == OrderState.DONE:
        return
    spoken = row.state in LAST_WORDS and row.why != Unsent.NO_ANSWER
    if spoken and result.outcome is not OrderOutcome.DONE:
        return
    row.state, row.answered_at = result.outcome.value, now
    row.why = result.why.value if result.why else None
