"""Gates' chains where they are kept: the register on the server, the journal on a gate."""

import heapq
import sqlite3
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.chain import is_kept
from admin.db.reading import reads_as_committed
from admin.db.tables import (
    Alarm,
    Gate,
    GateEpoch,
    LinkPurge,
    PartPurge,
    Passage,
    Person,
    Quarantine,
    Visit,
)
from contracts.alarm import AlarmV1
from contracts.chain import Part, Place
from contracts.ids import EpochId
from contracts.passage import PassageV1, PassageWho
from contracts.wire import WireError
from kaimen.walk import Epoch, Found, Half, Kept, Range, Reached

AT_A_TIME: Final = 1000
Row = Passage | Alarm


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose a gate's links may be: its compound, and the compound's people and visits by their ids on the wire."""

    compound: int | None
    people: Mapping[str, UUID]
    visits: Mapping[str, UUID]

    @classmethod
    def of(cls, session: Session, gate: str) -> Self:
        compound = session.scalar(select(Gate.compound_id).where(Gate.id == gate))
        people = select(Person.wire_id, Person.id).where(Person.compound_id == compound)
        visits = select(Visit.pass_id, Visit.id).where(Visit.compound_id == compound)
        return cls(
            compound,
            {row.wire_id: row.id for row in session.execute(people)},
            {row.pass_id: row.id for row in session.execute(visits)},
        )

    def fit(self, row: Row) -> bool:
        """Whether the row is of this compound, and of the person and the visit that its text names."""
        if row.compound_id != self.compound or isinstance(row, Alarm):
            return row.compound_id == self.compound
        try:
            who = PassageWho.decode(row.who_text or b"{}")
        except WireError:
            return False
        mine = self.people.get(who.person or ""), self.visits.get(who.pass_id or "")
        return (row.person_id, row.visit_id) == mine


class RegisterChain:
    """One gate's chain in the register."""

    def __init__(self, session: Session, gate: str) -> None:
        self._session, self._gate = session, gate
        self._owners = Owners.of(session, gate)

    def epochs(self) -> Iterator[Epoch]:
        cursors = {row.epoch: row for row in self._cursors()}
        for name in [*cursors, *sorted(self._named() - cursors.keys())]:
            row = cursors.get(name)
            reached = Reached(row.seq, row.hash_seq, row.hash) if row else None
            purged = (self._purged(name, "who"), self._purged(name, "what"))
            yield Epoch(EpochId(name), self._kept(name), self._excused(name), reached, purged)

    def look(self, place: Place) -> Found:
        if is_kept(self._session, self._gate, place):
            return Found.HERE
        if any(first <= place.seq <= last for first, last in self._excused(place.epoch)):
            return Found.EXCUSED
        if any(kept.seq == place.seq for kept in self._kept(place.epoch)):
            return Found.ANOTHER
        row = self._session.get(GateEpoch, (self._gate, place.epoch))
        return Found.AWAITED if row is not None and row.seq < place.seq <= row.highest else Found.ABSENT

    def _cursors(self) -> Iterable[GateEpoch]:
        rows = select(GateEpoch).where(GateEpoch.gate_id == self._gate)
        return self._session.scalars(rows.order_by(GateEpoch.opened_at, GateEpoch.epoch)).all()

    def _named(self) -> set[str]:
        """Epochs of which there are links, whatever the cursors say."""
        return {
            epoch
            for log in (Passage, Alarm)
            for epoch in self._session.scalars(select(log.epoch).where(log.gate_id == self._gate).distinct())
        }

    def _kept(self, epoch: str) -> Iterator[Kept]:
        logs = [
            self._session.scalars(
                select(log)
                .where(log.gate_id == self._gate, log.epoch == epoch)
                .order_by(log.seq)
                .execution_options(yield_per=AT_A_TIME)
            )
            for log in (Passage, Alarm)
        ]
        try:
            yield from map(self._link, heapq.merge(*logs, key=_seq))
        finally:  # a walk may end before its epoch does, and PostgreSQL keeps a cursor until told
            for log in logs:
                log.close()

    def _link(self, row: Row) -> Kept:
        return Kept(
            row.seq,
            row.previous,
            row.hash,
            (
                Half(row.who_commitment, row.who_salt, row.who_text),
                Half(row.what_commitment, row.what_salt, row.what_text),
            ),
            reads_as_committed(row) and self._owners.fit(row),
        )

    def _excused(self, epoch: str) -> list[Range]:
        """What entries say is missing in order, and the places of quarantined messages."""
        purged = select(LinkPurge.first, LinkPurge.last).where(
            LinkPurge.gate_id == self._gate, LinkPurge.epoch == epoch
        )
        apart = select(Quarantine.seq).where(Quarantine.gate_id == self._gate, Quarantine.epoch == epoch)
        places = [(seq, seq) for seq in self._session.scalars(apart) if seq is not None]
        return sorted([*((first, last) for first, last in self._session.execute(purged)), *places])

    def _purged(self, epoch: str, part: str) -> list[Range]:
        """The places whose part was removed and an entry says so."""
        found = select(PartPurge.first, PartPurge.last).where(
            PartPurge.gate_id == self._gate, PartPurge.epoch == epoch, PartPurge.part == part
        )
        return [(first, last) for first, last in self._session.execute(found.order_by(PartPurge.first))]


class JournalChain:
    """A journal's file, read without changing it; the gate may run meanwhile."""

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.Error where it is no journal."""
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        self._names = [
            str(name)
            for (name,) in self._db.execute("SELECT epoch FROM link GROUP BY epoch ORDER BY min(row)")
        ]

    def close(self) -> None:
        self._db.close()

    def epochs(self) -> Iterator[Epoch]:
        for name in self._names:
            yield Epoch(EpochId(name), self._kept(name), self._excused(name))

    def look(self, place: Place) -> Found:
        found = self._db.execute(
            "SELECT hash FROM link WHERE epoch = ? AND seq = ?", (place.epoch, place.seq)
        ).fetchone()
        if found is not None:
            return Found.HERE if found[0] == place.hash else Found.ANOTHER
        excused = self._excused(place.epoch)
        if any(first <= place.seq <= last for first, last in excused):
            return Found.EXCUSED
        # A file moved away and begun anew, or one kept by older software, says nothing of what was before it.
        return Found.ABSENT if place.epoch in self._names or excused else Found.EXCUSED

    def _kept(self, epoch: str) -> Iterator[Kept]:
        rows = self._db.execute(
            "SELECT seq, hash, kind, message FROM link WHERE epoch = ? ORDER BY seq", (epoch,)
        )
        for seq, hash_, kind, message in rows:
            yield _read(epoch, (seq, hash_), kind, message)

    def _excused(self, epoch: str) -> list[Range]:
        found = self._db.execute("SELECT first, last FROM forgotten WHERE epoch = ? ORDER BY first", (epoch,))
        return [(first, last) for first, last in found]


def _seq(row: Row) -> int:
    return row.seq


def _read(epoch: str, place: tuple[int, str], kind: str, message: bytes) -> Kept:
    """A row whose message is not the link that its columns name does not read."""
    try:
        link = PassageV1.decode(message) if kind == "passage" else AlarmV1.decode(message)
    except WireError:
        return Kept(place[0], "", place[1], None)
    if (link.epoch, link.seq, link.hash) != (epoch, *place):
        return Kept(place[0], "", place[1], None)
    return Kept(link.seq, link.previous, link.hash, (_half(link.who), _half(link.what)))


def _half(part: Part) -> Half:
    salt = None if part.salt is None else b64decode(part.salt)
    return Half(part.commitment, salt, None if part.text is None else part.text.encode())
