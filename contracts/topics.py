"""Every topic, once: pattern, payload, quality of service, retain, direction."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from contracts.alarm import AlarmV1
from contracts.ids import CompoundId, GateId
from contracts.manifest import HaveV1
from contracts.order import ResultV1
from contracts.passage import PassageV1
from contracts.signing import SignedV1
from contracts.state import HealthV1, StateV1
from contracts.wire import Fault, Message, WireError

Way = Literal["from gate", "to gate"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of message. `signed` names the body's class where the payload is a signed envelope."""

    name: str
    payload: type[Message]
    qos: Literal[0, 1]
    retain: bool
    way: Way
    signed: str | None = None

    @property
    def pattern(self) -> str:
        return f"kaimen/v1/{{compound}}/{{gate}}/{self.name}"

    def at(self, compound: CompoundId, gate: GateId) -> str:
        """The topic of one gate."""
        return f"kaimen/v1/{compound}/{gate}/{self.name}"

    @property
    def everywhere(self) -> str:
        """The filter that takes this kind from every gate."""
        return f"kaimen/v1/+/+/{self.name}"


STATE: Final = Topic("state", StateV1, qos=1, retain=True, way="from gate")
HEALTH: Final = Topic("health", HealthV1, qos=0, retain=False, way="from gate")
PASSAGE: Final = Topic("passage", PassageV1, qos=1, retain=False, way="from gate")
ALARM: Final = Topic("alarm", AlarmV1, qos=1, retain=False, way="from gate")
HAVE: Final = Topic("have", HaveV1, qos=1, retain=True, way="from gate")
RESULT: Final = Topic("result", ResultV1, qos=1, retain=False, way="from gate")
RECEIPT: Final = Topic("receipt", SignedV1, qos=1, retain=True, way="to gate", signed="Receipt")
WANT: Final = Topic("want", SignedV1, qos=1, retain=True, way="to gate", signed="Manifest")
# A kept order would reopen a door.
ORDER: Final = Topic("order", SignedV1, qos=1, retain=False, way="to gate", signed="Order")
STANDING: Final = Topic("standing", SignedV1, qos=1, retain=True, way="to gate", signed="Standing")

TOPICS: Final = (STATE, HEALTH, PASSAGE, ALARM, HAVE, RESULT, RECEIPT, WANT, ORDER, STANDING)
_BY_NAME: Final = {topic.name: topic for topic in TOPICS}
_SHAPE: Final = re.compile(r"kaimen/v1/([a-z0-9-]{1,64})/([a-z0-9-]{1,64})/([a-z]{1,16})")


@dataclass(frozen=True, slots=True)
class Address:
    """What a topic says of the message on it."""

    topic: Topic
    compound: CompoundId
    gate: GateId


@lru_cache(maxsize=4096)
def read_topic(text: str) -> Address:
    """Raises WireError for a topic that is not in the list. Gates say the same few again and again."""
    match = _SHAPE.fullmatch(text)
    topic = _BY_NAME.get(match.group(3)) if match else None
    if match is None or topic is None:
        raise WireError(Fault.UNKNOWN_TOPIC, "topic")
    try:
        return Address(topic, CompoundId(match.group(1)), GateId(match.group(2)))
    except ValueError:
        raise WireError(Fault.UNKNOWN_TOPIC, "topic") from None
