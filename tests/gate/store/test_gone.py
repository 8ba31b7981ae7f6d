"""What a journal no longer holds, it knows and says."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.alarm import AlarmV1
from contracts.ids import EpochId
from contracts.receipt import Missing
from contracts.words import AlarmKind
from gate.store.gone import holes
from gate.store.journal import Journal
from tests.gate.store.journals import MORNING, NOBODY, a_journal, a_receipt, a_refusal

FAR = MORNING + timedelta(days=3)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return a_journal(tmp_path / "journal.sqlite3")


def forgotten(path: Path) -> list[tuple[int, int]]:
    with sqlite3.connect(path) as db:
        found = db.execute("SELECT first, last FROM forgotten ORDER BY epoch, first").fetchall()
    db.close()
    return found


def test_what_is_forgotten_is_noted_as_one_range(journal: Journal, tmp_path: Path) -> None:
    for _ in range(2):
        passages = [journal.write_passage(NOBODY, a_refusal()) for _ in range(3)]
        journal.obey(a_receipt(passages[1].place))
        journal.obey(a_receipt(at=FAR))
        journal.forget_receipted(FAR)
    assert forgotten(tmp_path / "journal.sqlite3") == [(1, 6)]


@pytest.mark.promise(2)
def test_a_gap_is_answered_by_what_is_held_and_what_is_gone(journal: Journal) -> None:
    passages = [journal.write_passage(NOBODY, a_refusal()) for _ in range(5)]
    journal.obey(a_receipt(passages[2].place))  # seq 4
    journal.obey(a_receipt(at=FAR))
    journal.forget_receipted(FAR)
    epoch = passages[0].epoch
    filling = journal.fill(Missing(epoch=epoch, first=2, last=5), 100)
    assert [stored.link for stored in filling.held] == [passages[3]]
    assert filling.gone == [Missing(epoch=epoch, first=2, last=4)]


def test_a_row_that_does_not_read_is_gone(journal: Journal) -> None:
    passages = [journal.write_passage(NOBODY, a_refusal()) for _ in range(3)]
    journal._disk._db.execute("UPDATE link SET message = x'00' WHERE seq = 3")
    filling = journal.fill(Missing(epoch=passages[0].epoch, first=2, last=4), 100)
    assert [stored.link.seq for stored in filling.held] == [2, 4]
    assert filling.gone == [Missing(epoch=passages[0].epoch, first=3, last=3)]


def test_what_the_open_epoch_has_not_reached_is_not_gone(journal: Journal) -> None:
    last = journal.write_passage(NOBODY, a_refusal())
    assert journal.fill(Missing(epoch=last.epoch, first=3, last=9), 100).gone == []


def test_of_a_wide_gap_only_what_was_looked_at_is_called_gone(journal: Journal) -> None:
    epoch = [journal.write_passage(NOBODY, a_refusal()) for _ in range(5)].pop().epoch
    journal._disk._db.execute("DELETE FROM link WHERE seq IN (2, 6)")
    filling = journal.fill(Missing(epoch=epoch, first=1, last=6), 2)
    assert [stored.link.seq for stored in filling.held] == [1, 3]
    assert filling.gone == [Missing(epoch=epoch, first=2, last=2)]


def test_a_loss_is_said_once_a_start(journal: Journal) -> None:
    lost = Missing(epoch=EpochId("another"), first=1, last=9)
    for _ in range(3):
        journal.say_gone(lost, MORNING, 5000)
    whats = [stored.link.read_what() for stored in journal.unsent(1, 10) if isinstance(stored.link, AlarmV1)]
    assert [(what.kind, what.gone) for what in whats] == [(AlarmKind.LINKS_GONE, lost)]


@given(st.sets(st.integers(1, 30)), st.integers(1, 30), st.integers(1, 30))
def test_holes_are_exactly_what_is_not_held(seqs: set[int], first: int, last: int) -> None:
    held = sorted(seq for seq in seqs if first <= seq <= last)
    found = [
        seq for hole in holes(EpochId("e"), first, last, held) for seq in range(hole.first, hole.last + 1)
    ]
    assert found == [seq for seq in range(first, last + 1) if seq not in seqs]
