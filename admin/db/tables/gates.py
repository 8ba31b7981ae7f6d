"""Gates: where they are, how they are, how far their record has come, which roster they should hold."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, true
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base

NO_CREDENTIAL: Final = ""
"""In place of a hash: no box is let in as this gate until one has joined again."""


class Gate(Base):
    """A gate has a place in the tree: a compound's entrance or a building's door."""

    __tablename__ = "gate"
    __table_args__ = (CheckConstraint("direction IN ('in','out','both')", name="direction"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # contracts.ids.GateId
    compound_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    direction: Mapped[str] = mapped_column(String(8), default="in")
    liveness: Mapped[str] = mapped_column(String(16), default="warn")
    credential_hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of 256 random bits: nothing to guess
    seal_key: Mapped[bytes] = mapped_column(LargeBinary(32))  # the gate's public X25519 key
    added_at: Mapped[datetime] = mapped_column()
    revoked_at: Mapped[datetime | None] = mapped_column()


class GateState(Base):
    """The last that was heard of a gate."""

    __tablename__ = "gate_state"
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), default="offline")
    boot: Mapped[str | None] = mapped_column(String(64))
    connection: Mapped[int] = mapped_column(default=0)
    born_at: Mapped[datetime | None] = mapped_column()  # of the last birth: older wills are ignored
    software: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(64))
    health_at: Mapped[datetime | None] = mapped_column()  # server time: online is by health, not by will
    health: Mapped[str | None] = mapped_column(String(4000))  # the last HealthV1 as received
    held_version: Mapped[int] = mapped_column(default=0)
    held_generation: Mapped[int] = mapped_column(default=0)
    held_digest: Mapped[str | None] = mapped_column(String(64))
    held_at: Mapped[datetime | None] = mapped_column()
    trouble: Mapped[str | None] = mapped_column(String(64))


class GateEpoch(Base):
    """How far one epoch of a gate's journal is committed without a gap. Ingest locks the row to advance it."""

    __tablename__ = "gate_epoch"
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(64), primary_key=True)
    opened_at: Mapped[datetime] = mapped_column()
    parent_epoch: Mapped[str | None] = mapped_column(String(64))
    parent_seq: Mapped[int | None] = mapped_column()
    parent_hash: Mapped[str | None] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str | None] = mapped_column(String(64))
    hash_seq: Mapped[int] = mapped_column(default=0, server_default="0")  # the last place whose hash is known
    broken_seq: Mapped[int | None] = mapped_column()  # the first link that does not follow the one before it
    highest: Mapped[int] = mapped_column(default=0)  # highest seq seen: above `seq` there is a gap


class SealedRoster(Base):
    """A gate's roster as web serves it: ciphertext that only the gate opens.

    `step` is a delta from the roster whose digest is `step_from`. `sealed`, the whole, is there for the newest few
    versions; where there is a step it may come a moment later. What is older than a version that drops templates, and
    may hold them, is let go.
    """

    __tablename__ = "sealed_roster"
    __table_args__ = (
        Index("uq_sealed_roster_gate_id_version", "gate_id", "version", unique=True),
        Index("ix_sealed_roster_gate_id_step_from", "gate_id", "step_from"),
        CheckConstraint("(step IS NULL) = (step_from IS NULL)", name="step"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"))
    version: Mapped[int] = mapped_column()
    generation: Mapped[int] = mapped_column()
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column()
    content_key: Mapped[str] = mapped_column(
        String(64)
    )  # digest of what it was made from: same means no new version
    people: Mapped[int] = mapped_column()
    made_at: Mapped[datetime] = mapped_column()
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    step_from: Mapped[str | None] = mapped_column(String(64))
    step: Mapped[bytes | None] = mapped_column(LargeBinary)
    step_puts_templates: Mapped[bool] = mapped_column(default=False, server_default=true())
    drops_templates: Mapped[bool] = mapped_column(default=False, server_default=true())  # or nobody knows
