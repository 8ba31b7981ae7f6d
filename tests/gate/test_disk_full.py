"""The disk full under a real journal: no door opens but the way out, screen and log say so, and it recovers."""

from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from contracts.ids import BootId, uuid7
from contracts.passage import PassageV1
from contracts.words import Direction, Method, Outcome, Reason
from gate.access.claim import Claim
from gate.access.policy import Liveness
from gate.access.rights import Rights
from gate.attendant import Attendant, ByHand, Post
from gate.screen.words import Condition
from gate.store.journal import AlarmStamp, Journal
from tests.gate.at_the_gate import EAST, NOON, WANG, AtTheGate, a_roster


def fill(journal: Journal) -> None:
    """The file may not grow by a page: what SQLite then raises is what a full disk raises."""
    with journal._disk.reading() as db:
        db.execute("PRAGMA max_page_count = 1")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def empty(journal: Journal) -> None:
    with journal._disk.reading() as db:
        db.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.promise(1)
@pytest.mark.promise(6)
def test_no_door_opens_on_a_full_disk_and_the_next_one_opens_once_there_is_room(tmp_path: Path) -> None:
    gate = AtTheGate()
    gate.known.rights = Rights.of(a_roster())
    journal = Journal(tmp_path / "journal.sqlite3", EAST, BootId("b1"), AlarmStamp(NOON, 0))
    post = Post(BootId("b1"), Direction.IN, 3.0, Liveness.WARN, stale_pin=False)
    attendant = Attendant(post, gate.known, replace(gate.iron, records=journal))
    fill(journal)
    with capture_logs() as logs:
        answers = [attendant.attend(Claim(Method.PIN, person=WANG)) for _ in range(40)]
    refused = [answer for answer in answers if answer.reason is Reason.NO_RECORD]
    opened = [answer for answer in answers if answer.outcome is Outcome.GRANTED]
    assert refused, "the disk never filled"
    assert len(gate.door.pulses) == len(opened)
    assert Condition.NO_RECORD in gate.stage.board().conditions
    assert any("door stays shut" in line["event"] and "full" in line["why"] for line in logs)
    empty(journal)
    assert attendant.attend(Claim(Method.PIN, person=WANG)).outcome is Outcome.GRANTED
    assert Condition.NO_RECORD not in gate.stage.board().conditions
    journal.close()


@pytest.mark.promise(13)
@pytest.mark.promise(1)
def test_people_get_out_on_a_full_disk_and_are_counted_once_there_is_room(tmp_path: Path) -> None:
    gate = AtTheGate()
    journal = Journal(tmp_path / "journal.sqlite3", EAST, BootId("b1"), AlarmStamp(NOON, 0))
    post = Post(BootId("b1"), Direction.IN, 3.0, Liveness.WARN, stale_pin=False)
    attendant = Attendant(post, gate.known, replace(gate.iron, records=journal))
    fill(journal)
    with capture_logs() as logs:
        answers = [attendant.open_by_hand(ByHand(uuid7(), Method.EXIT)) for _ in range(40)]
    assert [answer.outcome for answer in answers if answer] == [Outcome.GRANTED] * 40
    assert gate.door.pulses == [3.0] * 40
    unrecorded = journal.unrecorded_count()
    assert unrecorded > 0, "the disk never filled"
    assert sum("way out opens all the same" in line["event"] for line in logs) == unrecorded
    empty(journal)
    assert attendant.open_by_hand(ByHand(uuid7(), Method.EXIT)) is not None
    links = [stored.link for stored in journal.unsent(0, 100)]
    passages = [link.read_what() for link in links if isinstance(link, PassageV1)]
    assert sum(what.times or 1 for what in passages) == 41
    assert [what.times for what in passages if what.reason is Reason.NO_RECORD] == [unrecorded]
    assert Condition.NO_RECORD not in gate.stage.board().conditions
    journal.close()
