"""Work for the worker and dispatch that outlives a restart."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class Job(Base):
    """One piece of work. `blob` is sealed to whoever does it and is cleared when it is done."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('queued','running','done','refused','failed')", name="state"),
        Index("ix_job_queue_state_due_at", "queue", "state", "due_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(String(16))  # worker, dispatch
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(96), index=True)
    arguments: Mapped[str] = mapped_column(String(2000), default="{}")  # ids and codes, JSON
    blob: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(8), default="queued")
    result: Mapped[str | None] = mapped_column(String(2000))  # codes and numbers, JSON
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column()
    leased_until: Mapped[datetime | None] = mapped_column()
    made_at: Mapped[datetime] = mapped_column()
    made_by: Mapped[str] = mapped_column(String(64))  # a principal
    done_at: Mapped[datetime | None] = mapped_column()
