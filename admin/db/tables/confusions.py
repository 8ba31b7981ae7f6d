"""Who was, or is easily, taken for whom. A line is in force as long as it is here; the audit trail keeps the rest."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class ConfusedBy(StrEnum):
    """How it became known."""

    PASSAGE = "passage"  # staff marked a passage: not this person
    TWINS = "twins"  # staff said so, as the next two
    FAMILY = "family"
    ALIKE = "alike"
    LIKENESS = "likeness"  # enrolment measured two templates near each other


class Confusion(Base):
    """`person` was taken for at a gate, or is like `other`; no `other` means that it was nobody of the register."""

    __tablename__ = "confusion"
    __table_args__ = (CheckConstraint("person_id <> other_id", name="two_people"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    other_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    passage_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("passage.id", ondelete="SET NULL"), unique=True
    )
    known_by: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column()
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))  # none: the worker measured it
