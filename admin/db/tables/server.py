"""Facts about this installation, and leases that let one process at a time do a thing."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class Server(Base):
    """One row. `generation` is raised when the database is put back from a backup.

    `revision` is raised whenever rosters may change; all changes before `looked_at` are in the rosters made.
    """

    __tablename__ = "server"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    generation: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=1)
    looked_at: Mapped[datetime | None] = mapped_column()


class Lease(Base):
    """Who does a thing that only one may do at a time, and until when."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column()
