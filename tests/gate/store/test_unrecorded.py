"""The way out that was opened while nothing could be recorded: written down as soon as that can be done."""

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.alarm import AlarmV1
from contracts.passage import PassageV1, PassageWhat, PassageWho
from contracts.words import AlarmKind, Direction, Method, Reason
from gate.store.journal import Journal, NoRecord
from tests.gate.store.journals import (
    MORNING,
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


def an_exit(at: datetime = MORNING, reason: Reason | None = Reason.NO_RECORD) -> PassageWhat:
    told = {
        "method": Method.EXIT,
        "direction": Direction.OUT,
        "reason": reason,
        "score": None,
        "margin": None,
    }
    return a_grant(at).model_copy(update=told)


def leave(journal: Journal, times: int) -> None:
    """So many leave, a minute after one another."""
    for minute in range(times):
        journal.write_later(an_exit(MORNING + timedelta(minutes=minute)))


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Nothing can be committed meanwhile."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def check_chain(journal: Journal) -> None:
    links = [stored.link for stored in everything(journal)]
    for link in links:
        link.check()
    assert [link.previous for link in links[1:]] == [link.hash for link in links[:-1]]


WRITES: dict[str, Callable[[Journal], object]] = {
    "passage": lambda journal: journal.write_passage(SOMEBODY, a_refusal()),
    "refusal": lambda journal: journal.write_refusal(NOBODY, a_refusal()),
    "alarm": lambda journal: journal.write_alarm(an_alarm()),
    "half a minute": lambda journal: journal.settle(60_000),
    "the end": lambda journal: None,
}


@pytest.mark.promise(1)
@pytest.mark.promise(13)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_they_are_counted_in_one_row_with_an_alarm_before_whatever_is_recorded_next(
    path: Path, write: Callable[[Journal], object]
) -> None:
    journal = a_journal(path)
    leave(journal, times=3)
    assert (journal.unrecorded_count(), journal.unsent_count()) == (3, 1)
    write(journal)
    journal.close()
    assert journal.unrecorded_count() == 0
    again = a_journal(path)
    check_chain(again)
    _, row, alarm = (stored.link for stored in everything(again)[:3])
    assert isinstance(row, PassageV1)
    assert isinstance(alarm, AlarmV1)
    what, said = row.read_what(), alarm.read_what()
    assert (row.read_who(), what.method, what.reason) == (PassageWho(), Method.EXIT, Reason.NO_RECORD)
    assert (what.at, what.times, what.until) == (MORNING, 3, MORNING + timedelta(minutes=2))
    assert (said.kind, said.passage, said.at) == (AlarmKind.EXIT_UNRECORDED, what.id, what.until)
    assert alarms(again).count(AlarmKind.EXIT_UNRECORDED) == 1
    assert AlarmKind.PULSE_UNKNOWN not in alarms(again)


def test_one_alone_is_a_plain_row(path: Path) -> None:
    journal = a_journal(path)
    leave(journal, times=1)
    journal.settle(60_000)
    row = everything(journal)[1].link
    assert isinstance(row, PassageV1)
    assert (row.read_what().times, row.read_what().until) == (None, None)


@pytest.mark.promise(1)
def test_they_wait_until_the_disk_takes_them_and_nothing_is_recorded_before_them(path: Path) -> None:
    journal = a_journal(path)
    leave(journal, times=2)
    with locked(path):
        for write in (WRITES["passage"], WRITES["half a minute"]):
            with pytest.raises(NoRecord):
                write(journal)
    assert (journal.unrecorded_count(), journal.unsent_count()) == (2, 1)
    granted = journal.write_passage(SOMEBODY, a_grant())
    assert alarms(journal) == [AlarmKind.JOURNAL_OPENED, AlarmKind.EXIT_UNRECORDED]
    assert everything(journal)[-1].link == granted
    check_chain(journal)


@pytest.mark.promise(2)
def test_their_row_is_late_by_the_last_of_them_and_receipted_like_any_other(path: Path) -> None:
    journal = a_journal(path)
    leave(journal, times=3)
    last = journal.write_passage(SOMEBODY, a_grant(MORNING + timedelta(minutes=9)))
    late = [stored.late for stored in journal.unsent(0, 10, now=MORNING + timedelta(minutes=2, seconds=30))]
    assert late == [True, False, False, False]
    assert journal.obey(a_receipt(last.place)) == 4


@pytest.mark.promise(13)
@pytest.mark.promise(1)
def test_the_exit_button_has_a_recorded_place_beyond_the_last_one_for_grants(path: Path) -> None:
    journal = a_journal(path, limits=SMALL)
    journal.close()
    hold(path, links=SMALL.capacity + SMALL.kept_for_grants)
    journal = a_journal(path, limits=SMALL)
    for granted in (a_grant(), a_grant().model_copy(update={"method": Method.GUARD})):
        with pytest.raises(NoRecord, match="no place is left"):
            journal.write_passage(NOBODY, granted)
    left = an_exit(reason=None)
    assert journal.write_passage(NOBODY, left).read_what() == left


@settings(deadline=None, max_examples=25)
@given(before=st.lists(st.sampled_from(["later", "passage", "alarm", "settle"]), max_size=8))
def test_every_one_of_them_is_counted_once_whatever_comes_between(
    tmp_path_factory: pytest.TempPathFactory, before: list[str]
) -> None:
    journal = a_journal(tmp_path_factory.mktemp("journal") / "journal.sqlite3")
    steps = WRITES | {"later": lambda one: leave(one, 1), "settle": WRITES["half a minute"]}
    for step in before:
        steps[step](journal)
    journal.settle(60_000)
    whats = [stored.link.read_what() for stored in everything(journal) if isinstance(stored.link, PassageV1)]
    counted = sum(what.times or 1 for what in whats if what.method is Method.EXIT)
    assert counted == before.count("later")
    check_chain(journal)
    journal.close()
