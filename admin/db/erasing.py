"""Whose passages were is forgotten, by right or by age, and the chain still verifies (promises 11 and 12).

Removed are texts and salts; commitments and hashes stay, and an entry says what was removed and why.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from admin.db.chain import discard
from admin.db.tables import (
    Confusion,
    GatePicture,
    PartPurge,
    PartReason,
    Passage,
    PassClaim,
    Person,
    Quarantine,
    Visit,
)

NO_PERSON: Final = {"who_salt": None, "who_text": None, "person_id": None, "visit_id": None}
NO_FIGURES: Final = {
    "what_salt": None,
    "what_text": None,
    "score": None,
    "margin": None,
    "frames": None,
    "waited_ms": None,
    "live": None,
}


@dataclass(frozen=True, slots=True)
class Erased:
    """How many passages are nobody's any more, and how many messages set aside were deleted."""

    passages: int
    messages: int


def about(person: UUID) -> ColumnElement[bool]:
    """A person's passages: their own, and those of the visitors they invited."""
    visits = select(Visit.id).where(Visit.host_id == person)
    return or_(Passage.person_id == person, Passage.visit_id.in_(visits))


def erase(session: Session, person: Person, now: datetime) -> Erased:
    """Removes whose passages these were; what happened stays, without a person. It cannot be undone."""
    messages = _set_aside(session, person)
    discard(session, messages, now)
    rows = _in_order(session, about(person.id))
    _note(session, rows, "who", PartReason.ERASED, now)
    _empty(session, about(person.id), NO_PERSON)
    ended = select(Visit.id).where(Visit.host_id == person.id, Visit.until < now)
    session.execute(delete(PassClaim).where(PassClaim.visit_id.in_(ended)))
    return Erased(len(rows), len(messages))


def expire(session: Session, passages: Sequence[UUID], now: datetime) -> None:
    """Removes both parts of these passages and all that was read from them but time, gate and outcome."""
    these = Passage.id.in_(passages)
    rows = _in_order(session, these)
    _note(session, [row for row in rows if row.who_text is not None], "who", PartReason.EXPIRED, now)
    _note(session, rows, "what", PartReason.EXPIRED, now)
    _empty(session, these, {**NO_PERSON, **NO_FIGURES})


def _set_aside(session: Session, person: Person) -> list[Quarantine]:
    """Messages nobody could read whose bytes name the person, or a pass they gave, as gates do."""
    passes = session.scalars(select(Visit.pass_id).where(Visit.host_id == person.id))
    names = [name.encode() for name in (person.wire_id, *passes)]
    rows = session.scalars(select(Quarantine).order_by(Quarantine.id))
    return [row for row in rows if any(name in row.content for name in names)]


def _in_order(session: Session, which: ColumnElement[bool]) -> Sequence[Passage]:
    return session.scalars(
        select(Passage).where(which).order_by(Passage.gate_id, Passage.epoch, Passage.seq)
    ).all()


def _note(session: Session, rows: Sequence[Passage], part: str, why: PartReason, now: datetime) -> None:
    """One entry for each run of neighbours."""
    for run in _runs(rows):
        place = {"gate_id": run[0].gate_id, "epoch": run[0].epoch, "first": run[0].seq, "last": run[-1].seq}
        session.add(PartPurge(**place, part=part, why=why.value, at=now))
    session.flush()


def _runs(rows: Sequence[Passage]) -> Iterator[list[Passage]]:
    run: list[Passage] = []
    for row in rows:
        if run and (row.gate_id, row.epoch, row.seq) != (run[-1].gate_id, run[-1].epoch, run[-1].seq + 1):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _empty(session: Session, which: ColumnElement[bool], columns: Mapping[str, None]) -> None:
    passages = select(Passage.id).where(which)
    session.execute(delete(GatePicture).where(GatePicture.id.in_(passages)))
    session.execute(update(Confusion).where(Confusion.passage_id.in_(passages)).values(passage_id=None))
    session.execute(update(Passage).where(which).values(**columns))
