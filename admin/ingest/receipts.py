"""How far each gate's record is committed without a gap, and the signed receipt that says so.

A gate lets go of its own copy only by a receipt, so a cursor moves over what is in the database alone:
passages, alarms, and quarantined messages whose place could be read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.db.revision import generation
from admin.db.tables import Alarm, GateEpoch, Passage, Quarantine
from admin.ingest.arrival import ReadAlarm
from contracts.chain import NO_PARENT, Place
from contracts.ids import EpochId, GateId
from contracts.receipt import Missing, Receipt

log = structlog.get_logger()

# The body stands inside an envelope with its quotes escaped: 24 epochs and 32 gaps are under 10 kB.
MOST_EPOCHS: Final = 24
MOST_RANGES: Final = 32
STEP: Final = 1000  # links read at a time
FAR: Final = 20_000  # how far above a cursor gaps are looked for


@dataclass(frozen=True, slots=True)
class Committed:
    """One committed place above a cursor. `hash` and `previous` may be unknown for a quarantined message."""

    seq: int
    hash: str | None
    previous: str | None


def open_epochs(session: Session, openings: Iterable[ReadAlarm], now: datetime) -> None:
    """The first link of an epoch names how far the epoch before went: what is missing there shows."""
    for opening in openings:
        place, parent = opening.link.place, opening.what.parent
        if place.seq != 1 or parent is None or parent.hash == NO_PARENT:
            continue
        row = _cursor(session, opening.link.gate, place.epoch, now)
        row.parent_epoch, row.parent_seq, row.parent_hash = parent.epoch, parent.seq, parent.hash
        before = _cursor(session, opening.link.gate, parent.epoch, now)
        before.highest = max(before.highest, parent.seq)
    session.flush()


def advance(session: Session, epochs: Iterable[tuple[GateId, EpochId]], now: datetime) -> None:
    """Moves each cursor over every contiguous link; its row is locked, so that two ingests take turns."""
    for gate, epoch in sorted(epochs):
        cursor = _cursor(session, gate, epoch, now)
        while _step(session, cursor):
            pass
        cursor.highest = max(cursor.highest, cursor.seq, _highest(session, gate, epoch))


def receipt(session: Session, gate: GateId, lately: Sequence[EpochId], now: datetime) -> Receipt:
    """What is committed of a gate's epochs: those heard of lately first, then the newest."""
    rows = session.scalars(
        select(GateEpoch).where(GateEpoch.gate_id == gate).order_by(GateEpoch.opened_at.desc())
    ).all()
    wanted = sorted(rows, key=lambda row: (row.epoch not in lately, row.highest <= row.seq))[:MOST_EPOCHS]
    missing = [gap for row in wanted for gap in gaps(session, row)]
    return Receipt(
        gate=gate,
        generation=generation(session),
        at=now,
        upto=[
            Place(epoch=EpochId(row.epoch), seq=row.seq, hash=row.hash)
            for row in wanted
            if row.hash is not None and row.seq > 0
        ],
        missing=missing[:MOST_RANGES],
    )


def gaps(session: Session, row: GateEpoch) -> Iterator[Missing]:
    """The ranges between the cursor and the highest link known to exist."""
    if row.highest <= row.seq:
        return
    expected, epoch = row.seq + 1, EpochId(row.epoch)
    for found in _above(session, row, FAR):
        if found.seq > expected:
            yield Missing(epoch=epoch, first=expected, last=found.seq - 1)
        expected = found.seq + 1
    if expected <= row.highest:
        yield Missing(epoch=epoch, first=expected, last=row.highest)


def contiguous(seq: int, above: Iterable[Committed]) -> Iterator[Committed]:
    """Those that follow `seq` without a gap. Pure."""
    for found in above:
        if found.seq != seq + 1:
            return
        seq = found.seq
        yield found


def gates_with_record(session: Session) -> set[GateId]:
    return {GateId(gate) for gate in session.scalars(select(GateEpoch.gate_id).distinct())}


def _cursor(session: Session, gate: GateId, epoch: EpochId, now: datetime) -> GateEpoch:
    row = session.get(GateEpoch, (gate, epoch), with_for_update=True)
    if row is None:
        row = GateEpoch(gate_id=gate, epoch=epoch, opened_at=now, seq=0, highest=0)
        session.add(row)
        session.flush()
    return row


def _step(session: Session, cursor: GateEpoch) -> bool:
    """Moves over up to `STEP` links; whether there may be more."""
    moved = 0
    for found in contiguous(cursor.seq, _above(session, cursor, STEP)):
        if cursor.hash is not None and found.previous is not None and found.previous != cursor.hash:
            log.warning("chain broken", gate=cursor.gate_id, epoch=cursor.epoch, seq=found.seq)
        cursor.seq, cursor.hash = found.seq, found.hash or cursor.hash
        moved += 1
    return moved == STEP


def _above(session: Session, cursor: GateEpoch, most: int) -> list[Committed]:
    """Committed places above the cursor, in order; a link of the log goes before a quarantined one."""
    found: dict[int, Committed] = {}
    for row in session.execute(
        select(Quarantine.seq, Quarantine.hash)
        .where(
            Quarantine.gate_id == cursor.gate_id,
            Quarantine.epoch == cursor.epoch,
            Quarantine.seq > cursor.seq,
        )
        .order_by(Quarantine.seq)
        .limit(most)
    ):
        found[row.seq] = Committed(row.seq, row.hash, None)
    for table in (Passage, Alarm):
        for row in session.execute(
            select(table.seq, table.hash, table.previous)
            .where(table.gate_id == cursor.gate_id, table.epoch == cursor.epoch, table.seq > cursor.seq)
            .order_by(table.seq)
            .limit(most)
        ):
            found[row.seq] = Committed(row.seq, row.hash, row.previous)
    return [found[seq] for seq in sorted(found)][:most]


def _highest(session: Session, gate: GateId, epoch: EpochId) -> int:
    tops = (
        session.execute(
            select(func.max(table.seq)).where(table.gate_id == gate, table.epoch == epoch)
        ).scalar_one_or_none()
        for table in (Passage, Alarm, Quarantine)
    )
    return max((top for top in tops if top is not None), default=0)
