"""Rows that pages show: passages as ingest leaves them, passes, gates with a credential."""

import hashlib
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from admin.db.session import writing
from admin.db.tables.gates import Gate
from admin.db.tables.passages import Alarm, Passage
from admin.db.tables.places import Place
from admin.security.keys import load_seal_public
from admin.security.permissions import PERMISSIONS, RESIDENT, Role
from admin.security.principals import Principal, PrincipalKind
from admin.security.scope import Scope
from admin.settings import WebSettings
from admin.web.visits.passes import Seals
from admin.web.visits.service import MadeVisit, NewVisit, make_visit
from contracts.chain import Part, commit, link_hash
from contracts.ids import EpochId
from contracts.passage import PassageWhat
from tests.admin.conftest import NOON, a_household, a_person

CREDENTIAL = "credential of the south gate"
EPOCH = EpochId("epoch-1")
HOUR = timedelta(hours=1)


def a_chained(
    gate: str, seq: int, at: datetime, previous: str = "0" * 64, text: str = "{}"
) -> dict[str, Any]:
    """The columns that every link has, hashed as a gate hashes them; `text` says what happened."""
    who, what = commit("{}"), commit(text)
    return {
        "id": uuid4(),
        "gate_id": gate,
        "epoch": EPOCH,
        "seq": seq,
        "previous": previous,
        "hash": link_hash(EPOCH, seq, previous, who.commitment, what.commitment),
        **_part("who", who),
        **_part("what", what),
        "at": at,
        "recorded_at": at + timedelta(milliseconds=200),
    }


def a_passage(session: Session, gate: str, seq: int = 1, **columns: Any) -> Passage:
    """A plain grant by face at noon, unless said otherwise."""
    compound = session.get_one(Gate, gate).compound_id
    at, previous = columns.pop("at", NOON), columns.pop("previous", "0" * 64)
    id_ = columns.pop("id", uuid4())
    plain = {
        "id": id_,
        "compound_id": compound,
        "outcome": "granted",
        "reason": None,
        "method": "face",
        "direction": "in",
        "roster_version": 3,
        "score": 0.612,
        "margin": 0.31,
        "frames": 3,
        "waited_ms": 420,
    }
    shown: dict[str, Any] = {**plain, **columns}
    times = shown["times"] if shown.get("times", 1) > 1 else None
    what = PassageWhat.model_validate(
        {**shown, "times": times, "at": at, "boot": "boot-1", "monotonic_ms": 1}
    )
    chained = a_chained(gate, seq, at, previous, what.encode().decode())
    row = Passage(**{**chained, **shown})
    session.add(row)
    session.flush()
    return row


def an_alarm(session: Session, gate: str, seq: int, kind: str, at: datetime = NOON) -> Alarm:
    compound = session.get_one(Gate, gate).compound_id
    row = Alarm(**a_chained(gate, seq, at), compound_id=compound, kind=kind)
    session.add(row)
    session.flush()
    return row


def another_gate(session: Session, compound: int, gate_id: str, credential: str = "another") -> Gate:
    place = session.get_one(Place, compound)
    gate = Gate(
        id=gate_id,
        compound_id=compound,
        place_id=place.id,
        name_zh="北门",
        name_en="North gate",
        direction="in",
        credential_hash=hashlib.sha256(credential.encode()).hexdigest(),
        seal_key=bytes(32),
        added_at=NOON,
    )
    session.add(gate)
    session.flush()
    return gate


def give_credential(engine: Engine, gate: str, credential: str = CREDENTIAL) -> None:
    with writing(engine) as session:
        session.get_one(Gate, gate).credential_hash = hashlib.sha256(credential.encode()).hexdigest()


def staff(session: Session, place: int | None = None, role: Role = Role.STAFF) -> Principal:
    """An account's principal that needs no row: audit entries name it as a system process would be."""
    scope = Scope(session.get_one(Place, place).path) if place else Scope.everywhere()
    return Principal(PrincipalKind.PROCESS, "test", scope, PERMISSIONS[role])


def resident(session: Session, compound: int, person: UUID) -> Principal:
    scope = Scope(session.get_one(Place, compound).path, person_id=person)
    return Principal(PrincipalKind.RESIDENT, str(person), scope, RESIDENT)


def seals(settings: WebSettings) -> Seals:
    return Seals(
        web=load_seal_public(settings.public_keys / "web.pub"),
        dispatch=load_seal_public(settings.public_keys / "dispatch.pub"),
    )


def a_host(session: Session, compound: int, unit: int, name: str = "王建国", room: str = "3-1-1201") -> UUID:
    return a_person(session, compound, name, a_household(session, unit, room)).id


def a_visit(session: Session, settings: WebSettings, compound: int, **wanted: Any) -> MadeVisit:
    """A pass from now for an hour."""
    plain: dict[str, Any] = {"visitor": "刘晓彤", "since": NOON, "until": NOON + HOUR}
    made = make_visit(
        session, staff(session), NewVisit(compound, **{**plain, **wanted}), seals(settings), NOON
    )
    assert isinstance(made, MadeVisit), made
    return made


def _part(name: str, part: Part) -> dict[str, Any]:
    return {
        f"{name}_commitment": part.commitment,
        f"{name}_salt": b64decode(part.salt or ""),
        f"{name}_text": (part.text or "").encode(),
    }
