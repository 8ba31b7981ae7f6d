"""What the phone pages say of the compound around a pass."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables.people import Person
from admin.db.tables.places import Compound, Place
from admin.security.scope import Scope


@dataclass(frozen=True, slots=True)
class House:
    """A compound as a guest reads of it."""

    id: int
    name: tuple[str, str]  # Chinese, English
    phone: str


def house(session: Session, scope: Scope, compound: int | None = None) -> House:
    """The compound of a pass the caller holds, or the resident's own."""
    where = Place.id == compound if scope.visit_id is not None else Place.id.in_(scope.compounds)
    row = session.execute(
        select(Place.id, Place.name_zh, Place.name_en, Compound.phone)
        .join(Compound, Compound.place_id == Place.id)
        .where(where)
    ).one()
    return House(row.id, (row.name_zh, row.name_en), row.phone)


def own_name(session: Session, scope: Scope) -> str:
    """The resident's."""
    return session.execute(select(Person.name).where(Person.id == scope.person_id)).scalar_one()
