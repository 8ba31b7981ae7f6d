"""Who orders: people at the desk, and somebody on the broker who says old orders again."""

import random
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from sqlalchemy import Engine, select

from admin.db.session import AWAY, reading, writing
from admin.db.tables import GateOrder
from admin.dispatch.orders import LIFE_MS
from contracts.ids import uuid7
from contracts.order import Operation, Order
from contracts.signing import SignedV1
from contracts.topics import ORDER
from contracts.wire import WireError
from kaimen.chaos.programs import EAR
from kaimen.chaos.verdict import Told

SHARES: Final = {Operation.OPEN: 0.85, Operation.CLOSE: 0.10, Operation.REBOOT: 0.05}
"""Of what is asked."""
JOB_LASTS: Final = timedelta(minutes=1)
AGAIN: Final = 0.6  # share of the orders heard that are said again
KEPT: Final = 0.2  # share of those that the broker is to keep
LONGEST_LATER_S: Final = 15.0


class Desk:
    """Puts orders into the register, as the pages do, until told to stop."""

    def __init__(self, engine: Engine, account: int, gates: Sequence[str], chance: random.Random) -> None:
        self._engine, self._account, self._gates, self._chance = engine, account, gates, chance
        self.asked = 0

    def run(self, stop: threading.Event, each_s: float) -> None:
        """One order every `each_s` on average."""
        while not stop.wait(self._chance.expovariate(1 / each_s)):
            (operation,) = self._chance.choices(tuple(SHARES), tuple(SHARES.values()))
            try:
                self._ask(operation)
            except AWAY:
                continue  # the pages, too, say that the register is away

    def _ask(self, operation: Operation) -> None:
        now = datetime.now(UTC)
        with writing(self._engine) as session:
            session.add(
                GateOrder(
                    id=uuid7(),
                    gate_id=self._chance.choice(self._gates),
                    operation=operation.value,
                    reason="visitor",
                    account_id=self._account,
                    asked_at=now,
                    until=now + JOB_LASTS if operation is Operation.REBOOT else None,
                    state="asked",
                )
            )
        self.asked += 1


class Ear:
    """A client of the broker itself: hears each order as it is sent, and sends some of them once more, some kept."""

    def __init__(self, port: int, password: str, chance: random.Random) -> None:
        self._chance = chance
        self.orders: dict[str, Order] = {}
        self.repeated = 0
        self._later: list[threading.Timer] = []
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=EAR)
        self._client.username_pw_set(EAR, password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_message = self._heard
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def close(self) -> None:
        for timer in self._later:
            timer.cancel()
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self, client: Client, _data: object, _flags: ConnectFlags, _code: ReasonCode, _more: Properties | None
    ) -> None:
        client.subscribe(ORDER.everywhere, 1)

    def _heard(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            order = Order.decode(SignedV1.decode(bytes(message.payload)).body.encode())
        except WireError:
            return
        if str(order.id) in self.orders:
            return
        self.orders[str(order.id)] = order
        if self._chance.random() < AGAIN:
            topic, payload, kept = message.topic, bytes(message.payload), self._chance.random() < KEPT
            later = threading.Timer(
                self._chance.uniform(0.1, LONGEST_LATER_S), self._say_again, (topic, payload, kept)
            )
            later.daemon = True
            later.start()
            self._later.append(later)

    def _say_again(self, topic: str, payload: bytes, kept: bool) -> None:
        self.repeated += 1
        self._client.publish(topic, payload, 1, retain=kept)


def orders_told(engine: Engine, heard: dict[str, Order]) -> dict[str, Told]:
    """All openings that were sent. Of one that nobody heard the register says when it was signed, at the latest."""
    to_monotonic_ms = (time.monotonic() - time.time()) * 1000
    with reading(engine) as session:
        sent = session.execute(
            select(GateOrder.id, GateOrder.sent_at).where(
                GateOrder.operation == Operation.OPEN.value, GateOrder.sent_at.is_not(None)
            )
        ).all()
    told: dict[str, Told] = {}
    for id_, sent_at in sent:
        order = heard.get(str(id_))
        if order is not None and order.deadline_ms is not None:
            told[str(id_)] = Told(order.deadline_ms, order.boot)
        elif sent_at is not None:
            signed_ms = int(sent_at.timestamp() * 1000 + to_monotonic_ms)
            told[str(id_)] = Told(signed_ms + LIFE_MS)
    return told
