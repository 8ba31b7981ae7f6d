"""The broker as ingest sees it: messages in, acknowledgements after the commit, receipts out."""

import queue
import socket
import threading
import time
from collections.abc import Sequence
from typing import Final, Protocol

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from admin.ingest.arrival import Arrival
from admin.ingest.quick_client import QuickClient
from admin.security.tls import introduce
from admin.settings import BrokerSettings
from contracts.topics import TOPICS

log = structlog.get_logger()

KEEPALIVE_S: Final = 20
SLOWEST_RECONNECT_S: Final = 5
MOST_WAITING: Final = 10_000  # above it reports without a promise (QoS 0) are let go
QUIET_S: Final = 0.004  # after so long without another message a batch is complete
NO_CONNECTION: Final = 0
LONGEST_GOODBYE_S: Final = 1.0


class Mailbox(Protocol):
    """What the consumer needs of a broker."""

    @property
    def connection(self) -> int:
        """A number that rises with every connection; 0 while there is none."""
        ...

    def take(self, most: int, seconds: float) -> list[Arrival]:
        """Waits up to `seconds` for a first message, then takes what comes within a batch's time."""
        ...

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """Tells the broker that these are committed; those of an earlier connection will come again."""
        ...

    def publish(self, topic: str, payload: bytes) -> bool:
        """Retained, QoS 1. False where there is no connection."""
        ...


class MqttMailbox:
    """A persistent MQTT 3.1.1 session, acknowledged by hand. The broker may be absent for any time."""

    def __init__(self, settings: BrokerSettings, client_id: str, gather_s: float = 0.02) -> None:
        self._arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._gather_s = gather_s
        self._lock = threading.Lock()
        self._connection = NO_CONNECTION
        self._connections = 0
        self._left = threading.Event()
        self._settings, self._client_id = settings, client_id
        self._client = self._new_client()

    def open(self) -> None:
        """Begins to connect and goes on trying. What an earlier opening left over comes again from the broker."""
        self._arrivals = queue.SimpleQueue()
        self._client = self._new_client()  # paho leaks sockets when one is begun twice
        self._client.connect_async(self._settings.host, self._settings.port, KEEPALIVE_S)
        self._client.loop_start()

    def close(self) -> None:
        """Leaves; what was not acknowledged stays with the broker."""
        self._client.disconnect()
        if self._connection != NO_CONNECTION:
            # Else the thread may end with the goodbye unsaid and the socket open.
            self._left.wait(LONGEST_GOODBYE_S)
        self._client.loop_stop()

    @property
    def connection(self) -> int:
        return self._connection

    def take(self, most: int, seconds: float) -> list[Arrival]:
        try:
            batch = [self._arrivals.get(timeout=seconds)]
        except queue.Empty:
            return []
        until = time.monotonic() + self._gather_s
        while len(batch) < most:
            try:
                left = until - time.monotonic()
                batch.append(self._arrivals.get(timeout=min(max(0.0, left), QUIET_S)))
            except queue.Empty:
                break
        return batch

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        # Under the lock that `_on_disconnect` takes: the network thread cannot begin another connection
        # in between, and what it had queued for the old one it clears itself. Packet ids are reused.
        with self._lock:
            self._client.acknowledge_all(
                arrival.mid
                for arrival in arrivals
                if arrival.qos > 0 and arrival.connection == self._connection
            )

    def publish(self, topic: str, payload: bytes) -> bool:
        if self._connection == NO_CONNECTION:
            return False
        self._client.publish(topic, payload, qos=1, retain=True)
        return True

    def _new_client(self) -> QuickClient:
        settings = self._settings
        client = QuickClient(
            CallbackAPIVersion.VERSION2, client_id=self._client_id, clean_session=False, manual_ack=True
        )
        introduce(client, settings)
        client.reconnect_delay_set(1, SLOWEST_RECONNECT_S)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        return client

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.is_failure:
            log.warning("broker refused ingest", reason=str(code))
            return
        with self._lock:
            self._connections += 1
            self._connection = self._connections
            self._left.clear()
        client.subscribe([(topic.everywhere, topic.qos) for topic in TOPICS if topic.way == "from gate"])
        log.info("broker connected", connection=self._connection)

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _more: Properties | None,
    ) -> None:
        with self._lock:
            self._connection = NO_CONNECTION
            self._left.set()
        log.warning("broker disconnected", reason=str(code))

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        _mid: int,
        codes: list[ReasonCode],
        _more: Properties | None,
    ) -> None:
        if any(code.is_failure for code in codes):
            log.error("broker refused a subscription of ingest")
        else:
            log.info("ingest listens")

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if message.qos == 0 and self._arrivals.qsize() > MOST_WAITING:
            return
        self._arrivals.put(
            Arrival(message.topic, bytes(message.payload), message.qos, message.mid, self._connections)
        )


def _send_at_once(_client: Client, _data: object, connection: object) -> None:
    """Without this a small packet after a small packet waits 40 ms for the other side's delayed answer."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
