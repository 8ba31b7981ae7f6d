"""What the server says to this gate: signatures checked, other gates' messages refused, then passed on."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar, cast
from uuid import UUID

import structlog

from contracts.ids import CompoundId, GateId
from contracts.manifest import Manifest
from contracts.order import Order, OrderFault, Standing
from contracts.receipt import Receipt
from contracts.signing import SignedV1, TrustedKeys, open_signed
from contracts.topics import ORDER, RECEIPT, STANDING, WANT, Topic, read_topic
from contracts.wire import Fault, WireError

log = structlog.get_logger()

Body = TypeVar("Body", Receipt, Manifest, Order, Standing)
FAULTS: Final = {Fault.BAD_SIGNATURE: OrderFault.BAD_SIGNATURE, Fault.WRONG_GATE: OrderFault.WRONG_GATE}


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """Whose signature is believed for what: the key for receipts signs no manifests."""

    receipts: TrustedKeys
    manifests: TrustedKeys
    orders: TrustedKeys


class TakesOrders(Protocol):
    """Called on the network's thread: each must return soon."""

    def order(self, order: Order, retained: bool) -> None: ...

    def standing(self, standing: Standing) -> None: ...

    def refuse(self, order: UUID, why: OrderFault) -> None:
        """An order that proves nothing names this id; it is answered all the same."""
        ...


@dataclass(frozen=True, slots=True)
class Listeners:
    """Where verified bodies go; they are called on the network's thread and must return soon."""

    receipt: Callable[[Receipt, bool], None]  # and whether the broker had kept it
    manifest: Callable[[Manifest], None]
    orders: TakesOrders


class Inbox:
    """Takes every message that arrives and never raises."""

    def __init__(self, gate: GateId, compound: CompoundId, keys: PinnedKeys, listeners: Listeners) -> None:
        self._gate, self._compound = gate, compound
        self._keys, self._listeners = keys, listeners
        self.refused: Counter[Fault] = Counter()

    def take(self, topic: str, payload: bytes, retained: bool = False) -> None:
        """Passes a message on, or counts why not. `retained` as the broker marked it."""
        try:
            self._pass_on(self._own(topic), payload, retained)
        except WireError as wrong:
            self.refused[wrong.fault] += 1
            log.warning("A message to this gate was refused", what=wrong.what, fault=wrong.fault.value)

    def _own(self, text: str) -> Topic:
        address = read_topic(text)
        if (address.compound, address.gate) != (self._compound, self._gate):
            raise WireError(Fault.WRONG_GATE, address.topic.name)
        return address.topic

    def _pass_on(self, topic: Topic, payload: bytes, retained: bool) -> None:
        if topic == RECEIPT:
            self._listeners.receipt(self._opened(payload, Receipt, self._keys.receipts), retained)
        elif topic == WANT:
            self._listeners.manifest(self._opened(payload, Manifest, self._keys.manifests))
        elif topic == STANDING:
            self._listeners.orders.standing(self._opened(payload, Standing, self._keys.orders))
        elif topic == ORDER:
            self._order(payload, retained)
        else:
            raise WireError(Fault.UNKNOWN_TOPIC, topic.name, "gates do not hear this one")

    def _order(self, payload: bytes, retained: bool) -> None:
        try:
            order = self._opened(payload, Order, self._keys.orders)
        except WireError as wrong:
            claimed = claimed_id(payload)
            if claimed is not None:
                self._listeners.orders.refuse(claimed, FAULTS.get(wrong.fault, OrderFault.MALFORMED))
            raise
        self._listeners.orders.order(order, retained)

    def _opened(self, payload: bytes, kind: type[Body], trusted: TrustedKeys) -> Body:
        body = open_signed(SignedV1.decode(payload), kind, trusted)
        if body.gate != self._gate:
            raise WireError(Fault.WRONG_GATE, kind.__name__)
        return body


def claimed_id(payload: bytes) -> UUID | None:
    """The id that an order says it has, to answer one that cannot be believed; None where it says none."""
    try:
        body = cast(object, json.loads(SignedV1.decode(payload).body))
    except (WireError, ValueError, RecursionError):
        return None
    said = cast(dict[str, object], body).get("id") if isinstance(body, dict) else None
    try:
        return UUID(said) if isinstance(said, str) else None
    except ValueError:
        return None
