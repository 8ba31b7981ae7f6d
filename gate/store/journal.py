"""The gate's journal: every passage and alarm, committed before anything moves (promises 1, 2, 11)."""

import sqlite3
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.ids import BootId, GateId
from contracts.passage import PassageV1, PassageWhat, PassageWho
from contracts.receipt import Missing, Receipt
from contracts.words import Method, Outcome
from gate.store import bursts, gone, rows
from gate.store.bursts import Burst, Streaks
from gate.store.disk import Disk, JournalError, NoRecord, UnreadableFile
from gate.store.gone import GapFill
from gate.store.links import AlarmStamp, Opening, Tip, alarm_after, links_gone, nearly_full, passage_after
from gate.store.rows import Entry, StoredLink, microseconds
from gate.store.unrecorded import Unrecorded

__all__ = [
    "KEPT_AFTER_RECEIPT",
    "AlarmStamp",
    "GapFill",
    "Journal",
    "JournalError",
    "JournalLimits",
    "NoRecord",
    "StoredLink",
    "UnreadableFile",
]

log = structlog.get_logger()

FORMATS: Final = (rows.SCHEMA, bursts.SCHEMA + gone.SCHEMA)
LATE_AFTER: Final = timedelta(seconds=60)
KEPT_AFTER_RECEIPT: Final = timedelta(hours=48)
"""Two backup intervals: a server restored from yesterday's backup asks for these links again."""


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """Links without a receipt that a journal takes. Refusals and alarms end at `capacity`, grants later.

    The exit button has a place as long as the disk has one.
    """

    capacity: int = 100_000
    kept_for_grants: int = 10_000

    @property
    def warning(self) -> int:
        return self.capacity * 9 // 10


class Journal:
    """The one writer of the file at `path`. Any thread may call."""

    def __init__(
        self,
        path: Path,
        gate: GateId,
        boot: BootId,
        opened: AlarmStamp,
        limits: JournalLimits | None = None,
    ) -> None:
        """Opens a new epoch that names its parent, and says which pulses a crash left unknown.

        Raises NoRecord where that cannot be committed, UnreadableFile for a file that is no journal.
        """
        self._gate, self._boot = gate, boot
        self._limits = limits or JournalLimits()
        self._lock = threading.RLock()
        self._streaks = Streaks()
        self._said_gone: set[Missing] = set()
        self._unrecorded: Unrecorded | None = None
        self._disk = Disk(path, FORMATS)
        try:
            self._tip, self._unsent = self._open_epoch(Opening(gate, boot, opened))
        except BaseException:
            self._disk.close()
            raise

    def write_passage(self, who: PassageWho, what: PassageWhat) -> PassageV1:
        """The passage as committed, numbered and chained; a granted one waits for `pulse_is_done`.

        Raises NoRecord: then the door stays shut.
        """
        granted = what.outcome is Outcome.GRANTED
        with self._lock:
            self._write_unrecorded()
            if what.method is not Method.EXIT:
                self._check_room(self._limits.kept_for_grants if granted else 0)
            passage = passage_after(self._tip, self._gate, who, what)
            self._commit([Entry(passage, what, "waiting" if granted else None)])
            return passage

    def write_refusal(self, who: PassageWho, what: PassageWhat) -> PassageV1 | None:
        """The refusal as committed; None where it was counted, and committed, in the row of its burst.

        Grants never share a row. Raises NoRecord.
        """
        with self._lock:
            if not self._streaks.goes_on(bursts.kind_of(who, what), what.monotonic_ms):
                return self.write_passage(who, what)
            with self._disk.writing() as db:
                bursts.count(db, who, what)
            return None

    def settle(self, now_ms: int) -> int:
        """Makes links of the bursts that have ended or go on for long; returns how many. Raises NoRecord.

        In a full journal they go on counting. What waits since `write_later` is written first.
        """
        with self._lock:
            self._write_unrecorded()
            with self._disk.reading() as db:
                ended = bursts.ended(db, now_ms)
            for burst in ended:
                self._check_room(0)
                passage = passage_after(self._tip, self._gate, burst.who, burst.what)
                self._commit([Entry(passage, burst.what)], burst)
            return len(ended)

    def write_alarm(self, what: AlarmWhat) -> AlarmV1:
        """The alarm as committed. Raises NoRecord."""
        with self._lock:
            self._write_unrecorded()
            self._check_room(0)
            alarm = alarm_after(self._tip, self._gate, what)
            self._commit([Entry(alarm, what)])
            return alarm

    def write_later(self, what: PassageWhat) -> None:
        """Keeps in memory that the way out was opened although nothing could be recorded.

        All such openings become one counted row, with an alarm, before the next link: a crash before it forgets them.
        """
        with self._lock:
            before = self._unrecorded
            self._unrecorded = before.and_also(what) if before else Unrecorded(what, what)

    def unrecorded_count(self) -> int:
        """Openings that wait since `write_later`."""
        waiting = self._unrecorded
        return waiting.times if waiting else 0

    def pulse_is_done(self, passage: UUID, worked: bool, at_monotonic_ms: int) -> None:
        """Notes what the relay answered. Raises NoRecord; the next start then says the pulse is unknown."""
        with self._disk.writing() as db:
            changed = db.execute(
                "UPDATE link SET pulse = ?, pulse_ms = ? WHERE id = ? AND pulse = 'waiting'",
                ("done" if worked else "failed", at_monotonic_ms, str(passage)),
            )
        if changed.rowcount != 1:
            raise JournalError(f"No granted passage {passage} waits for its pulse.")

    def unsent(self, after: int, limit: int, now: datetime | None = None) -> list[StoredLink]:
        """Up to `limit` links without a receipt whose row is above `after`, oldest first.

        With `now`, links older than a minute are marked late. A row that no longer reads is left out and
        logged: the server sees the gap.
        """
        late_before = microseconds(now - LATE_AFTER) if now else 0
        with self._disk.reading() as db:
            return rows.unsent(db, after, limit, late_before)

    def fill(self, gap: Missing, limit: int, now: datetime | None = None) -> GapFill:
        """What the journal has of a gap, as `unsent` gives it, and what of it is gone for ever.

        Looks at `limit` rows at most; the rest of a wider gap is answered when it is asked for again. What the
        open epoch has not reached yet is not gone.
        """
        end = min(gap.last, self._tip.seq) if gap.epoch == self._tip.epoch else gap.last
        late_before = microseconds(now - LATE_AFTER) if now else 0
        with self._disk.reading() as db:
            seqs = gone.seqs_in(db, gap, limit)
            last = seqs[-1] if len(seqs) == limit else end
            held = rows.unsent_in(db, gap, limit, late_before)
            unreadable = rows.unreadable_in(db, gap, limit) if len(held) < len(seqs) else set[int]()
        readable = [seq for seq in seqs if seq not in unreadable]
        return GapFill(held, list(gone.holes(gap.epoch, gap.first, last, readable)))

    def say_gone(self, lost: Missing, at: datetime, monotonic_ms: int) -> None:
        """An alarm, once a start, that these links are no longer held. Raises NoRecord."""
        with self._lock:
            if lost not in self._said_gone:
                self.write_alarm(links_gone(lost, self._boot, AlarmStamp(at, monotonic_ms)))
                self._said_gone.add(lost)

    def unsent_count(self) -> int:
        """Links the server has not receipted."""
        return self._unsent

    def still_unsent(self, sent: Collection[int]) -> set[int]:
        """Those of the rows `sent` that have no receipt yet."""
        with self._disk.reading() as db:
            return rows.without_receipt(db, sent)

    def obey(self, receipt: Receipt) -> int:
        """Marks as receipted what `receipt` proves to be the server's; returns how many links that is.

        A place counts only where this journal's own link has the hash it names. Links named as missing wait
        again. A raised generation (the server was restored from a backup) makes all kept links wait again
        first; a lower one is ignored. Raises NoRecord.
        """
        if receipt.gate != self._gate:
            return 0
        with self._lock:
            with self._disk.writing() as db:
                done = rows.apply_receipt(db, receipt)
                unsent = rows.count_unsent(db)
                if unsent < self._limits.warning:
                    rows.may_warn_again(db)
            self._unsent = unsent
            return done

    def forget_receipted(self, before: datetime) -> int:
        """Removes links receipted before `before` and returns how many. Raises NoRecord.

        Only where the server, too, has said KEPT_AFTER_RECEIPT later how far it is: one that was put back from a
        backup while this gate was cut off still gets its links. The newest link stays, because the next epoch
        names it, and so do those whose pulse is open.
        """
        with self._disk.writing() as db:
            said = rows.heard(db) - KEPT_AFTER_RECEIPT // timedelta(microseconds=1)
            return gone.forget(db, min(said, microseconds(before)))

    def last_time(self) -> datetime | None:
        """The newest `at` among the last thousand links; None in an empty journal.

        Not of all links, so that a clock once set to a far year does not rule for ever.
        """
        with self._disk.reading() as db:
            return rows.newest_time(db)

    def close(self) -> None:
        """Writes down what waits since `write_later`, where that can be done now."""
        with self._lock:
            try:
                self._write_unrecorded()
            except NoRecord:
                log.exception("The way out was opened without a record", times=self.unrecorded_count())
            self._disk.close()

    def _open_epoch(self, opening: Opening) -> tuple[Tip, int]:
        with self._disk.writing() as db:
            entries = opening.links(rows.newest_place(db), rows.interrupted(db))
            for burst in bursts.left(db):
                link = passage_after(Tip.of(entries[-1].link.place), self._gate, burst.who, burst.what)
                entries.append(Entry(link, burst.what))
                bursts.remove(db, burst)
            db.execute("UPDATE link SET pulse = 'unknown' WHERE pulse = 'waiting'")
            unsent = rows.count_unsent(db)
            written = self._insert(db, entries, unsent)
        return Tip.of(written[-1].link.place), unsent + len(written)

    def _write_unrecorded(self) -> None:
        """Raises NoRecord while they still cannot be committed."""
        if self._unrecorded is not None:
            self._commit(self._unrecorded.links(self._tip, self._gate))
            self._unrecorded = None

    def _check_room(self, extra: int) -> None:
        if self._unsent >= self._limits.capacity + extra:
            raise NoRecord(f"{self._unsent} records wait for the server and no place is left for this one")

    def _commit(self, entries: list[Entry], burst: Burst | None = None) -> None:
        """`burst` is what the entries stand for."""
        with self._disk.writing() as db:
            written = self._insert(db, entries, self._unsent)
            if burst is not None:
                bursts.remove(db, burst)
        # Only a commit moves the tip: after an error the next link takes the same number.
        self._tip = Tip.of(written[-1].link.place)
        self._unsent += len(written)

    def _insert(self, db: sqlite3.Connection, entries: list[Entry], unsent: int) -> list[Entry]:
        """Inserts them behind `unsent` others, with the warning where they fill the journal up to it; returns all.

        Whether it was said stands on the disk beside the links: neither a crash nor a restart swallows it.
        """
        if unsent + len(entries) >= self._limits.warning and not rows.has_warned(db):
            entries = [*entries, nearly_full(entries[-1], self._gate)]
            rows.note_warning(db)
        for entry in entries:
            rows.insert(db, entry)
        return entries
