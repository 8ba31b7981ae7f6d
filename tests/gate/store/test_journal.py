"""The journal commits before anything moves, loses nothing, and chains what it holds."""

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.chain import NO_PARENT
from contracts.ids import GateId
from contracts.receipt import Missing
from contracts.words import AlarmKind
from gate.store.journal import (
    AlarmV1,
    Journal,
    JournalError,
    NoRecord,
    PassageV1,
    StoredLink,
    UnreadableFile,
)
from tests.gate.store.journals import (
    MORNING,
    NOBODY,
    SOMEBODY,
    a_grant,
    a_journal,
    a_receipt,
    a_refusal,
    alarms,
    an_alarm,
    everything,
)


def test_a_new_journal_begins_with_an_alarm_that_has_no_parent(path: Path) -> None:
    journal = a_journal(path)
    (first,) = everything(journal)
    assert isinstance(first.link, AlarmV1)
    assert first.link.seq == 1
    assert first.link.previous == NO_PARENT
    what = first.link.read_what()
    assert (what.kind, what.parent) == (AlarmKind.JOURNAL_OPENED, None)


@pytest.mark.promise(11)
def test_every_link_names_the_one_before_and_its_own_hash_holds(path: Path) -> None:
    journal = a_journal(path)
    journal.write_passage(SOMEBODY, a_grant())
    journal.write_alarm(an_alarm())
    journal.write_passage(NOBODY, a_refusal())
    links = [stored.link for stored in everything(journal)]
    for link in links:
        link.check()
    assert [link.seq for link in links] == [1, 2, 3, 4]
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:-1]]


def test_what_is_sent_reads_as_what_was_written(path: Path) -> None:
    journal, happened = a_journal(path), a_grant()
    written = journal.write_passage(SOMEBODY, happened)
    stored = everything(journal)[-1].link
    assert stored == written
    assert isinstance(stored, PassageV1)
    assert (stored.read_who(), stored.read_what()) == (SOMEBODY, happened)


@pytest.mark.promise(1)
def test_a_passage_is_on_the_disk_once_it_is_returned(path: Path) -> None:
    journal = a_journal(path)
    passage = journal.write_passage(SOMEBODY, a_grant())
    with sqlite3.connect(path) as other:
        rows = other.execute("SELECT hash, pulse FROM link ORDER BY row DESC LIMIT 1").fetchall()
        synchronous = other.execute("PRAGMA journal_mode").fetchone()
    other.close()
    assert rows == [(passage.hash, "waiting")]
    assert synchronous == ("wal",)


@pytest.mark.promise(1)
def test_a_pulse_without_an_answer_is_recorded_as_unknown_once(path: Path) -> None:
    journal, interrupted, worked = a_journal(path), a_grant(), a_grant()
    journal.write_passage(SOMEBODY, interrupted)
    journal.write_passage(SOMEBODY, worked)
    journal.pulse_is_done(worked.id, True, 2100)
    journal.close()
    second = a_journal(path)
    unknown = [s.link.read_what() for s in everything(second) if isinstance(s.link, AlarmV1)][-1]
    assert (unknown.kind, unknown.passage) == (AlarmKind.PULSE_UNKNOWN, interrupted.id)
    second.close()
    third = a_journal(path)
    assert alarms(third).count(AlarmKind.PULSE_UNKNOWN) == 1
    with pytest.raises(JournalError):
        third.pulse_is_done(interrupted.id, True, 1)


def test_a_refusal_waits_for_no_pulse(path: Path) -> None:
    journal, refusal = a_journal(path), a_refusal()
    journal.write_passage(NOBODY, refusal)
    with pytest.raises(JournalError, match="waits for its pulse"):
        journal.pulse_is_done(refusal.id, True, 1)


@pytest.mark.promise(2)
def test_only_a_receipt_with_this_journals_own_hash_is_obeyed(path: Path) -> None:
    journal = a_journal(path)
    one, two = (journal.write_passage(SOMEBODY, a_grant()) for _ in range(2))
    assert journal.obey(a_receipt(two.place.model_copy(update={"hash": one.hash}))) == 0
    assert journal.unsent_count() == 3
    assert journal.obey(a_receipt(one.place)) == 2
    assert [stored.link for stored in everything(journal)] == [two]
    assert journal.obey(a_receipt(two.place)) == 1
    assert journal.unsent_count() == 0


def test_a_receipt_for_another_gate_is_ignored(path: Path) -> None:
    journal = a_journal(path)
    passage = journal.write_passage(SOMEBODY, a_grant())
    other = a_receipt(passage.place).model_copy(update={"gate": GateId("west-gate")})
    assert journal.obey(other) == 0
    assert journal.unsent_count() == 2


@pytest.mark.promise(2)
def test_links_the_server_misses_wait_again(path: Path) -> None:
    journal = a_journal(path)
    passages = [journal.write_passage(SOMEBODY, a_grant()) for _ in range(4)]
    journal.obey(a_receipt(passages[-1].place))
    gap = Missing(epoch=passages[0].epoch, first=3, last=4)
    journal.obey(a_receipt(passages[0].place, missing=(gap,)))
    assert [stored.link for stored in everything(journal)] == passages[1:3]


@pytest.mark.promise(2)
def test_a_server_restored_from_a_backup_is_sent_what_it_has_lost(path: Path) -> None:
    journal = a_journal(path)
    passages = [journal.write_passage(SOMEBODY, a_grant()) for _ in range(4)]
    journal.obey(a_receipt(passages[-1].place, generation=1))
    journal.obey(a_receipt(passages[1].place, generation=2))
    assert [stored.link for stored in everything(journal)] == passages[2:]


def test_a_receipt_from_before_the_restore_is_ignored(path: Path) -> None:
    journal = a_journal(path)
    passages = [journal.write_passage(NOBODY, a_refusal()) for _ in range(2)]
    journal.obey(a_receipt(passages[0].place, generation=2))
    journal.close()
    again = a_journal(path)
    assert again.obey(a_receipt(passages[1].place, generation=1)) == 0
    assert again.unsent_count() == 2


@pytest.mark.promise(2)
def test_an_older_copy_of_the_file_goes_on_in_an_epoch_that_names_its_parent(
    path: Path, tmp_path: Path
) -> None:
    journal = a_journal(path)
    kept = journal.write_passage(SOMEBODY, a_grant())
    journal.pulse_is_done(kept.read_what().id, True, 1)
    backup = tmp_path / "backup.sqlite3"
    with sqlite3.connect(path) as source, sqlite3.connect(backup) as target:
        source.backup(target)
    source.close()
    target.close()
    after = journal.write_passage(SOMEBODY, a_grant())
    journal.close()

    restored = a_journal(backup)
    opened = everything(restored)[-1].link
    assert isinstance(opened, AlarmV1)
    assert opened.read_what().parent == kept.place
    assert opened.previous == kept.hash
    assert opened.epoch not in {kept.epoch, after.epoch}
    assert kept in [stored.link for stored in everything(restored)]
    # The server has committed what the copy does not hold: that place proves nothing here.
    assert restored.obey(a_receipt(after.place)) == 0
    assert restored.obey(a_receipt(kept.place)) == 2


def test_the_next_epoch_begins_where_the_last_ended(path: Path) -> None:
    journal = a_journal(path)
    last = journal.write_passage(NOBODY, a_refusal())
    journal.close()
    again = a_journal(path)
    opened, written = everything(again)[-1].link, again.write_passage(NOBODY, a_refusal())
    assert (opened.previous, opened.seq) == (last.hash, 1)
    assert (written.previous, written.seq, written.epoch) == (opened.hash, 2, opened.epoch)


def test_receipted_links_are_forgotten_after_their_time_and_others_stay(path: Path) -> None:
    journal = a_journal(path)
    passages = [journal.write_passage(NOBODY, a_refusal()) for _ in range(3)]
    journal.obey(a_receipt(passages[1].place))
    assert journal.forget_receipted(before=MORNING) == 0
    journal.obey(a_receipt(at=MORNING + timedelta(days=3)))
    assert journal.forget_receipted(before=MORNING + timedelta(days=2)) == 3
    assert [stored.link for stored in everything(journal)] == [passages[2]]


@pytest.mark.promise(2)
def test_a_gate_that_hears_nothing_of_the_server_forgets_nothing(path: Path) -> None:
    """The server may have been put back from a backup meanwhile."""
    journal = a_journal(path)
    passages = [journal.write_passage(NOBODY, a_refusal()) for _ in range(3)]
    journal.obey(a_receipt(passages[-1].place, generation=1))
    assert journal.forget_receipted(before=MORNING + timedelta(days=30)) == 0
    journal.obey(a_receipt(generation=2, at=MORNING + timedelta(days=30)))
    assert journal.unsent_count() == 4


def test_the_newest_link_stays_for_the_next_epoch_to_name(path: Path) -> None:
    journal = a_journal(path)
    last = journal.write_passage(NOBODY, a_refusal())
    for days in (0, 3):
        journal.obey(a_receipt(last.place, at=MORNING + timedelta(days=days)))
    assert journal.forget_receipted(before=MORNING + timedelta(days=2)) == 1
    journal.close()
    assert everything(a_journal(path))[0].link.previous == last.hash


@pytest.mark.promise(7)
def test_links_older_than_a_minute_are_sent_as_late(path: Path) -> None:
    journal = a_journal(path)
    journal.write_passage(NOBODY, a_refusal(MORNING + timedelta(seconds=50)))
    stored = journal.unsent(0, 10, now=MORNING + timedelta(seconds=100))
    assert [link.late for link in stored] == [True, False]
    assert [link.link.late for link in stored] == [True, False]
    stored[0].link.check()


@pytest.mark.promise(7)
def test_the_journal_knows_the_newest_time_it_holds(path: Path) -> None:
    journal = a_journal(path)
    journal.write_passage(NOBODY, a_refusal(MORNING + timedelta(hours=2, microseconds=7)))
    journal.write_passage(NOBODY, a_refusal(MORNING + timedelta(hours=1)))
    assert journal.last_time() == MORNING + timedelta(hours=2, microseconds=7)


def test_rows_with_a_receipt_are_no_longer_unsent(path: Path) -> None:
    journal = a_journal(path)
    one = journal.write_passage(NOBODY, a_refusal())
    journal.write_passage(NOBODY, a_refusal())
    sent = [stored.row for stored in everything(journal)]
    journal.obey(a_receipt(one.place))
    assert journal.still_unsent(sent) == {sent[-1]}
    assert journal.still_unsent([]) == set()


def until_full(journal: Journal) -> list[StoredLink]:
    """What the journal holds when the next passage no longer goes in."""
    for _ in range(100):
        try:
            journal.write_passage(SOMEBODY, a_grant())
        except NoRecord:
            return everything(journal)
    raise AssertionError("the disk did not fill")


@pytest.mark.promise(1)
def test_a_full_disk_leaves_no_record_and_the_chain_whole(path: Path) -> None:
    journal = a_journal(path)
    pages = journal._disk._db.execute("PRAGMA page_count").fetchone()[0]
    journal._disk._db.execute(f"PRAGMA max_page_count = {pages + 4}")
    before = until_full(journal)
    with pytest.raises(NoRecord, match="full"):
        journal.write_passage(SOMEBODY, a_grant())
    assert everything(journal) == before
    assert journal.unsent_count() == len(before)
    journal._disk._db.execute(f"PRAGMA max_page_count = {pages + 400}")
    after = journal.write_passage(SOMEBODY, a_grant())
    assert (after.seq, after.previous) == (before[-1].link.seq + 1, before[-1].link.hash)


@pytest.mark.promise(1)
def test_a_locked_file_is_no_record_and_is_said_soon(path: Path) -> None:
    journal = a_journal(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(NoRecord, match="locked"):
        journal.write_passage(SOMEBODY, a_grant())
    assert journal._disk._db.execute("PRAGMA busy_timeout").fetchone()[0] <= 250
    other.execute("ROLLBACK")
    other.close()
    assert journal.write_passage(SOMEBODY, a_grant()).seq == 2


def test_a_file_that_is_no_journal_is_named(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(UnreadableFile, match=r"journal\.sqlite3"):
        a_journal(path)


def test_a_journal_of_newer_software_is_left_alone(path: Path) -> None:
    a_journal(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(UnreadableFile, match="newer software"):
        a_journal(path)


def test_a_folder_that_cannot_be_written_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(NoRecord):
        a_journal(tmp_path / "missing" / "journal.sqlite3")


def test_a_row_that_does_not_read_is_left_out_and_the_rest_goes_on(path: Path) -> None:
    journal = a_journal(path)
    journal.write_passage(NOBODY, a_refusal())
    last = journal.write_passage(NOBODY, a_refusal())
    journal._disk._db.execute("UPDATE link SET message = x'00' WHERE seq = 2")
    assert [stored.link.seq for stored in everything(journal)] == [1, 3]
    assert everything(journal)[-1].link == last


def test_threads_that_write_at_once_make_one_chain(path: Path) -> None:
    journal = a_journal(path)

    def write() -> None:
        for _ in range(10):
            journal.write_passage(NOBODY, a_refusal())

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    links = [stored.link for stored in everything(journal)]
    assert [link.seq for link in links] == list(range(1, 42))
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:-1]]


@pytest.mark.promise(9)
def test_errors_and_rows_name_nobody(path: Path) -> None:
    journal = a_journal(path)
    journal.write_passage(SOMEBODY, a_grant())
    assert SOMEBODY.person is not None
    with pytest.raises(JournalError) as wrong:
        journal.pulse_is_done(a_grant().id, True, 1)
    assert SOMEBODY.person not in str(wrong.value)
