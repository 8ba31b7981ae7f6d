"""A witness hears what the journal has committed, and nothing that it refused."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.ids import BootId, uuid7
from contracts.words import Direction, Method, Reason
from gate.access.claim import Claim
from gate.access.policy import Liveness
from gate.attendant import Attendant, ByHand, Post, Records
from gate.store.journal import AlarmStamp, Journal, NoRecord
from kaimen.chaos.relay import waiting
from kaimen.chaos.witness import WitnessedRecords, WitnessFile, heard_from
from tests.gate.at_the_gate import EAST, NOON, AtTheGate


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite3", EAST, BootId("b1"), AlarmStamp(NOON, 0))


def an_attendant(gate: AtTheGate, records: Records, file: Path) -> Attendant:
    post = Post(BootId("b1"), Direction.IN, 3.0, Liveness.WARN, stale_pin=False)
    witnessed = WitnessedRecords(records, WitnessFile(file))
    return Attendant(post, gate.known, replace(gate.iron, records=witnessed))


@pytest.mark.promise(1)
def test_the_witness_has_the_record_before_the_door_moves(tmp_path: Path, journal: Journal) -> None:
    gate, told = AtTheGate(), list[tuple[str | None, str]]()
    file = tmp_path / "witness"
    gate.door.afterwards = lambda: told.append(
        (waiting(tmp_path / "journal.sqlite3"), heard_from(file).made[-1].id)
    )
    opening = ByHand(uuid7(), Method.EXIT)
    an_attendant(gate, journal, file).open_by_hand(opening)
    assert told == [(str(opening.id), str(opening.id))]
    assert waiting(tmp_path / "journal.sqlite3") is None
    journal.close()


def test_refusals_that_share_a_row_are_counted(tmp_path: Path, journal: Journal) -> None:
    file = tmp_path / "witness"
    attendant = an_attendant(AtTheGate(), journal, file)
    for _ in range(5):
        attendant.attend(Claim(Method.FACE, doubt=Reason.UNKNOWN))
    said = heard_from(file)
    assert (len(said.made), said.counted) == (3, 2)
    assert [one.seq for one in said.made] == [2, 3, 4]
    journal.close()


def test_what_was_not_committed_is_not_told(tmp_path: Path) -> None:
    gate, file = AtTheGate(), tmp_path / "witness"
    gate.records.fill()
    an_attendant(gate, gate.records, file).open_by_hand(ByHand(uuid7(), Method.GUARD))
    assert (heard_from(file).made, heard_from(file).let_out) == ([], [])
    with pytest.raises(NoRecord):
        gate.records._check()


@pytest.mark.promise(13)
def test_the_witness_hears_that_somebody_is_let_out_before_the_door_moves(tmp_path: Path) -> None:
    gate, file, told = AtTheGate(), tmp_path / "witness", list[tuple[int, list[int]]]()
    gate.records.fill()
    gate.door.afterwards = lambda: told.append((len(heard_from(file).made), heard_from(file).let_out))
    an_attendant(gate, gate.records, file).open_by_hand(ByHand(uuid7(), Method.EXIT))
    ((made, let_out),) = told
    assert (made, len(let_out)) == (0, 1)
    assert let_out[0] <= time.monotonic() * 1000


def test_a_witness_that_never_spoke_says_nothing(tmp_path: Path) -> None:
    assert heard_from(tmp_path / "none").made == []
