"""The access log and its chain. Received texts stand beside the columns read from them: they are what is hashed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UnaryExpression,
    UniqueConstraint,
    desc,
    false,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from admin.db.base import Base


def newest_first(column: str) -> UnaryExpression[object]:
    """The column of an index, read backwards."""
    return desc(column)


class Chained:
    """A link of a gate's chain as received."""

    id: Mapped[UUID] = mapped_column(primary_key=True)  # version 7, made at the gate

    @declared_attr
    @classmethod
    def gate_id(cls) -> Mapped[str]:
        return mapped_column(ForeignKey("gate.id"))

    epoch: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column()
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    who_commitment: Mapped[str] = mapped_column(String(64))
    who_salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    who_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    what_commitment: Mapped[str] = mapped_column(String(64))
    what_salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    what_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column()  # the gate's own time
    recorded_at: Mapped[datetime] = mapped_column()  # the server's, just before the commit
    late: Mapped[bool] = mapped_column(default=False)


class Passage(Chained, Base):
    """One attempt to pass."""

    __tablename__ = "passage"
    __table_args__ = (
        UniqueConstraint("gate_id", "epoch", "seq"),
        Index("ix_passage_compound_id_at_id", "compound_id", newest_first("at"), newest_first("id")),
        Index("ix_passage_gate_id_at_id", "gate_id", newest_first("at"), newest_first("id")),
        Index("ix_passage_person_id_at", "person_id", newest_first("at")),
        Index("ix_passage_visit_id", "visit_id"),
        Index("ix_passage_recorded_at", "recorded_at"),
    )
    compound_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    times: Mapped[int] = mapped_column(default=1, server_default="1")  # refusals alike that share this row
    until: Mapped[datetime | None] = mapped_column()  # the last of them
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(24))
    method: Mapped[str] = mapped_column(String(8))
    direction: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"))
    score: Mapped[float | None] = mapped_column()
    margin: Mapped[float | None] = mapped_column()
    frames: Mapped[int | None] = mapped_column()
    waited_ms: Mapped[int | None] = mapped_column()
    live: Mapped[float | None] = mapped_column()
    roster_version: Mapped[int] = mapped_column()
    clock_trusted: Mapped[bool] = mapped_column(default=True)


class Alarm(Chained, Base):
    """Something at a gate that a person should look at."""

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("gate_id", "epoch", "seq"),
        Index("ix_alarm_compound_id_at_id", "compound_id", newest_first("at"), newest_first("id")),
        Index("ix_alarm_recorded_at", "recorded_at"),
    )
    compound_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    kind: Mapped[str] = mapped_column(String(32))
    seen_at: Mapped[datetime | None] = mapped_column()
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Quarantine(Base):
    """A message that could not be taken, whole, with the reason. It counts as committed and blocks nothing."""

    __tablename__ = "quarantine"
    __table_args__ = (
        Index("ix_quarantine_again", "id", sqlite_where=text("again"), postgresql_where=text("again")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    topic: Mapped[str] = mapped_column(String(256))
    gate_id: Mapped[str | None] = mapped_column(String(64))
    fault: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(String(256))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    epoch: Mapped[str | None] = mapped_column(String(64))
    seq: Mapped[int | None] = mapped_column()
    hash: Mapped[str | None] = mapped_column(String(64))
    again: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # somebody asked for another try


class LinkPurge(Base):
    """Links of a chain that are not here, and why that is in order: a hole without an entry is a bad link."""

    __tablename__ = "link_purge"
    __table_args__ = (
        CheckConstraint("first >= 1 AND first <= last", name="range"),
        Index("ix_link_purge_gate_id_epoch_first", "gate_id", "epoch", "first"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    gate_id: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[str] = mapped_column(String(64))
    first: Mapped[int] = mapped_column()  # both ends inclusive
    last: Mapped[int] = mapped_column()
    why: Mapped[str] = mapped_column(String(16))  # PurgeReason
    at: Mapped[datetime] = mapped_column()


class PurgeReason(StrEnum):
    """Why links are not here."""

    GONE = "gone"  # the gate said that it no longer holds them
    DISCARDED = "discarded"  # a quarantined message, deleted by a person or by age


class PartPurge(Base):
    """Parts of links whose texts were removed, and why that is in order: one without an entry is a bad link."""

    __tablename__ = "part_purge"
    __table_args__ = (
        CheckConstraint("first >= 1 AND first <= last", name="range"),
        CheckConstraint("part IN ('who','what')", name="part"),
        Index("ix_part_purge_gate_id_epoch_first", "gate_id", "epoch", "first"),
        Index("ix_part_purge_at", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"))
    epoch: Mapped[str] = mapped_column(String(64))
    first: Mapped[int] = mapped_column()  # both ends inclusive
    last: Mapped[int] = mapped_column()
    part: Mapped[str] = mapped_column(String(4))
    why: Mapped[str] = mapped_column(String(16))  # PartReason
    at: Mapped[datetime] = mapped_column()


class PartReason(StrEnum):
    """Why a part's text is not here."""

    ERASED = "erased"  # a person's passages were erased: whose they were
    EXPIRED = "expired"  # kept no longer than their purpose needs: both parts
