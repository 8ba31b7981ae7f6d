"""Places to live in: the compound of a box that begins with a real camera, nobody in it yet."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables import Compound, Place
from admin.db.tables.places import PlaceKind
from contracts.ids import CompoundId

BUILDINGS: Final = 6
UNITS: Final = 2


def ensure_compound(session: Session) -> int:
    """The place id of the first compound; made with its buildings and units where there is none."""
    found = session.scalars(select(Compound.place_id).order_by(Compound.place_id)).first()
    return found if found is not None else _make(session)


def _make(session: Session) -> int:
    street = add_place(session, None, PlaceKind.STREET, ("街道", "Street"))
    community = add_place(session, street, PlaceKind.COMMUNITY, ("社区", "Community"))
    compound = add_place(session, community, PlaceKind.COMPOUND, ("我的小区", "My compound"))
    session.add(
        Compound(
            place_id=compound.id,
            wire_id=CompoundId.random(),
            operator_zh="物业服务中心",
            operator_en="Property service centre",
            phone="",
        )
    )
    for number in range(1, BUILDINGS + 1):
        add_building(session, compound, number)
    session.flush()
    return compound.id


def add_building(session: Session, compound: Place, number: int) -> dict[str, Place]:
    """A building and its units, by the beginning of their rooms: "3-2"."""
    building = add_place(session, compound, PlaceKind.BUILDING, (f"{number}号楼", f"Building {number}"))
    return {
        f"{number}-{unit}": add_place(session, building, PlaceKind.UNIT, (f"{unit}单元", f"Unit {unit}"))
        for unit in range(1, UNITS + 1)
    }


def add_place(session: Session, parent: Place | None, kind: PlaceKind, names: tuple[str, str]) -> Place:
    """A node below `parent`, its path known."""
    place = Place(
        parent_id=parent.id if parent else None, kind=kind.value, name_zh=names[0], name_en=names[1], path=""
    )
    session.add(place)
    session.flush()
    place.path = f"{parent.path if parent else '/'}{place.id}/"
    return place
