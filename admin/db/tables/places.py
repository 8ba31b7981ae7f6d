"""Where things are: street → community → compound → building → unit; households in units, grids across them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from admin.db.base import Base


class PlaceKind(StrEnum):
    STREET = "street"
    COMMUNITY = "community"
    COMPOUND = "compound"
    BUILDING = "building"
    UNIT = "unit"


class Place(Base):
    """One node of the tree. `path` is /1/4/9/: its ancestors' ids and its own, so a scope is a prefix."""

    __tablename__ = "place"
    __table_args__ = (
        CheckConstraint("kind IN ('street','community','compound','building','unit')", name="kind"),
        Index("ix_place_path", "path"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    kind: Mapped[str] = mapped_column(String(16))
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(128))

    @property
    def steps(self) -> list[int]:
        """The ids in `path`, from the street down to this place."""
        return [int(step) for step in self.path.split("/") if step]


class Compound(Base):
    """What only compounds have beside their place."""

    __tablename__ = "compound"
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), primary_key=True)
    wire_id: Mapped[str] = mapped_column(String(64), unique=True)
    operator_zh: Mapped[str] = mapped_column(String(64))  # the property company, named on notices
    operator_en: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(32))  # of the service centre
    demonstration: Mapped[bool] = mapped_column(default=False)  # its clip is made of stills; pages say so
    log_days: Mapped[int] = mapped_column(default=30, server_default="30")  # how long passages are kept
    picture_days: Mapped[int] = mapped_column(default=0, server_default="0")  # of refusals; 0: none is kept
    log_held_at: Mapped[datetime | None] = mapped_column()  # legal hold since: nothing of the log is removed
    log_expired_until: Mapped[datetime | None] = mapped_column()  # all recorded before has been removed


class Grid(Base):
    """About 300 households of one community, looked after by a grid worker (网格员)."""

    __tablename__ = "grid"
    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))


class Household(Base):
    """A home (户) in a unit, known to everybody by its room, 3-2-1201."""

    __tablename__ = "household"
    __table_args__ = (Index("uq_household_unit_id_room", "unit_id", "room", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    room: Mapped[str] = mapped_column(String(32), index=True)
