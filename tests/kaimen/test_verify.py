"""`kaimen verify` names the first bad link, on the server and on a gate's disk."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, Executable, delete, insert, select, text, update
from typer.testing import CliRunner

from admin.db.chain import discard, purge
from admin.db.session import reading, writing
from admin.db.tables import (
    Alarm,
    Audit,
    Compound,
    Gate,
    GateEpoch,
    PartPurge,
    Passage,
    Person,
    Place,
    PurgeReason,
    Quarantine,
)
from admin.ingest.arrival import Arrival, read
from admin.ingest.receipts import advance, open_epochs
from admin.ingest.record import record
from contracts.ids import EpochId, GateId, PersonId
from contracts.receipt import Missing
from kaimen.cli import app
from kaimen.state import CannotStart
from kaimen.verify import Report, verify_journal, verify_register
from kaimen.walk import Fault, Finding, Walked
from tests.chains import NOON, Chain
from tests.databases import a_register
from tests.gate.store.journals import MORNING, NOBODY, SOMEBODY, a_grant, a_journal, a_receipt, a_refusal
from tests.kaimen.conftest import a_state

GATE = GateId("gate-main")
SOMEBODY_HERE, SOMEBODY_ELSE = uuid4(), uuid4()


@dataclass
class Register:
    """A register on disk with one gate's record in two epochs."""

    root: Path
    engine: Engine
    chains: list[Chain]

    def change(self, statement: Executable) -> None:
        with writing(self.engine) as session:
            session.execute(statement)

    def walked(self) -> Walked:
        return verify_register(self.root).chains[GATE]

    @property
    def bad(self) -> Finding | None:
        return self.walked().bad


@pytest.fixture
def register(tmp_path: Path, database: str) -> Iterator[Register]:
    folder = a_state(tmp_path / "state", database)
    engine = a_register(database)
    with writing(engine) as session:
        session.add(Place(id=1, kind="compound", name_zh="梧桐苑", name_en="Wutong Court", path="/1/"))
        session.add(Place(id=2, kind="compound", name_zh="海棠苑", name_en="Haitang Court", path="/2/"))
        session.flush()
        session.add(Compound(place_id=1, wire_id="wutong", operator_zh="红", operator_en="Red", phone="0"))
        session.add_all([_gate(), *(_person(number) for number in (SOMEBODY_HERE, SOMEBODY_ELSE))])
    first = Chain(GATE)
    before = [("alarm", first.opened().encode()), *(("passage", first.passage().encode()) for _ in range(4))]
    second = Chain(GATE)
    after = [("alarm", second.opened(first.place).encode()), ("passage", second.passage().encode())]
    ingest(engine, [*before, *after])
    yield Register(folder.root, engine, [first, second])
    engine.dispose()


def _gate() -> Gate:
    names = {"name_zh": "南门", "name_en": "South gate", "direction": "in", "liveness": "warn"}
    secrets = {"credential_hash": "0" * 64, "seal_key": bytes(32)}
    return Gate(id=GATE, compound_id=1, place_id=1, added_at=NOON, **names, **secrets)


def _person(number: UUID) -> Person:
    ids = {"wire_id": f"p-{number}", "vault_id": f"v-{number}"}
    return Person(id=number, compound_id=1, name="王小明", added_at=NOON, **ids)


def ingest(engine: Engine, messages: list[tuple[str, bytes]]) -> None:
    readings = [read(Arrival(f"kaimen/v1/wutong/{GATE}/{name}", payload)) for name, payload in messages]
    with writing(engine) as session:
        done = record(session, readings, NOON)
        open_epochs(session, done.alarms, NOON)
        advance(session, done.epochs, NOON)


def say_removed(register: Register, chain: Chain, seq: int) -> None:
    """Entries as for an expired link: neither part need be here."""
    place = {"gate_id": GATE, "epoch": chain.epoch, "first": seq, "last": seq}
    with writing(register.engine) as session:
        session.add_all(PartPurge(part=part, why="expired", at=NOON, **place) for part in ("who", "what"))


@pytest.mark.promise(11)
def test_a_chain_as_received_is_whole(register: Register) -> None:
    walked = register.walked()
    assert (walked.links, walked.epochs, walked.bad) == (7, 2, None)


CHANGES: dict[str, tuple[Callable[[Chain], object], int, Fault]] = {
    "a text was changed": (
        lambda _: update(Passage).where(Passage.seq == 3).values(what_text=b"{}"),
        3,
        Fault.BAD_PART,
    ),
    "text and commitment were changed": (
        lambda _: update(Passage).where(Passage.seq == 3).values(what_commitment="ab" * 32),
        3,
        Fault.BAD_HASH,
    ),
    "a salt alone was removed": (
        lambda _: update(Passage).where(Passage.seq == 3).values(who_salt=None),
        3,
        Fault.BAD_PART,
    ),
    "a hash was changed": (
        lambda _: update(Passage).where(Passage.seq == 3).values(hash="ab" * 32),
        3,
        Fault.BAD_HASH,
    ),
    "a row was removed": (lambda _: delete(Passage).where(Passage.seq == 3), 3, Fault.GAP),
    "the first row was removed": (
        lambda chain: delete(Alarm).where(Alarm.epoch == chain.epoch),
        1,
        Fault.GAP,
    ),
    "the last row was removed": (
        lambda chain: delete(Passage).where(Passage.epoch == chain.epoch, Passage.seq == 5),
        5,
        Fault.GAP,
    ),
}


@pytest.mark.promise(11)
@pytest.mark.parametrize(("change", "seq", "fault"), CHANGES.values(), ids=CHANGES)
def test_whatever_is_changed_in_the_register_is_the_first_bad_link(
    register: Register, change: Callable[[Chain], Executable], seq: int, fault: Fault
) -> None:
    first = register.chains[0]
    register.change(change(first))
    bad = register.bad
    assert bad is not None
    assert (bad.epoch, bad.seq, bad.fault) == (first.epoch, seq, fault)


@pytest.mark.promise(11)
@pytest.mark.parametrize(
    "shown", [{"outcome": "denied"}, {"at": MORNING}, {"compound_id": 2}, {"person_id": SOMEBODY_ELSE}]
)
def test_a_column_that_says_something_else_is_found(register: Register, shown: dict[str, object]) -> None:
    register.change(update(Passage).where(Passage.seq == 3).values(**shown))
    assert register.bad == Finding(register.chains[0].epoch, 3, Fault.MISREAD)


@pytest.mark.promise(11)
def test_whose_a_passage_was_is_what_its_text_says(register: Register) -> None:
    named = register.chains[1].passage(PersonId(f"p-{SOMEBODY_HERE}"))
    ingest(register.engine, [("passage", named.encode())])
    assert register.bad is None
    register.change(update(Passage).where(Passage.hash == named.hash).values(person_id=None))
    assert register.bad == Finding(named.epoch, named.seq, Fault.MISREAD)


@pytest.mark.promise(11)
def test_a_link_made_anew_does_not_carry_the_next(register: Register) -> None:
    """Whoever rewrites a whole link, hash and all, would have to rewrite all that follow, and the cursor."""
    first = register.chains[0]
    forged = Chain(GATE, epoch=first.epoch, seq=2)
    with reading(register.engine) as session:
        real = session.scalars(select(Passage).where(Passage.epoch == first.epoch, Passage.seq == 3)).one()
        forged.last = real.previous
        made = forged.passage()
    register.change(
        update(Passage)
        .where(Passage.id == real.id)
        .values(
            hash=made.hash,
            who_commitment=made.who.commitment,
            who_salt=None,
            who_text=None,
            what_commitment=made.what.commitment,
            what_salt=None,
            what_text=None,
        )
    )
    say_removed(register, first, 3)
    assert register.bad == Finding(first.epoch, 4, Fault.NOT_FOLLOWING)


@pytest.mark.promise(11)
def test_a_rewritten_tail_does_not_end_where_the_cursor_says(register: Register) -> None:
    second = register.chains[1]
    forged = Chain(GATE, epoch=second.epoch, seq=1)
    with reading(register.engine) as session:
        real = session.scalars(select(Passage).where(Passage.epoch == second.epoch)).one()
    forged.last = real.previous
    made = forged.passage()
    register.change(
        update(Passage)
        .where(Passage.id == real.id)
        .values(
            hash=made.hash,
            who_commitment=made.who.commitment,
            who_salt=None,
            who_text=None,
            what_commitment=made.what.commitment,
            what_salt=None,
            what_text=None,
        )
    )
    say_removed(register, second, 2)
    assert register.bad == Finding(second.epoch, 2, Fault.BAD_HASH)


@pytest.mark.promise(11)
def test_an_erased_person_leaves_a_chain_that_verifies(register: Register) -> None:
    register.change(update(Passage).where(Passage.seq == 3).values(who_salt=None, who_text=None))
    bad = register.bad
    assert bad is not None
    assert (bad.seq, bad.fault) == (3, Fault.REMOVED)
    say_removed(register, register.chains[0], 3)
    walked = register.walked()
    assert (walked.erased, walked.bad) == (1, None)


@pytest.mark.promise(11)
def test_a_hole_with_an_entry_is_in_order(register: Register) -> None:
    first = register.chains[0]
    register.change(delete(Passage).where(Passage.epoch == first.epoch, Passage.seq.in_([2, 3])))
    with writing(register.engine) as session:
        lost = Missing(epoch=first.epoch, first=1, last=3)
        purge(session, GATE, lost, PurgeReason.GONE, NOON)
    walked = register.walked()
    assert (walked.excused, walked.links, walked.bad) == (2, 5, None)


def test_a_gap_that_is_asked_for_is_told_and_no_fault(register: Register) -> None:
    second = register.chains[1]
    second.passage()
    ingest(register.engine, [("passage", second.passage().encode())])
    walked = register.walked()
    assert (walked.awaited, walked.bad) == (1, None)


def test_a_quarantined_message_keeps_its_place_also_once_it_is_discarded(register: Register) -> None:
    second = register.chains[1]
    newer = json.dumps(json.loads(second.passage().encode()) | {"v": 2}).encode()
    ingest(register.engine, [("passage", newer), ("passage", second.passage().encode())])
    assert (register.walked().excused, register.bad) == (1, None)
    with writing(register.engine) as session:
        discard(session, session.scalars(select(Quarantine)).all(), NOON)
    assert (register.walked().excused, register.bad) == (1, None)


@pytest.mark.promise(11)
def test_an_epoch_that_was_removed_whole_is_missed_by_the_next(register: Register) -> None:
    first = register.chains[0]
    for statement in (
        text("DELETE FROM alarm WHERE epoch = :epoch").bindparams(epoch=first.epoch),
        delete(Passage).where(Passage.epoch == first.epoch),
        delete(GateEpoch).where(GateEpoch.epoch == first.epoch),
    ):
        register.change(statement)
    assert register.bad == Finding(first.epoch, 5, Fault.GAP)


def test_links_of_an_epoch_without_a_cursor_are_walked_too(register: Register) -> None:
    register.change(delete(GateEpoch))
    register.change(delete(Passage).where(Passage.seq == 4))
    bad = register.bad
    assert bad is not None
    assert (bad.seq, bad.fault) == (4, Fault.GAP)


@pytest.mark.promise(11)
def test_the_command_ends_with_one_and_one_line_where_something_is_wrong(register: Register) -> None:
    words = ["verify", "--state", str(register.root), "--json"]
    assert CliRunner().invoke(app, words).exit_code == 0
    register.change(delete(Passage).where(Passage.seq == 3))
    told = CliRunner().invoke(app, words)
    report = json.loads(told.stdout)
    assert (told.exit_code, report["ok"]) == (1, False)
    assert report["chains"][GATE]["bad"] == {
        "epoch": register.chains[0].epoch,
        "seq": 3,
        "fault": "gap",
    }


@pytest.mark.promise(11)
def test_a_changed_audit_entry_is_found(register: Register) -> None:
    entry = {"seq": 1, "principal": "account:1", "act": "x", "subject": "y", "details": "{}"}
    values = entry | {"previous": "0" * 64, "hash": "1" * 64}
    register.change(text("DELETE FROM audit"))
    with writing(register.engine) as session:
        session.execute(insert(Audit).values(at=NOON, **values))
    report = verify_register(register.root)
    assert (report.ok, report.audit) == (False, 1)
    assert "audit: BAD at entry 1" in report.as_text()


def test_a_folder_without_a_register_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="no register"):
        verify_register(tmp_path)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A gate's file: two epochs, a counted burst, some of it receipted and forgotten."""
    path = tmp_path / "journal.sqlite3"
    journal = a_journal(path)
    for second in range(8):
        at = {"at": MORNING + timedelta(seconds=second), "monotonic_ms": 2000 + second}
        journal.write_refusal(NOBODY, a_refusal().model_copy(update=at))
    passages = [journal.write_passage(SOMEBODY, a_grant()) for _ in range(4)]
    for passage in passages:
        journal.pulse_is_done(passage.read_what().id, True, 1)
    journal.obey(a_receipt(passages[1].place))
    journal.obey(a_receipt(at=MORNING + timedelta(days=3)))
    journal.forget_receipted(MORNING + timedelta(days=3))
    journal.close()
    again = a_journal(path)
    again.write_passage(NOBODY, a_refusal())
    again.close()
    return path


def tampered(path: Path, statement: str) -> Report:
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()
    return verify_journal(path)


@pytest.mark.promise(11)
def test_a_gates_own_file_is_whole_also_after_it_has_forgotten(journal: Path) -> None:
    walked = verify_journal(journal).chains[journal.name]
    assert walked.bad is None
    assert (walked.epochs, walked.excused, walked.links) == (2, 6, 5)


FILE_CHANGES = {
    "a row was removed": ("DELETE FROM link WHERE seq = 7", Fault.GAP),
    "a row was changed": ("UPDATE link SET message = x'00' WHERE seq = 7", Fault.UNREADABLE),
    "a hash was changed": ("UPDATE link SET hash = 'ab' WHERE seq = 7", Fault.UNREADABLE),
    "the note of what was forgotten was removed": ("DELETE FROM forgotten", Fault.GAP),
}


@pytest.mark.promise(11)
@pytest.mark.parametrize(("statement", "fault"), FILE_CHANGES.values(), ids=FILE_CHANGES)
def test_whatever_is_changed_in_a_gates_file_is_a_bad_link(
    journal: Path, statement: str, fault: Fault
) -> None:
    report = tampered(journal, statement)
    bad = report.chains[journal.name].bad
    assert bad is not None
    assert bad.fault is fault
    assert not report.ok


@pytest.mark.promise(11)
def test_the_lost_tail_of_an_epoch_is_missed_by_the_next(journal: Path) -> None:
    with sqlite3.connect(journal) as db:
        (epoch, seq) = db.execute(
            "SELECT epoch, max(seq) FROM link GROUP BY epoch ORDER BY min(row)"
        ).fetchone()
    db.close()
    report = tampered(journal, f"DELETE FROM link WHERE epoch = '{epoch}' AND seq = {seq}")
    assert report.chains[journal.name].bad == Finding(EpochId(epoch), seq, Fault.GAP)


def test_a_file_that_is_no_journal_is_said(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"nothing")
    with pytest.raises(CannotStart, match="cannot be read"):
        verify_journal(tmp_path / "other")
