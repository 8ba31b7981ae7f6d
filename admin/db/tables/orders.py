"""Orders to gates: asked for by web, signed by dispatch, answered by the gate. Rows are never changed back."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base
from admin.db.tables.passages import newest_first


class OrderState(StrEnum):
    """How far an order has come. The last five are the gate's own words, or dispatch's where none came."""

    ASKED = "asked"
    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Unsent(StrEnum):
    """Why dispatch did not send an order; it stands in `why` beside the gates' own codes."""

    GATE_AWAY = "gate_away"  # not heard of lately: nothing is left waiting for its return
    NO_BROKER = "no_broker"
    TOO_LATE = "too_late"  # dispatch came to it seconds later than a person at a door waits
    NO_ANSWER = "no_answer"
    RESTORED = "restored"  # the register was put back from a backup since: what came after it is not known


class GateOrder(Base):
    """One order. `number` rises: of two standing orders for a gate the later holds."""

    __tablename__ = "gate_order"
    __table_args__ = (
        Index("ix_gate_order_gate_id_number", "gate_id", newest_first("number")),
        Index("ix_gate_order_state", "state"),
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)  # version 7; an opening's passage carries the same
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"))
    operation: Mapped[str] = mapped_column(String(16))  # contracts.order: an Operation or a Mode
    reason: Mapped[str] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(String(200), default="")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime] = mapped_column()
    until: Mapped[datetime | None] = mapped_column()  # of a job or a standing order
    generation: Mapped[int] = mapped_column(default=1, server_default="1")  # the server's when it was asked
    state: Mapped[str] = mapped_column(String(16), default="asked")
    why: Mapped[str | None] = mapped_column(String(32))
    sent_at: Mapped[datetime | None] = mapped_column()
    answered_at: Mapped[datetime | None] = mapped_column()
