"""A register that a test writes line by line, and what dispatch talks to: a vault and a broker of paper."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Engine, select

from admin.db.session import writing
from admin.db.tables import (
    Confusion,
    Consent,
    ConsentText,
    Face,
    Gate,
    GateState,
    Household,
    Membership,
    Person,
    Pin,
    Place,
    Visit,
    VisitGate,
)
from admin.dispatch.body import Keys
from admin.vault.templates import StoredFace
from contracts.ids import GateId, ModelId
from contracts.roster import RosterBody
from contracts.sealing import seal
from tests.chains import NOON

MODEL = ModelId("sface")
ONES, TWOS = struct.pack("<4f", 1, 1, 1, 1), struct.pack("<4f", 2, 2, 2, 2)


class Look(Protocol):
    """A turn of dispatch, then the roster as the gate opens it. `changed` raises the revision first."""

    def __call__(self, gate: GateId, changed: bool = True) -> RosterBody: ...


class Town(Protocol):
    """Ids of the two compounds that the fixture `town` lays."""

    street: int
    compound: int
    units: dict[str, int]
    other_compound: int


class MovableClock(Protocol):
    """Time that passes when told to."""

    def __call__(self) -> datetime: ...

    def pass_by(self, time: timedelta) -> None: ...


class FakeVault:
    """Faces in a dictionary."""

    def __init__(self) -> None:
        self.faces: dict[str, StoredFace] = {}

    def read_many(self, vault_ids: Sequence[str]) -> dict[str, StoredFace]:
        return {one: self.faces[one] for one in vault_ids if one in self.faces}


class FakeAnnouncer:
    """Notes what is published."""

    def __init__(self) -> None:
        self.connection = 1
        self.published: list[tuple[str, bytes]] = []
        self.retained: list[bool] = []

    def publish(self, topic: str, payload: bytes, retain: bool = True) -> None:
        self.published.append((topic, payload))
        self.retained.append(retain)


@dataclass
class Register:
    """Writes what a test needs, one committed transaction a call."""

    engine: Engine
    town: Town
    keys: Keys
    vault: FakeVault
    gate_key: X25519PrivateKey
    web_key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)

    @property
    def compound(self) -> int:
        return self.town.compound

    def unit(self, name: str) -> int:
        return self.town.units[name]

    def gate(self, gate_id: str, place: int, model: str = MODEL) -> GateId:
        with writing(self.engine) as session:
            session.add(
                Gate(
                    id=gate_id,
                    compound_id=self.compound,
                    place_id=place,
                    name_zh="门",
                    name_en="Door",
                    credential_hash="0" * 64,
                    seal_key=self.gate_key.public_key().public_bytes_raw(),
                    added_at=NOON,
                )
            )
            session.flush()
            session.add(GateState(gate_id=gate_id, model=model))
        return GateId(gate_id)

    def building_of(self, unit: str) -> int:
        with writing(self.engine) as session:
            parent = session.get_one(Place, self.unit(unit)).parent_id
        assert parent is not None
        return parent

    def person(self, name: str, compound: int | None = None) -> UUID:
        with writing(self.engine) as session:
            row = Person(
                compound_id=compound or self.compound,
                wire_id=name,
                vault_id=f"vault-{name}",
                name="王小明",
                added_at=NOON,
            )
            session.add(row)
        return row.id

    def lives(
        self, person: UUID, unit: str, room: str, since: datetime = NOON, until: datetime | None = None
    ) -> None:
        with writing(self.engine) as session:
            home = session.scalars(
                select(Household).where(Household.unit_id == self.unit(unit), Household.room == room)
            ).one_or_none() or Household(unit_id=self.unit(unit), room=room)
            session.add(home)
            session.flush()
            session.add(
                Membership(person_id=person, household_id=home.id, role="owner", since=since, until=until)
            )

    def enrol(self, person: UUID, numbers: bytes, model: str = MODEL, look_alike: bool = False) -> None:
        with writing(self.engine) as session:
            vault_id = session.get_one(Person, person).vault_id
            session.add(
                Face(
                    person_id=person,
                    model=model,
                    templates=1,
                    enrolled_at=NOON,
                    look_alike=look_alike,
                )
            )
        self.vault.faces[vault_id] = StoredFace(ModelId(model), (numbers,))

    def taken_for(
        self, person: UUID, other: UUID | None = None, known_by: str = "passage", at: datetime = NOON
    ) -> None:
        """`person` was taken for at a gate; it was `other`, or nobody of the register."""
        with writing(self.engine) as session:
            session.add(Confusion(person_id=person, other_id=other, known_by=known_by, at=at))

    def consent(self, person: UUID, agreed: bool = True) -> None:
        with writing(self.engine) as session:
            for text in session.scalars(select(ConsentText).where(ConsentText.kind.in_(["face", "central"]))):
                session.add(
                    Consent(
                        person_id=person,
                        kind=text.kind,
                        text_id=text.id,
                        agreed=agreed,
                        at=NOON,
                        channel="desk",
                    )
                )

    def pin(self, person: UUID, pin: str) -> None:
        with writing(self.engine) as session:
            sealed = seal(self.keys.own.public_key(), "pin", pin.encode())
            session.add(Pin(person_id=person, sealed=sealed, set_at=NOON))

    def visit(self, *gates: str, until: datetime | None = None, pin: str = "12345678") -> Visit:
        with writing(self.engine) as session:
            visit = Visit(
                id=uuid4(),
                pass_id=uuid4().hex,
                compound_id=self.compound,
                visitor="客",
                since=NOON,
                until=until or NOON + timedelta(hours=2),
                uses=2,
                link_hash=uuid4().hex,
                link_sealed=b"",
                pin_sealed=seal(self.keys.own.public_key(), "visitor pin", pin.encode()),
                made_at=NOON,
            )
            session.add(visit)
            session.flush()
            for position, gate in enumerate(gates):
                session.add(VisitGate(visit_id=visit.id, gate_id=gate, position=position))
        return visit
