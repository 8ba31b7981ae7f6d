"""What was measured on a compound's own faces. No template, no name."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class Calibration(Base):
    """The last report of a compound; admin.db.calibration says what is in it."""

    __tablename__ = "calibration"
    compound_id: Mapped[int] = mapped_column(ForeignKey("place.id"), primary_key=True)
    made_at: Mapped[datetime] = mapped_column()
    report: Mapped[str] = mapped_column(Text)  # JSON; people are the ids that gates know
