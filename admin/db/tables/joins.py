"""Boxes that become gates, and gates that are ended. Rows stay: they are the history of who let whom in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class JoinStep(StrEnum):
    """How far a code has come. Web opens, asks, confirms, refuses and cancels; the rest is dispatch's."""

    OPEN = "open"  # the code was made
    ASKED = "asked"  # a box came with it
    CHECKED = "checked"  # its proof holds; a second person compares the fingerprint
    CONFIRMED = "confirmed"
    DONE = "done"  # admitted
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class GateJoin(Base):
    """One code, for a new gate or for a new box of one there is."""

    __tablename__ = "gate_join"
    __table_args__ = (
        CheckConstraint(
            "step IN ('open','asked','checked','confirmed','done','refused','cancelled','expired')",
            name="step",
        ),
        CheckConstraint("direction IN ('in','out','both')", name="direction"),
        Index("ix_gate_join_step", "step"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    lookup: Mapped[str] = mapped_column(String(32), unique=True)  # contracts.join.JoinCode.lookup
    key_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # JoinCode.key, for dispatch alone
    code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # the text, for web, while it can be used
    gate_id: Mapped[str] = mapped_column(String(64), index=True)  # of a gate that may not be there yet
    replaces: Mapped[bool] = mapped_column(default=False)  # a new box for a gate there is
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    direction: Mapped[str] = mapped_column(String(8))
    made_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column()  # of the code; once a box came with it, of the waiting
    step: Mapped[str] = mapped_column(String(16), default="open")
    why: Mapped[str | None] = mapped_column(String(16))  # contracts.join.JoinFault
    request: Mapped[str | None] = mapped_column(String(16384))  # a JoinRequestV1 as received
    asked_at: Mapped[datetime | None] = mapped_column()
    asked_from: Mapped[str | None] = mapped_column(String(64))  # the box's address
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    reused_at: Mapped[datetime | None] = mapped_column()  # another box came with the same code
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))  # never made_by
    decided_at: Mapped[datetime | None] = mapped_column()
    answer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # for the box alone, for a day
    done_at: Mapped[datetime | None] = mapped_column()


class GateRevocation(Base):
    """Who ended a gate and why. Its credential ends with `gate.revoked_at`, in the same transaction."""

    __tablename__ = "gate_revocation"
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    why: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column()
    cut_off_at: Mapped[datetime | None] = mapped_column()  # when dispatch had ended its session at the broker
