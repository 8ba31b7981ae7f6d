"""Whom a gate must not tell apart by face alone: pairs whose templates it has, and single people otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from admin.db.tables.confusions import ConfusedBy, Confusion
from admin.db.tables.people import Face, Person
from contracts.ids import PersonId
from contracts.roster import RosterPair

Taken: TypeAlias = tuple[PersonId, PersonId | None]
"""Somebody, and who was taken for them; None for nobody of the register."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """By index into the roster's people: `pairs` to compare, and those who are asked for more `alone` as well."""

    pairs: tuple[RosterPair, ...]
    alone: frozenset[int]


def taken(session: Session, compound: int) -> tuple[Taken, ...]:
    """What staff said of this compound's people. A stranger counts until the person is enrolled again."""
    other = aliased(Person)
    rows = session.execute(
        select(Person.wire_id, other.wire_id.label("other"))
        .select_from(Confusion)
        .join(Person, Person.id == Confusion.person_id)
        .outerjoin(other, other.id == Confusion.other_id)
        .outerjoin(Face, Face.person_id == Confusion.person_id)
        .where(
            Person.compound_id == compound,
            Confusion.known_by != ConfusedBy.LIKENESS,  # those act by their faces' flags
            or_(Confusion.other_id.is_not(None), Face.enrolled_at <= Confusion.at),
        )
        .order_by(Confusion.id)
    )
    return tuple((PersonId(row.wire_id), PersonId(row.other) if row.other else None) for row in rows)


def doubts(people: Sequence[PersonId], marks: Iterable[Taken], rows: Iterable[int]) -> Doubts:
    """What the marks mean for a roster of these people, whose templates are those `rows`.

    Where one of two has no template here there is nothing to compare: the other is asked each time.
    """
    known = {people[index]: index for index in set(rows)}
    pairs: set[tuple[int, int]] = set()
    alone: set[int] = set()
    for mark in marks:
        here = sorted(known[one] for one in mark if one is not None and one in known)
        if len(here) > 1:
            pairs.add((here[0], here[1]))
        else:
            alone.update(here)
    return Doubts(tuple(RosterPair(one=one, other=other) for one, other in sorted(pairs)), frozenset(alone))
