"""Everything one gate needs to decide alone: people, templates, PINs, passes, keys.

Encoded as a length, a JSON head, and the templates as one block of little-endian float32 rows, so that ten
thousand people are read without parsing their numbers.
"""

import struct
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, Field

from contracts.ids import CompoundId, GateId, KeyId, ModelId, PassId, PersonId
from contracts.wire import Base64, Fault, Hash, Message, Wire, WireError

LARGEST_ROSTER = 512 * 1024 * 1024
_LENGTH = struct.Struct(">I")
FLOAT32_BYTES = 4

Item = TypeVar("Item")
Listed = Annotated[list[Item], Field(fail_fast=True)]
"""A list that may be long: the first wrong entry ends the reading, else each would be kept as a fault of its own."""


class Name(Wire):
    """A place's name in both languages."""

    zh: Annotated[str, Field(max_length=64)]
    en: Annotated[str, Field(max_length=64)]


class RosterPerson(Wire):
    """Someone who may pass here, within the window where one is set."""

    id: PersonId
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    second_credential: bool = False  # a known look-alike: face alone does not open


class RosterPair(Wire):
    """Two people, by index in `people`, who were taken for each other: while both are near, no face alone opens."""

    one: Annotated[int, Field(ge=0)]
    other: Annotated[int, Field(ge=0)]


class RosterPin(Wire):
    """One person's PIN, typed together with the room."""

    person: PersonId
    mac: Hash


class RosterPass(Wire):
    """A visitor's pass the server knows. A connected gate refuses passes that are not here."""

    id: PassId
    since: AwareDatetime
    until: AwareDatetime
    uses: Annotated[int, Field(ge=1)]
    used: Annotated[int, Field(ge=0)] = 0
    cancelled: bool = False
    home: bool = False  # this gate may accept it when cut off from the server
    mac: Hash | None = None  # of the visitor's PIN


class PassKey(Wire):
    """A public key that signs visitors' passes."""

    id: KeyId
    public: Base64


class Roster(Message):
    """The head of a roster. `rows[i]` is the person, by index in `people`, of template row i.

    Both of a `confusable` pair have rows.
    """

    compound: CompoundId
    gate: GateId
    generation: Annotated[int, Field(ge=1)]
    version: Annotated[int, Field(ge=1)]
    made_at: AwareDatetime
    compound_name: Name
    gate_name: Name
    model: ModelId
    width: Annotated[int, Field(ge=1, le=4096)]  # numbers in one template
    people: Listed[RosterPerson] = []
    rows: Listed[Annotated[int, Field(ge=0)]] = []
    confusable: Listed[RosterPair] | None = None
    pin_key: Base64
    pins: Listed[RosterPin] = []
    passes: Listed[RosterPass] = []
    pass_keys: Listed[PassKey] = []


@dataclass(frozen=True, slots=True)
class RosterBody:
    """A roster with its templates: float32, little-endian, `len(roster.rows)` rows of `roster.width`."""

    roster: Roster
    templates: bytes = field(repr=False)

    def __post_init__(self) -> None:
        wanted = len(self.roster.rows) * self.roster.width * FLOAT32_BYTES
        if len(self.templates) != wanted:
            raise WireError(Fault.MALFORMED, "Roster", f"{len(self.templates)} template bytes, not {wanted}")
        if self.roster.rows and max(self.roster.rows) >= len(self.roster.people):
            raise WireError(Fault.MALFORMED, "Roster", "a row belongs to nobody")
        pairs, seen = self.roster.confusable or [], set(self.roster.rows)
        if any(pair.one == pair.other or not {pair.one, pair.other} <= seen for pair in pairs):
            raise WireError(Fault.MALFORMED, "Roster", "a pair is not two people with templates")


def encode_roster(body: RosterBody) -> bytes:
    """The bytes whose SHA-256 a manifest carries."""
    head = body.roster.encode()
    return _LENGTH.pack(len(head)) + head + body.templates


def decode_roster(data: bytes) -> RosterBody:
    """Raises WireError for anything that is not a whole roster."""
    if len(data) < _LENGTH.size:
        raise WireError(Fault.MALFORMED, "Roster", "cut short")
    (length,) = _LENGTH.unpack_from(data)
    head = data[_LENGTH.size : _LENGTH.size + length]
    if len(head) < length:
        raise WireError(Fault.MALFORMED, "Roster", "cut short")
    return RosterBody(Roster.decode(head, limit=LARGEST_ROSTER), data[_LENGTH.size + length :])
