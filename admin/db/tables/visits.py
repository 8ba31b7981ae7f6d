"""Visitors: the pass, where it is good, each use that a gate claimed, and residents' own links."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class Visit(Base):
    """A pass. The link's secret is kept as a hash to find it, and sealed to web to show it again."""

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint("uses >= 1 AND uses <= 255", name="uses"),
        CheckConstraint("since < until", name="window"),
        Index("ix_visit_compound_id_until", "compound_id", "until"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    pass_id: Mapped[str] = mapped_column(
        String(64), unique=True
    )  # contracts.ids.PassId, 32 hexadecimal digits
    compound_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    host_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    visitor: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime] = mapped_column()
    until: Mapped[datetime] = mapped_column()
    uses: Mapped[int] = mapped_column()
    link_hash: Mapped[str] = mapped_column(String(64), unique=True)
    link_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # to web
    pin_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # to dispatch; web derives it from the link
    token_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # to web, once dispatch has signed
    made_at: Mapped[datetime] = mapped_column()
    made_by: Mapped[int | None] = mapped_column(
        ForeignKey("account.id")
    )  # none: the host made it by the link
    cancelled_at: Mapped[datetime | None] = mapped_column()


class VisitGate(Base):
    """Where a pass is good; the first (position 0) is its home gate. None means every gate of the compound."""

    __tablename__ = "visit_gate"
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class PassClaim(Base):
    """One use of a pass, claimed by a gate before it opened, or reported by its passage afterwards."""

    __tablename__ = "pass_claim"
    id: Mapped[UUID] = mapped_column(primary_key=True)  # the gate's: asked twice, counted once
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"))
    at: Mapped[datetime] = mapped_column()


class ResidentLink(Base):
    """A resident's personal link to their own pages."""

    __tablename__ = "resident_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column()
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    until: Mapped[datetime] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()
