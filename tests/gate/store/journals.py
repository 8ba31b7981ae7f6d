"""Builders for journals: a gate on a spring morning."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.chain import Place
from contracts.ids import BootId, GateId, PersonId, uuid7
from contracts.passage import PassageWhat, PassageWho
from contracts.receipt import Missing, Receipt
from contracts.words import AlarmKind, Direction, Method, Outcome, Reason
from gate.store.journal import AlarmStamp, Journal, JournalLimits, StoredLink

GATE = GateId("east-gate")
BOOT = BootId("b1")
MORNING = datetime(2027, 3, 1, 7, 30, tzinfo=UTC)
SOMEBODY = PassageWho(person=PersonId("0123456789abcdef0123456789abcdef"))
NOBODY = PassageWho()
SMALL = JournalLimits(capacity=20, kept_for_grants=2)


def a_journal(path: Path, at: datetime = MORNING, limits: JournalLimits | None = None) -> Journal:
    return Journal(path, GATE, BOOT, AlarmStamp(at, 1000), limits)


def a_grant(at: datetime = MORNING) -> PassageWhat:
    return PassageWhat(
        id=uuid7(),
        at=at,
        boot=BOOT,
        monotonic_ms=2000,
        outcome=Outcome.GRANTED,
        method=Method.FACE,
        direction=Direction.IN,
        roster_version=3,
        score=0.41,
        margin=0.5,
    )


def a_refusal(at: datetime = MORNING) -> PassageWhat:
    refused = {"id": uuid7(), "outcome": Outcome.DENIED, "reason": Reason.UNKNOWN}
    return a_grant(at).model_copy(update=refused)


def an_alarm(kind: AlarmKind = AlarmKind.CAMERA_LOST, at: datetime = MORNING) -> AlarmWhat:
    return AlarmWhat(id=uuid7(), at=at, boot=BOOT, monotonic_ms=3000, kind=kind)


def a_receipt(
    *upto: Place,
    generation: int = 1,
    missing: tuple[Missing, ...] = (),
    at: datetime = MORNING + timedelta(minutes=1),
) -> Receipt:
    return Receipt(
        gate=GATE,
        generation=generation,
        at=at,
        upto=list(upto),
        missing=list(missing),
    )


def everything(journal: Journal) -> list[StoredLink]:
    return journal.unsent(after=0, limit=1000)


def alarms(journal: Journal) -> list[AlarmKind]:
    return [s.link.read_what().kind for s in everything(journal) if isinstance(s.link, AlarmV1)]


def hold(path: Path, links: int) -> None:
    """Puts so many links without a receipt into a journal's file, without the hours it would take to write them."""
    with sqlite3.connect(path) as db:
        (message,) = db.execute("SELECT message FROM link ORDER BY row LIMIT 1").fetchone()
        db.execute(
            "WITH RECURSIVE n(seq) AS (SELECT 2 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?)"
            " INSERT INTO link (epoch, seq, hash, kind, id, at, message)"
            " SELECT (SELECT epoch FROM link LIMIT 1), seq, printf('%064x', seq), 'alarm', seq, 0, ? FROM n",
            (links, message),
        )
    db.close()
