"""What comes from the broker, and what is made of it before the database is asked. Pure."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC
from typing import Final, TypeVar, cast

from contracts.alarm import AlarmV1, AlarmWhat
from contracts.chain import Link
from contracts.ids import EpochId
from contracts.manifest import HaveV1
from contracts.order import ResultV1
from contracts.passage import PassageV1, PassageWhat, PassageWho
from contracts.state import HealthV1, StateV1
from contracts.topics import Address, read_topic
from contracts.wire import Fault, Message, WireError

What = TypeVar("What", PassageWhat, AlarmWhat)
HIGHEST_SEQ: Final = 2**31 - 1  # what the column takes; a gate needs years of one start to come near
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as received. `connection` is the one it came over: its `mid` means nothing on another."""

    topic: str
    payload: bytes = field(repr=False)
    qos: int = 1
    mid: int = 0
    connection: int = 0


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage whose hash and commitments hold, with both texts read."""

    link: PassageV1
    who: PassageWho
    what: PassageWhat


@dataclass(frozen=True, slots=True)
class ReadAlarm:
    """An alarm whose hash and commitments hold, with its text read."""

    link: AlarmV1
    what: AlarmWhat


Content = ReadPassage | ReadAlarm | StateV1 | HealthV1 | HaveV1 | ResultV1


@dataclass(frozen=True, slots=True)
class Claimed:
    """The place in a gate's chain that a message nobody could take says it has."""

    epoch: EpochId
    seq: int
    hash: str | None


@dataclass(frozen=True, slots=True)
class Poison:
    """A message that cannot be taken, and why. `address` is None where not even its topic could be read."""

    arrival: Arrival
    fault: str
    detail: str
    address: Address | None = None
    claimed: Claimed | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that says what it should."""

    arrival: Arrival
    address: Address
    content: Content


def read(arrival: Arrival) -> Taken | Poison:
    """The message decoded and checked against itself and its topic; never raises."""
    address: Address | None = None
    try:
        address = read_topic(arrival.topic)
        return Taken(arrival, address, _content(address, arrival.payload))
    except WireError as wrong:
        return poison(arrival, wrong, address)
    except (ValueError, OverflowError):  # a salt that is not base64, a time that has no place in UTC
        return poison(arrival, WireError(Fault.MALFORMED, "payload", "a value out of range"), address)


def poison(arrival: Arrival, wrong: WireError, address: Address | None) -> Poison:
    """The message as refused; its place is kept where it can be read, so that no cursor waits for it."""
    claimed = claimed_place(arrival.payload) if address and issubclass(address.topic.payload, Link) else None
    return Poison(arrival, wrong.fault.value, str(wrong)[:256], address, claimed)


def claimed_place(payload: bytes) -> Claimed | None:
    """Epoch, seq and hash out of whatever this is; None where they are not there."""
    try:
        found = cast(object, json.loads(payload))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    fields = cast(dict[str, object], found)
    epoch, seq, hash_ = fields.get("epoch"), fields.get("seq"), fields.get("hash")
    if not isinstance(epoch, str) or type(seq) is not int or not 1 <= seq <= HIGHEST_SEQ:
        return None
    try:
        known = hash_ if isinstance(hash_, str) and _HASH.fullmatch(hash_) else None
        return Claimed(EpochId(epoch), seq, known)
    except ValueError:
        return None


def _content(address: Address, payload: bytes) -> Content:
    message = address.topic.payload.decode(payload)
    content = _checked(message)
    gate = content.link.gate if isinstance(content, ReadPassage | ReadAlarm) else content.gate
    if gate != address.gate:
        raise WireError(Fault.WRONG_GATE, type(message).__name__)
    return content


def _checked(message: Message) -> Content:
    match message:
        case PassageV1():
            _check_link(message)
            return ReadPassage(message, message.read_who(), _in_time(message.read_what()))
        case AlarmV1():
            _check_link(message)
            return ReadAlarm(message, _in_time(message.read_what()))
        case StateV1() | HealthV1() | HaveV1() | ResultV1():
            return message
        case _:  # a kind that goes to gates: the broker's rights keep it away
            raise WireError(Fault.UNKNOWN_TOPIC, type(message).__name__)


def _check_link(link: Link) -> None:
    """Raises WireError for a link that does not hold, OverflowError for a place beyond counting."""
    if link.seq > HIGHEST_SEQ:
        raise OverflowError
    link.check()


def _in_time(what: What) -> What:
    """Raises OverflowError for a time so far off that it cannot be told in UTC."""
    what.at.astimezone(UTC)
    return what
