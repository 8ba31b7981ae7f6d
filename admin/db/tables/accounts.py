"""Staff accounts, failed tries, and the audit trail."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class Account(Base):
    """A member of staff. The role gives the permissions, the place the scope."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(256))
    must_change: Mapped[bool] = mapped_column(default=False)  # a one-time password
    role: Mapped[str] = mapped_column(String(16))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))  # none: everywhere
    language: Mapped[str | None] = mapped_column(String(16))
    session_number: Mapped[int] = mapped_column(default=1)  # raised to end every open session
    added_at: Mapped[datetime] = mapped_column()
    disabled_at: Mapped[datetime | None] = mapped_column()


class Attempt(Base):
    """One failed or limited try, for rate limits that hold over processes and restarts."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_bucket_at", "bucket", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(String(128))  # what is limited, hashed: "login:…"
    at: Mapped[datetime] = mapped_column()


class Audit(Base):
    """Who did or read what, when, and why. Chained like the access log: `details` holds ids and codes only."""

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    principal: Mapped[str] = mapped_column(String(64), index=True)  # "account:3", "resident:…", "gate:…"
    act: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(96), index=True)  # "person:…", "visit:…"
    details: Mapped[str] = mapped_column(String(1000), default="{}")
    purpose: Mapped[str | None] = mapped_column(String(200))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The one row that writers of the audit trail lock."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column()
    hash: Mapped[str] = mapped_column(String(64))
