"""A journal that fills up: it says so in time, keeps its last places for grants, and evicts nothing."""

import time
from pathlib import Path

import pytest

from contracts.words import AlarmKind
from gate.store.journal import JournalLimits, NoRecord
from tests.gate.store.journals import (
    NOBODY,
    SMALL,
    SOMEBODY,
    a_grant,
    a_journal,
    a_receipt,
    a_refusal,
    alarms,
    an_alarm,
    everything,
    hold,
)


@pytest.mark.promise(2)
def test_refusals_stop_before_grants_and_nothing_is_evicted(path: Path) -> None:
    journal = a_journal(path, limits=JournalLimits(capacity=10, kept_for_grants=2))
    for _ in range(8):
        journal.write_passage(NOBODY, a_refusal())
    with pytest.raises(NoRecord, match="no place is left"):
        journal.write_passage(NOBODY, a_refusal())
    held = everything(journal)
    grants = [journal.write_passage(SOMEBODY, a_grant()) for _ in range(2)]
    with pytest.raises(NoRecord):
        journal.write_passage(SOMEBODY, a_grant())
    assert everything(journal)[: len(held)] == held
    assert [stored.link for stored in everything(journal)[len(held) :]] == grants


@pytest.mark.promise(7)
def test_a_gate_keeps_a_hundred_thousand_rows_and_has_places_beyond_them_for_grants(path: Path) -> None:
    a_journal(path).close()
    hold(path, links=99_998)
    before_s = time.monotonic()
    journal = a_journal(path)  # says that it was opened, and that it is nearly full
    assert time.monotonic() - before_s < 5, "people wait before a gate that starts"
    assert journal.unsent_count() == 100_000
    with pytest.raises(NoRecord, match="no place is left"):
        journal.write_passage(NOBODY, a_refusal())
    grant = journal.write_passage(SOMEBODY, a_grant())
    assert [stored.link for stored in journal.unsent(after=100_000, limit=10)] == [grant]
    journal.close()


@pytest.mark.promise(2)
def test_the_last_ten_thousand_places_are_for_grants_and_nothing_goes_beyond_them(path: Path) -> None:
    a_journal(path).close()
    hold(path, links=109_997)
    journal = a_journal(path)
    journal.write_passage(SOMEBODY, a_grant())
    with pytest.raises(NoRecord, match="no place is left"):
        journal.write_passage(SOMEBODY, a_grant())
    assert journal.unsent_count() == 110_000
    journal.close()


def test_a_journal_nine_tenths_full_says_so_once(path: Path) -> None:
    journal = a_journal(path, limits=SMALL)
    passages = [journal.write_passage(NOBODY, a_refusal()) for _ in range(18)]
    assert alarms(journal).count(AlarmKind.JOURNAL_NEARLY_FULL) == 1
    assert [stored.link.seq for stored in everything(journal)] == list(range(1, 21))
    journal.obey(a_receipt(passages[-1].place))
    for _ in range(18):
        journal.write_passage(NOBODY, a_refusal())
    assert alarms(journal).count(AlarmKind.JOURNAL_NEARLY_FULL) == 1


@pytest.mark.promise(2)
def test_a_start_that_fills_the_journal_to_nine_tenths_says_so_and_the_next_one_does_not(path: Path) -> None:
    journal = a_journal(path, limits=SMALL)
    for _ in range(16):
        journal.write_passage(NOBODY, a_refusal())
    assert AlarmKind.JOURNAL_NEARLY_FULL not in alarms(journal)
    journal.close()
    again = a_journal(path, limits=SMALL)
    assert alarms(again)[-1] is AlarmKind.JOURNAL_NEARLY_FULL
    again.close()
    third = a_journal(path, limits=SMALL)
    assert alarms(third).count(AlarmKind.JOURNAL_NEARLY_FULL) == 1


@pytest.mark.promise(2)
def test_a_journal_that_alarms_alone_have_filled_to_nine_tenths_says_so(path: Path) -> None:
    journal = a_journal(path, limits=SMALL)
    for _ in range(17):
        journal.write_alarm(an_alarm())
    assert alarms(journal).count(AlarmKind.JOURNAL_NEARLY_FULL) == 1
    links = [stored.link for stored in everything(journal)]
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:-1]]


@pytest.mark.promise(2)
def test_links_that_wait_again_fill_the_journal_too(path: Path) -> None:
    """A server that was put back from a backup has them all sent again."""
    journal = a_journal(path, limits=SMALL)
    passages = [journal.write_passage(NOBODY, a_refusal()) for _ in range(16)]
    journal.obey(a_receipt(passages[-1].place))
    journal.obey(a_receipt(generation=2))
    journal.write_passage(NOBODY, a_refusal())
    assert alarms(journal)[-1] is AlarmKind.JOURNAL_NEARLY_FULL
