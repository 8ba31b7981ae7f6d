"""Pictures that gates sent because somebody ordered one, or because their compound keeps those of refusals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class GatePicture(Base):
    """One picture, sealed to web. The bytes go once seen (a test) or at `until`; the row says that there was one."""

    __tablename__ = "gate_picture"
    __table_args__ = (CheckConstraint("kind IN ('test','refusal')", name="kind"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)  # of the order, or of the passage
    gate_id: Mapped[str] = mapped_column(ForeignKey("gate.id"))
    kind: Mapped[str] = mapped_column(String(8))  # contracts.picture.PictureKind
    received_at: Mapped[datetime] = mapped_column()
    until: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime | None] = mapped_column()  # first
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
