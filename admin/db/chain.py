"""What of a gate's chain is here, what is missing, and which holes are in order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from admin.db.tables import Alarm, Compound, Gate, GateEpoch, LinkPurge, Passage, PurgeReason, Quarantine
from contracts.chain import Place
from contracts.ids import EpochId
from contracts.receipt import Missing

FAR: Final = 20_000  # how far above a cursor gaps are looked for
LOGS: Final = (Passage, Alarm)


@dataclass(frozen=True, slots=True)
class Committed:
    """One committed place, or a range of places that are missing in order: `seq` to `last`.

    `hash` and `previous` may be unknown, for a quarantined message; a range has none.
    """

    seq: int
    hash: str | None
    previous: str | None
    last: int

    @classmethod
    def place(cls, seq: int, hash_: str | None, previous: str | None) -> Self:
        return cls(seq, hash_, previous, seq)


def above(session: Session, row: GateEpoch, most: int) -> list[Committed]:
    """What is committed above a cursor, in order, of places and of ranges up to `most` each.

    Of one place a link of the log counts before a quarantined message.
    """
    found = {seq: Committed.place(seq, hash_, None) for seq, hash_ in _quarantined(session, row, most)}
    for log in LOGS:
        links = (
            select(log.seq, log.hash, log.previous)
            .where(log.gate_id == row.gate_id, log.epoch == row.epoch, log.seq > row.seq)
            .order_by(log.seq)
            .limit(most)
        )
        found.update({seq: Committed.place(seq, *hashes) for seq, *hashes in session.execute(links)})
    places = [found[seq] for seq in sorted(found)][:most]
    return sorted([*places, *_purged(session, row, most)], key=lambda one: (one.seq, one.last))


def contiguous(seq: int, found: Iterable[Committed]) -> Iterator[Committed]:
    """Those that follow `seq` without a gap, leaving out what a range has passed already. Pure."""
    for one in found:
        if one.seq > seq + 1:
            return
        if one.last > seq:
            seq = one.last
            yield one


def gaps(session: Session, row: GateEpoch) -> list[Missing]:
    """The ranges between an epoch's cursor and the highest link known to exist."""
    return list(_between(row, above(session, row, FAR))) if row.highest > row.seq else []


def is_kept(session: Session, gate: str, place: Place) -> bool:
    """Whether the log has this very link."""
    return any(
        session.scalar(
            select(log.id).where(
                log.gate_id == gate, log.epoch == place.epoch, log.seq == place.seq, log.hash == place.hash
            )
        )
        for log in LOGS
    )


def highest(session: Session, gate: str, epoch: str) -> int:
    """The last place of an epoch that anything here claims; 0 where there is none."""
    tops = (
        session.scalar(select(func.max(table.seq)).where(table.gate_id == gate, table.epoch == epoch))
        for table in (*LOGS, Quarantine)
    )
    return max((top for top in tops if top is not None), default=0)


def purge(session: Session, gate: str, lost: Missing, why: PurgeReason, now: datetime) -> None:
    """Notes that these links are not here and that this is in order."""
    session.add(
        LinkPurge(gate_id=gate, epoch=lost.epoch, first=lost.first, last=lost.last, why=why.value, at=now)
    )
    session.flush()


def held_gates() -> Select[str]:
    """Ids of the gates whose compound's log is under a legal hold."""
    return (
        select(Gate.id)
        .join(Compound, Compound.place_id == Gate.compound_id)
        .where(Compound.log_held_at.is_not(None))
    )


def discard(session: Session, messages: Sequence[Quarantine], now: datetime) -> None:
    """Deletes quarantined messages. A place in a chain that only a message had is noted as purged."""
    for one in messages:
        if one.gate_id is not None and one.epoch is not None and one.seq is not None:
            place = Missing(epoch=EpochId(one.epoch), first=one.seq, last=one.seq)
            if not _has_link(session, one.gate_id, place):
                purge(session, one.gate_id, place, PurgeReason.DISCARDED, now)
        session.delete(one)
    session.flush()


def _has_link(session: Session, gate: str, place: Missing) -> bool:
    return any(
        session.scalar(
            select(log.id).where(log.gate_id == gate, log.epoch == place.epoch, log.seq == place.first)
        )
        for log in LOGS
    )


def _between(row: GateEpoch, found: Iterable[Committed]) -> Iterator[Missing]:
    expected, epoch = row.seq + 1, EpochId(row.epoch)
    for one in found:
        if one.seq > expected:
            yield Missing(epoch=epoch, first=expected, last=one.seq - 1)
        expected = max(expected, one.last + 1)
    if expected <= row.highest:
        yield Missing(epoch=epoch, first=expected, last=row.highest)


def _quarantined(session: Session, row: GateEpoch, most: int) -> list[tuple[int, str | None]]:
    found = session.execute(
        select(Quarantine.seq, Quarantine.hash)
        .where(Quarantine.gate_id == row.gate_id, Quarantine.epoch == row.epoch, Quarantine.seq > row.seq)
        .order_by(Quarantine.seq)
        .limit(most)
    )
    return [(seq, hash_) for seq, hash_ in found if seq is not None]


def _purged(session: Session, row: GateEpoch, most: int) -> list[Committed]:
    found = session.execute(
        select(LinkPurge.first, LinkPurge.last)
        .where(LinkPurge.gate_id == row.gate_id, LinkPurge.epoch == row.epoch, LinkPurge.last > row.seq)
        .order_by(LinkPurge.first)
        .limit(most)
    )
    return [Committed(max(first, row.seq + 1), None, None, last) for first, last in found]
