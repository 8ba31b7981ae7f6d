"""Everything one gate needs to decide alone: people, templates, PINs, passes, keys.

Encoded as a length, a JSON head, and the templates as one block of little-endian float32 rows, so that ten
thousand people are read without parsing their numbers.
"""

import struct
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.dataclasses import dataclass as read_dataclass

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


IN_SLOTS: Final = ConfigDict(extra="ignore")
"""What there is one of for each person is read into slots: as a Wire it would be three times as large, and ten thousand
people as large in memory as their templates."""


@read_dataclass(frozen=True, slots=True, config=IN_SLOTS)
class RosterPerson:
    """Someone who may pass here, within the window where one is set."""

    id: PersonId
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    second_credential: bool = False  # a known look-alike: face alone does not open


class RosterPair(Wire):
    """Two people, by index in `people`, who were taken for each other: while both are near, no face alone opens."""

    one: Annotated[int, Field(ge=0)]
    other: Annotated[int, Field(ge=0)]


@read_dataclass(frozen=True, slots=True, config=IN_SLOTS)
class RosterPin:
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
    """A roster with its templates: float32, little-endian, `len(roster.rows)` rows of `roster.width`.

    Templates that were read in place are a view of the bytes they came in; nobody changes those any more.
    """

    roster: Roster
    templates: bytes | memoryview = field(repr=False)

    def __post_init__(self) -> None:
        wanted = len(self.roster.rows) * self.roster.width * FLOAT32_BYTES
        if len(self.templates) != wanted:
            raise WireError(Fault.MALFORMED, "Roster", f"{len(self.templates)} template bytes, not {wanted}")
        if self.roster.rows and max(self.roster.rows) >= len(self.roster.people):
            raise WireError(Fault.MALFORMED, "Roster", "a row belongs to nobody")
        pairs, seen = self.roster.confusable or [], set(self.roster.rows)
        if any(pair.one == pair.other or not {pair.one, pair.other} <= seen for pair in pairs):
            raise WireError(Fault.MALFORMED, "Roster", "a pair is not two people with templates")


def roster_pieces(body: RosterBody) -> tuple[bytes, bytes | memoryview]:
    """What `encode_roster` joins: for whoever needs no copy of the templates."""
    head = body.roster.encode()
    return _LENGTH.pack(len(head)) + head, body.templates


def encode_roster(body: RosterBody) -> bytes:
    """The bytes whose SHA-256 a manifest carries."""
    return b"".join(roster_pieces(body))


def decode_roster(data: bytes) -> RosterBody:
    """Raises WireError for anything that is not a whole roster."""
    roster, begin = _head(memoryview(data))
    return RosterBody(roster, data[begin:])


def decode_roster_within(data: memoryview) -> RosterBody:
    """Like `decode_roster`, but the templates stay in `data`: a copy of a large gallery would be as large again.

    They are moved forward to a multiple of four, where float32 numbers are read in place. So `data` must be writable,
    begin at such a place itself, and is no encoded roster afterwards. Raises WireError.
    """
    roster, begin = _head(data)
    place = begin - begin % FLOAT32_BYTES
    templates = data[place : place + len(data) - begin]
    templates[:] = data[begin:]
    return RosterBody(roster, templates.toreadonly())


def _head(data: memoryview) -> tuple[Roster, int]:
    """The head, and where the templates begin."""
    if len(data) < _LENGTH.size:
        raise WireError(Fault.MALFORMED, "Roster", "cut short")
    (length,) = _LENGTH.unpack_from(data)
    begin = _LENGTH.size + length
    if len(data) < begin:
        raise WireError(Fault.MALFORMED, "Roster", "cut short")
    return Roster.decode(bytes(data[_LENGTH.size : begin]), limit=LARGEST_ROSTER), begin
