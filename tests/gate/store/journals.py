"""Builders for journals: a gate on a spring morning."""

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
