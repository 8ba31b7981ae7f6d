"""Where a principal may look: a branch of the tree of places, or one person's own things.

Every query function takes a scope and narrows itself with it; there is no query without one.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, select

from admin.db.tables.gates import Gate
from admin.db.tables.places import Household, Place


@dataclass(frozen=True, slots=True)
class Scope:
    """A prefix of place paths ("/" is everywhere), further narrowed to one person, pass or gate where set."""

    path: str
    person_id: UUID | None = None
    visit_id: UUID | None = None
    gate_id: str | None = None

    @classmethod
    def everywhere(cls) -> Self:
        return cls("/")

    @property
    def places(self) -> Select[int]:
        """Ids of the places inside."""
        return select(Place.id).where(Place.path.startswith(self.path, autoescape=True))

    @property
    def compounds(self) -> Select[int]:
        """Ids of compounds that lie inside, or that this scope lies in."""
        return select(Place.id).where(Place.kind == "compound", self._touches())

    @property
    def households(self) -> Select[int]:
        return select(Household.id).where(Household.unit_id.in_(self.places))

    @property
    def gates(self) -> Select[str]:
        """Ids of gates inside; for a gate itself, only its own."""
        if self.gate_id is not None:
            return select(Gate.id).where(Gate.id == self.gate_id)
        if self.person_id is not None or self.visit_id is not None:
            return select(Gate.id).where(false())
        return select(Gate.id).where(Gate.place_id.in_(self.places))

    def _touches(self) -> ColumnElement[bool]:
        inside = Place.path.startswith(self.path, autoescape=True)
        around = [Place.path == prefix for prefix in _prefixes(self.path)]
        for one in around:
            inside = inside | one
        return inside


def _prefixes(path: str) -> list[str]:
    steps = [step for step in path.split("/") if step]
    return ["/" + "/".join(steps[:n]) + "/" for n in range(1, len(steps) + 1)]
