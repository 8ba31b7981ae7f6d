"""Passages and alarms as rows: each link once, its texts as received, its ids turned into the register's."""

from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from admin.db.revision import raise_revision
from admin.db.tables import Alarm, GateEpoch, Passage, PassClaim, Person, Visit
from admin.ingest.arrival import Arrival, Poison, ReadAlarm, ReadPassage, poison
from admin.ingest.bulk import insert_rows
from contracts.alarm import AlarmV1
from contracts.chain import Part
from contracts.passage import PassageV1
from contracts.topics import Address
from contracts.wire import Fault, WireError
from contracts.words import Outcome

Columns = dict[str, object]
LinkPlace = tuple[str, str, int]  # gate, epoch, seq


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link from a gate that is known, in the compound that owns the gate."""

    arrival: Arrival
    address: Address
    content: ReadPassage | ReadAlarm
    compound_id: int

    @property
    def link(self) -> PassageV1 | AlarmV1:
        return self.content.link

    @property
    def place(self) -> LinkPlace:
        return (self.link.gate, self.link.epoch, self.link.seq)


def fresh_links(session: Session, links: Sequence[NewLink]) -> tuple[list[NewLink], list[Poison]]:
    """Those not in the log yet, and those whose place or id another link has: nothing is overwritten."""
    hashes = _known_hashes(session, links)
    used = _known_ids(session, links)
    fresh: list[NewLink] = []
    clashes: list[Poison] = []
    for one in links:
        kept = hashes.get(one.place)
        if kept is None and one.content.what.id not in used:
            hashes[one.place] = one.link.hash
            used.add(one.content.what.id)
            fresh.append(one)
        elif kept != one.link.hash:
            clashes.append(_clash(one, "the id" if kept is None else "the place"))
    return fresh, clashes


def keep_links(session: Session, links: Sequence[NewLink], now: datetime) -> None:
    """Adds the rows, and a claim for every use of a pass that the server had not heard of."""
    passages = [(one, one.content) for one in links if isinstance(one.content, ReadPassage)]
    alarms = [(one, one.content) for one in links if isinstance(one.content, ReadAlarm)]
    if alarms:
        insert_rows(session, _table(Alarm), [_alarm(one, content, now) for one, content in alarms])
    if passages:
        ids = _Ids(session, passages)
        insert_rows(session, _table(Passage), [_passage(one, content, ids, now) for one, content in passages])
        _claim_uses(session, passages, ids)


def _table(log: type[Passage | Alarm]) -> Table[Any]:
    """The plain table: thousands of rows a second need nothing of what mapped objects bring."""
    return cast(Table[Any], log.__table__)


class _Ids:
    """The register's ids for those on the wire, each within the compound of the gate that sent it."""

    def __init__(self, session: Session, passages: Sequence[tuple[NewLink, ReadPassage]]) -> None:
        people = {content.who.person for _, content in passages if content.who.person}
        passes = {content.who.pass_id for _, content in passages if content.who.pass_id}
        self._people: dict[tuple[str, int], UUID] = {}
        self._visits: dict[tuple[str, int], UUID] = {}
        if people:
            found = select(Person.wire_id, Person.compound_id, Person.id).where(Person.wire_id.in_(people))
            self._people = {(row.wire_id, row.compound_id): row.id for row in session.execute(found)}
        if passes:
            found = select(Visit.pass_id, Visit.compound_id, Visit.id).where(Visit.pass_id.in_(passes))
            self._visits = {(row.pass_id, row.compound_id): row.id for row in session.execute(found)}

    def person(self, one: NewLink, content: ReadPassage) -> UUID | None:
        return self._people.get((content.who.person or "", one.compound_id))

    def visit(self, one: NewLink, content: ReadPassage) -> UUID | None:
        return self._visits.get((content.who.pass_id or "", one.compound_id))


def _claim_uses(session: Session, passages: Sequence[tuple[NewLink, ReadPassage]], ids: _Ids) -> None:
    """A gate that was cut off could not claim before it opened: its passage claims, under the same id."""
    uses: dict[UUID, Columns] = {}
    for one, content in passages:
        visit = ids.visit(one, content)
        if visit is not None and content.what.outcome is Outcome.GRANTED:
            what = content.what
            uses[what.id] = {"id": what.id, "visit_id": visit, "gate_id": one.link.gate, "at": what.at}
    if not uses:
        return
    known = set(session.scalars(select(PassClaim.id).where(PassClaim.id.in_(uses))))
    unknown = [claim for id_, claim in uses.items() if id_ not in known]
    if unknown:
        session.execute(insert(PassClaim), unknown)
        raise_revision(session)


def _known_hashes(session: Session, links: Sequence[NewLink]) -> dict[LinkPlace, str]:
    """Of the places that the log may have: beyond the highest of an epoch there is nothing to ask for."""
    found: dict[LinkPlace, str] = {}
    tops = _highest(session, links)
    by_epoch: dict[tuple[str, str], list[int]] = {}
    for gate, epoch, seq in (one.place for one in links):
        if seq <= tops.get((gate, epoch), seq):
            by_epoch.setdefault((gate, epoch), []).append(seq)
    for (gate, epoch), seqs in by_epoch.items():
        for log in (Passage, Alarm):
            rows = session.execute(
                select(log.seq, log.hash).where(log.gate_id == gate, log.epoch == epoch, log.seq.in_(seqs))
            )
            found.update({(gate, epoch, row.seq): row.hash for row in rows})
    return found


def _highest(session: Session, links: Sequence[NewLink]) -> dict[tuple[str, str], int]:
    """The highest place known of each epoch; an epoch that is new is not among them."""
    rows = session.execute(
        select(GateEpoch.gate_id, GateEpoch.epoch, GateEpoch.highest).where(
            GateEpoch.gate_id.in_({one.link.gate for one in links}),
            GateEpoch.epoch.in_({one.link.epoch for one in links}),
        )
    )
    return {(gate, epoch): top for gate, epoch, top in rows}


def _known_ids(session: Session, links: Iterable[NewLink]) -> set[UUID]:
    """Of the ids that a log may have: they rise with time, and above its highest there is nothing to ask for."""
    ids = {one.content.what.id for one in links}
    known = set[UUID]()
    for log in (Passage, Alarm):
        top = session.scalar(select(log.id).order_by(log.id.desc()).limit(1))
        asked = [id_ for id_ in ids if top is not None and id_ <= top]
        if asked:
            known.update(session.scalars(select(log.id).where(log.id.in_(asked))))
    return known


def _clash(one: NewLink, what: str) -> Poison:
    wrong = WireError(Fault.BAD_HASH, type(one.link).__name__, f"another link has {what}")
    return poison(one.arrival, wrong, one.address)


def _passage(one: NewLink, content: ReadPassage, ids: _Ids, now: datetime) -> Columns:
    what = content.what
    return _chained(one, now) | {
        "times": what.times or 1,
        "until": what.until,
        "outcome": what.outcome.value,
        "reason": what.reason.value if what.reason else None,
        "method": what.method.value,
        "direction": what.direction.value,
        "person_id": ids.person(one, content),
        "visit_id": ids.visit(one, content),
        "score": what.score,
        "margin": what.margin,
        "frames": what.frames,
        "waited_ms": what.waited_ms,
        "live": what.live,
        "roster_version": what.roster_version,
        "clock_trusted": what.clock_trusted,
    }


def _alarm(one: NewLink, content: ReadAlarm, now: datetime) -> Columns:
    return _chained(one, now) | {"kind": content.what.kind.value}


def _chained(one: NewLink, now: datetime) -> Columns:
    link = one.link
    return {
        "id": one.content.what.id,
        "gate_id": link.gate,
        "compound_id": one.compound_id,
        "epoch": link.epoch,
        "seq": link.seq,
        "previous": link.previous,
        "hash": link.hash,
        "at": one.content.what.at,
        "recorded_at": now,
        "late": link.late,
        **_half("who", link.who),
        **_half("what", link.what),
    }


def _half(name: str, part: Part) -> Columns:
    return {
        f"{name}_commitment": part.commitment,
        f"{name}_salt": None if part.salt is None else b64decode(part.salt),
        f"{name}_text": None if part.text is None else part.text.encode(),
    }
