"""A flood of the same refusal shares one counted row; nothing of it is lost, and grants never merge."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.passage import PassageV1, PassageWhat, PassageWho
from contracts.words import Reason
from gate.store import rows
from gate.store.bursts import LONGEST_MS, QUIET_MS, SINGLY
from gate.store.journal import Journal, JournalLimits, NoRecord
from tests.gate.store.journals import MORNING, NOBODY, SOMEBODY, a_grant, a_journal, a_receipt, a_refusal


def refused(after_s: int, reason: Reason = Reason.UNKNOWN) -> PassageWhat:
    """A refusal so many seconds after the start."""
    times = {"monotonic_ms": 2000 + after_s * 1000, "reason": reason}
    return a_refusal(MORNING + timedelta(seconds=after_s)).model_copy(update=times)


def flood(journal: Journal, seconds: range, who: PassageWho = NOBODY) -> int:
    """How many of them got rows of their own."""
    written = [journal.write_refusal(who, refused(second)) for second in seconds]
    return sum(passage is not None for passage in written)


def passages(journal: Journal) -> list[PassageV1]:
    found = [stored.link for stored in journal.unsent(0, 1000)]
    return [link for link in found if isinstance(link, PassageV1)]


def counted(journal: Journal) -> list[tuple[int | None, int | None]]:
    """Of each passage, how many it stands for and until when, in seconds after the start."""
    whats = [passage.read_what() for passage in passages(journal)]
    return [(what.times, what.until and (what.until - MORNING) // timedelta(seconds=1)) for what in whats]


@pytest.mark.promise(2)
def test_a_poster_refused_every_five_seconds_fills_four_rows_in_ten_minutes(path: Path) -> None:
    journal = a_journal(path)
    assert flood(journal, range(0, 600, 5)) == SINGLY
    assert journal.settle(2000 + 590_000) == 0
    assert journal.settle(2000 + 15_000 + LONGEST_MS) == 1
    assert counted(journal) == [(None, None)] * SINGLY + [(117, 595)]
    assert passages(journal)[-1].read_what().at == MORNING + timedelta(seconds=15)
    assert journal.settle(2000 + 15_000 + 2 * LONGEST_MS) == 0


@pytest.mark.promise(11)
def test_a_counted_row_is_chained_and_receipted_like_any_other(path: Path) -> None:
    journal = a_journal(path)
    flood(journal, range(6))
    journal.settle(10_000 + QUIET_MS)
    after = journal.write_passage(SOMEBODY, a_grant())
    links = [stored.link for stored in journal.unsent(0, 100)]
    for link in links:
        link.check()
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:-1]]
    assert journal.obey(a_receipt(after.place)) == len(links)


def test_different_refusals_and_different_people_are_counted_apart(path: Path) -> None:
    journal = a_journal(path)
    for second in range(6):
        journal.write_refusal(NOBODY, refused(second))
        journal.write_refusal(NOBODY, refused(second, Reason.NOT_LIVE))
        journal.write_refusal(SOMEBODY, refused(second, Reason.NOT_NOW))
    assert journal.settle(10_000 + QUIET_MS) == 3
    assert [times for times, _ in counted(journal)[-3:]] == [3, 3, 3]
    assert passages(journal)[-1].read_who() == SOMEBODY


@pytest.mark.promise(2)
def test_grants_never_share_a_row(path: Path) -> None:
    journal = a_journal(path)
    for _ in range(10):
        journal.write_passage(SOMEBODY, a_grant())
    assert counted(journal) == [(None, None)] * 10


def test_after_a_quiet_minute_tries_have_rows_of_their_own_again(path: Path) -> None:
    journal = a_journal(path)
    flood(journal, range(10))
    assert flood(journal, range(100, 102)) == 2


def test_one_try_beyond_the_first_is_a_plain_row(path: Path) -> None:
    journal = a_journal(path)
    flood(journal, range(4))
    journal.settle(10_000 + QUIET_MS)
    assert counted(journal) == [(None, None)] * 4


@pytest.mark.promise(2)
def test_what_was_counted_when_the_power_went_is_a_link_of_the_next_epoch(path: Path) -> None:
    journal = a_journal(path)
    flood(journal, range(10))
    del journal  # no farewell
    again = a_journal(path)
    assert counted(again)[-1] == (7, 9)
    assert passages(again)[-1].seq == 2
    again.close()
    assert len(counted(a_journal(path))) == 4


def test_a_counted_row_is_late_by_its_last_refusal(path: Path) -> None:
    journal = a_journal(path)
    flood(journal, range(0, 300, 5))
    journal.settle(2000 + 15_000 + LONGEST_MS)
    late = [stored.late for stored in journal.unsent(0, 100, now=MORNING + timedelta(seconds=310))]
    assert late == [True] * 4 + [False]


@pytest.mark.promise(2)
def test_a_full_journal_goes_on_counting_and_writes_it_down_once_there_is_room(path: Path) -> None:
    journal = a_journal(path, limits=JournalLimits(capacity=5, kept_for_grants=2))
    flood(journal, range(3))
    with pytest.raises(NoRecord):
        journal.write_passage(NOBODY, a_refusal())
    assert flood(journal, range(3, 9)) == 0
    with pytest.raises(NoRecord):
        journal.settle(20_000 + QUIET_MS)
    journal.obey(a_receipt(passages(journal)[-1].place))
    assert journal.settle(20_000 + QUIET_MS) == 1
    assert counted(journal) == [(6, 8)]


def test_a_journal_of_the_first_format_is_taken_over(path: Path) -> None:
    with sqlite3.connect(path) as old:
        old.executescript(rows.SCHEMA + "PRAGMA user_version = 1;")
    old.close()
    journal = a_journal(path)
    assert flood(journal, range(5)) == 3
    assert journal.settle(10_000 + QUIET_MS) == 1
