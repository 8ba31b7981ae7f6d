"""What the server says to this gate: signatures checked, other gates' messages refused, then passed on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from contracts.ids import CompoundId, GateId
from contracts.manifest import Manifest
from contracts.receipt import Receipt
from contracts.signing import SignedV1, TrustedKeys, open_signed
from contracts.topics import RECEIPT, WANT, Topic, read_topic
from contracts.wire import Fault, WireError

log = structlog.get_logger()

Body = TypeVar("Body", Receipt, Manifest)


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """Whose signature is believed for what: the key for receipts signs no manifests."""

    receipts: TrustedKeys
    manifests: TrustedKeys


@dataclass(frozen=True, slots=True)
class Listeners:
    """Where verified bodies go; they are called on the network's thread and must return soon."""

    receipt: Callable[[Receipt], None]
    manifest: Callable[[Manifest], None]


class Inbox:
    """Takes every message that arrives and never raises."""

    def __init__(self, gate: GateId, compound: CompoundId, keys: PinnedKeys, listeners: Listeners) -> None:
        self._gate, self._compound = gate, compound
        self._keys, self._listeners = keys, listeners
        self.refused: Counter[Fault] = Counter()

    def take(self, topic: str, payload: bytes) -> None:
        """Passes a receipt or manifest on, or counts why not."""
        try:
            self._pass_on(self._own(topic), payload)
        except WireError as wrong:
            self.refused[wrong.fault] += 1
            log.warning("A message to this gate was refused", what=wrong.what, fault=wrong.fault.value)

    def _own(self, text: str) -> Topic:
        address = read_topic(text)
        if (address.compound, address.gate) != (self._compound, self._gate):
            raise WireError(Fault.WRONG_GATE, address.topic.name)
        return address.topic

    def _pass_on(self, topic: Topic, payload: bytes) -> None:
        if topic == RECEIPT:
            self._listeners.receipt(self._opened(payload, Receipt, self._keys.receipts))
        elif topic == WANT:
            self._listeners.manifest(self._opened(payload, Manifest, self._keys.manifests))
        else:
            raise WireError(Fault.UNKNOWN_TOPIC, topic.name, "gates do not hear this one")

    def _opened(self, payload: bytes, kind: type[Body], trusted: TrustedKeys) -> Body:
        body = open_signed(SignedV1.decode(payload), kind, trusted)
        if body.gate != self._gate:
            raise WireError(Fault.WRONG_GATE, kind.__name__)
        return body
