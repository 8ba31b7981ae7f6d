"""Who lives and works here, what they agreed to, and whether gates can know their face."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class Person(Base):
    """Someone in the register. `wire_id` is what gates know; `vault_id` joins the template and never travels."""

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_compound_id_name", "compound_id", "name"),
        Index("ix_person_compound_id_pinyin", "compound_id", "pinyin"),
        Index("ix_person_compound_id_initials", "compound_id", "initials"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    compound_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    wire_id: Mapped[str] = mapped_column(String(64), unique=True)
    vault_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    pinyin: Mapped[str] = mapped_column(String(256), default="")  # "wang xiaoming", made by the worker
    initials: Mapped[str] = mapped_column(String(64), default="")  # "wxm"
    phone: Mapped[str | None] = mapped_column(String(32))
    born: Mapped[date | None] = mapped_column()  # asked only to know whether a guardian must consent
    added_at: Mapped[datetime] = mapped_column()
    left_at: Mapped[datetime | None] = mapped_column()


class Membership(Base):
    """A person's part in a household, for a time. Staff and carers may have none."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("role IN ('owner','family','tenant','carer')", name="role"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column()
    until: Mapped[datetime | None] = mapped_column()


class ConsentText(Base):
    """The words somebody agreed to. A version, once used, is never changed."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("kind", "text_version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    text_version: Mapped[int] = mapped_column()
    zh: Mapped[str] = mapped_column(String(4000))
    en: Mapped[str] = mapped_column(String(4000))
    added_at: Mapped[datetime] = mapped_column()


class Consent(Base):
    """One agreement: separate by kind, versioned, withdrawable. A refusal is recorded as well (`agreed` false)."""

    __tablename__ = "consent"
    __table_args__ = (CheckConstraint("kind IN ('face','central','internet')", name="kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    text_id: Mapped[int] = mapped_column(ForeignKey("consent_text.id"))
    agreed: Mapped[bool] = mapped_column()
    at: Mapped[datetime] = mapped_column()
    withdrawn_at: Mapped[datetime | None] = mapped_column()
    channel: Mapped[str] = mapped_column(String(16))  # desk, link
    witness_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    guardian_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # for somebody under 14


class Face(Base):
    """That a template is in the vault, and which model made it. The numbers themselves are never here."""

    __tablename__ = "face"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    model: Mapped[str] = mapped_column(String(64))
    templates: Mapped[int] = mapped_column()
    enrolled_at: Mapped[datetime] = mapped_column()
    look_alike: Mapped[bool] = mapped_column(default=False)  # gates then ask for a second credential


class Pin(Base):
    """A resident's PIN, typed with the room; sealed so that only dispatch can read it."""

    __tablename__ = "pin"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    set_at: Mapped[datetime] = mapped_column()
