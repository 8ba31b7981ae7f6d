"""How far each gate's record is committed without a gap, and the signed receipt that says so.

A gate lets go of its own copy only by a receipt, so a cursor moves over what is in the database alone:
passages, alarms, quarantined messages whose place could be read, and what the gate said it no longer holds.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.chain import Committed, above, contiguous, gaps, highest, is_kept, purge
from admin.db.revision import generation
from admin.db.tables import GateEpoch, PurgeReason
from admin.ingest.arrival import ReadAlarm
from admin.security.audit import Act, record
from admin.security.principals import process
from contracts.chain import NO_PARENT, Place
from contracts.ids import EpochId, GateId
from contracts.receipt import Receipt

log = structlog.get_logger()

# The body stands inside an envelope with its quotes escaped: 24 epochs, 8 forks and 32 gaps are under 12 kB.
MOST_EPOCHS: Final = 24
MOST_FORKS: Final = 8
MOST_RANGES: Final = 32
STEP: Final = 1000  # links read at a time
INGEST: Final = process("ingest")
EpochOf = tuple[GateId, EpochId]


def open_epochs(session: Session, openings: Iterable[ReadAlarm], now: datetime) -> None:
    """The first link of an epoch names how far the epoch before went: what is missing there shows."""
    for opening in openings:
        place, parent = opening.link.place, opening.what.parent
        if place.seq != 1 or parent is None or parent.hash == NO_PARENT:
            continue
        row = _cursor(session, opening.link.gate, place.epoch, now)
        row.parent_epoch, row.parent_seq, row.parent_hash = parent.epoch, parent.seq, parent.hash
        if opening.link.previous != parent.hash:
            _broken(session, row, place.seq, now)
        before = _cursor(session, opening.link.gate, parent.epoch, now)
        before.highest = max(before.highest, parent.seq)
    session.flush()


def let_go(session: Session, alarms: Iterable[ReadAlarm], now: datetime) -> set[EpochOf]:
    """A gate says that it no longer holds what it was asked for: the hole is in order from now on.

    Only what is really asked for counts. Returns the epochs concerned.
    """
    concerned: set[EpochOf] = set()
    for alarm in alarms:
        gate, lost = alarm.link.gate, alarm.what.gone
        row = session.get(GateEpoch, (gate, lost.epoch)) if lost else None
        if lost is None or row is None:
            continue
        for gap in gaps(session, row):
            if gap.first <= lost.last and lost.first <= gap.last:
                ends = {"first": max(gap.first, lost.first), "last": min(gap.last, lost.last)}
                purge(session, gate, gap.model_copy(update=ends), PurgeReason.GONE, now)
                log.warning("links gone", gate=gate, epoch=lost.epoch, **ends)
        concerned.add((gate, lost.epoch))
    return concerned


def advance(
    session: Session,
    epochs: Collection[EpochOf],
    now: datetime,
    fresh: Mapping[EpochOf, Sequence[Committed]] | None = None,
) -> None:
    """Moves each cursor over every contiguous link; its row is locked, so that two ingests take turns.

    `fresh` are the links that were just added, in order, where nothing else was: an epoch without a gap is then moved
    without asking the log.
    """
    cursors = _cursors(session, epochs, now)
    for epoch in sorted(epochs):
        cursor, added = cursors[epoch], (fresh or {}).get(epoch)
        if added is not None and cursor.highest <= cursor.seq:
            _move(session, cursor, added, now)
            top = added[-1].seq if added else 0
        else:
            while _step(session, cursor, now):
                pass
            top = highest(session, *epoch)
        cursor.highest = max(cursor.highest, cursor.seq, top)


def receipt(session: Session, gate: GateId, lately: Sequence[EpochId], now: datetime) -> Receipt:
    """What is committed of a gate's epochs: those heard of lately first, then the newest."""
    rows = session.scalars(
        select(GateEpoch).where(GateEpoch.gate_id == gate).order_by(GateEpoch.opened_at.desc())
    ).all()
    wanted = sorted(rows, key=lambda row: (row.epoch not in lately, row.highest <= row.seq))[:MOST_EPOCHS]
    missing = [gap for row in wanted for gap in gaps(session, row)]
    reached = [
        Place(epoch=EpochId(row.epoch), seq=row.hash_seq, hash=row.hash)
        for row in wanted
        if row.hash is not None and row.hash_seq > 0
    ]
    return Receipt(
        gate=gate,
        generation=generation(session),
        at=now,
        upto=[*reached, *_forks(session, rows)],
        missing=missing[:MOST_RANGES],
    )


def gates_with_record(session: Session) -> set[GateId]:
    return {GateId(gate) for gate in session.scalars(select(GateEpoch.gate_id).distinct())}


def _forks(session: Session, rows: Sequence[GateEpoch]) -> list[Place]:
    """Where a disk put back from an image went on: it holds that place and not the later ones of its epoch."""
    known = {row.epoch: row for row in rows}
    forks: list[Place] = []
    for row in rows:
        parent = known.get(row.parent_epoch or "")
        if parent is None or row.parent_seq is None or row.parent_hash is None:
            continue
        if row.parent_seq < parent.hash_seq:
            place = Place(epoch=EpochId(parent.epoch), seq=row.parent_seq, hash=row.parent_hash)
            forks += [place] if is_kept(session, row.gate_id, place) else []
    return forks[:MOST_FORKS]


def _cursor(session: Session, gate: GateId, epoch: EpochId, now: datetime) -> GateEpoch:
    row = session.get(GateEpoch, (gate, epoch), with_for_update=True)
    if row is None:
        row = GateEpoch(gate_id=gate, epoch=epoch, opened_at=now, seq=0, highest=0, hash_seq=0)
        session.add(row)
        session.flush()
    return row


def _cursors(session: Session, epochs: Collection[EpochOf], now: datetime) -> dict[EpochOf, GateEpoch]:
    """The rows of these epochs, locked; those there were not are made."""
    found = session.scalars(
        select(GateEpoch)
        .where(
            GateEpoch.gate_id.in_({gate for gate, _ in epochs}),
            GateEpoch.epoch.in_({epoch for _, epoch in epochs}),
        )
        .order_by(GateEpoch.gate_id, GateEpoch.epoch)
        .with_for_update()
    )
    rows = {(GateId(row.gate_id), EpochId(row.epoch)): row for row in found}
    return {epoch: rows.get(epoch) or _cursor(session, *epoch, now) for epoch in epochs}


def _step(session: Session, cursor: GateEpoch, now: datetime) -> bool:
    """Moves over up to `STEP` links; whether there may be more."""
    return _move(session, cursor, above(session, cursor, STEP), now) >= STEP


def _move(session: Session, cursor: GateEpoch, found: Iterable[Committed], now: datetime) -> int:
    """Over those that follow without a gap; returns how many."""
    moved = 0
    for one in contiguous(cursor.seq, found):
        if not _follows(cursor, one):
            _broken(session, cursor, one.seq, now)
        cursor.seq = one.last
        if one.hash is not None:
            cursor.hash, cursor.hash_seq = one.hash, one.seq
        moved += 1
    return moved


def _follows(cursor: GateEpoch, found: Committed) -> bool:
    """Whether a link names the one before it; where either hash is unknown nothing contradicts it."""
    known = cursor.hash is not None and cursor.hash_seq == found.seq - 1
    return not known or found.previous is None or found.previous == cursor.hash


def _broken(session: Session, row: GateEpoch, seq: int, now: datetime) -> None:
    """Said once an epoch: in the log, in the audit trail, and on the gates page for as long as it is so."""
    if row.broken_seq is None:
        row.broken_seq = seq
        log.error("chain broken", gate=row.gate_id, epoch=row.epoch, seq=seq)
        details = {"epoch": row.epoch, "seq": seq}
        record(session, INGEST, Act("chain_broken", f"gate:{row.gate_id}", details), now)
