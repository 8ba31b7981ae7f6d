"""The gate's line to the broker. The only file that knows paho.

The session is clean on purpose: the server's topics to a gate are retained, so a new session brings the
newest receipt and manifest at once, and nothing queued while the gate was away comes late. What the gate says
waits in the journal, not in a session.
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import SecretStr

from contracts.ids import BootId, CompoundId, GateId
from contracts.loopback import is_loopback
from contracts.state import StateV1
from contracts.topics import STATE, TOPICS, Topic
from contracts.wire import Message
from contracts.words import GateStatus
from gate.mqtt.cleartext import CleartextRefused
from gate.mqtt.trust import tls_context

log = structlog.get_logger()

MOST_IN_FLIGHT: Final = 100
MOST_QUEUED: Final = 200
"""Messages paho may hold; more stay in the journal."""
FAREWELL_S: Final = 1.0
FULL_S: Final = 0.01

Hear = Callable[[str, bytes, bool], object]
"""Takes a topic, a payload and whether the broker had kept it, on the network's thread: it must return soon."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where the broker is and who this gate is there. `ca_file` switches TLS on; the certificate is shown then."""

    host: str
    port: int
    username: str | None = None
    password: SecretStr | None = field(default=None, repr=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    allow_cleartext: bool = False
    keepalive_s: int = 15
    slowest_retry_s: int = 30


class Link:
    """Connects in the background, for ever, and says so only once the broker has accepted."""

    def __init__(
        self, settings: LinkSettings, gate: GateId, compound: CompoundId, boot: BootId, will: StateV1
    ) -> None:
        """`will` holds what birth and will say; status, boot, connection and time are put in here.

        Raises CleartextRefused for a broker on another machine without TLS, and CertificateUnusable.
        """
        if settings.ca_file is None and not settings.allow_cleartext and not is_loopback(settings.host):
            raise CleartextRefused("The broker", settings.host)
        self._settings, self._gate, self._compound = settings, gate, compound
        self._state = will.model_copy(update={"boot": boot, "connection": 0})
        self._now: Callable[[], datetime] = lambda: will.at
        self._up = threading.Event()
        self._retained: dict[Topic, Message] = {}
        self._hear: Hear | None = None
        self._on_up: list[Callable[[], None]] = []
        self.refused: str | None = None
        """Why the broker last refused this gate, by paho's name of the code; None once it has accepted."""
        self._client = self._make_client()

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    @property
    def connection(self) -> int:
        """Attempts so far in this boot; birth and will of one attempt carry the same number."""
        return self._state.connection

    def listen(self, hear: Hear) -> None:
        """Before `start`: where messages to this gate go."""
        self._hear = hear

    def when_up(self, call: Callable[[], None]) -> None:
        """Before `start`: what to call after each birth. It must return soon."""
        self._on_up.append(call)

    def start(self, now: Callable[[], datetime]) -> None:
        """Begins connecting and returns at once. `now` stamps births and wills."""
        self._now = now
        self._client.connect_async(self._settings.host, self._settings.port, self._settings.keepalive_s)
        self._client.loop_start()

    def publish(self, topic: Topic, payload: Message) -> bool:
        """Hands the payload to the connection; False where there is none or it is full.

        True is no promise: only the server's receipt is. Retained topics are said again at each connection.
        """
        if topic.retain:
            self._retained[topic] = payload
        return self.is_up and self._say(topic, payload)

    def say_state(self, **changed: object) -> None:
        """Publishes the birth anew with other facts, `roster_version=7`."""
        self._state = self._state.model_copy(update=changed)
        if self.is_up:
            self._say(STATE, self._state_as(GateStatus.ONLINE))

    def stop(self, farewell_s: float = FAREWELL_S) -> None:
        """Says goodbye where there is a connection, and ends the thread. The will is not sent then.

        The goodbye is behind all that was published: within `farewell_s` the broker has that too.
        """
        if self.is_up:
            self._say_goodbye(time.monotonic() + farewell_s)
        self._up.clear()
        self._client.disconnect()
        self._client.loop_stop()

    def _say_goodbye(self, until: float) -> None:
        """Also to a connection that is full of links just now: without it the server would take the gate for online."""
        payload = self._state_as(GateStatus.OFFLINE).encode()
        said = self._client.publish(self._topic(STATE), payload, STATE.qos, STATE.retain)
        while said.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE and time.monotonic() < until:
            time.sleep(FULL_S)
            said = self._client.publish(self._topic(STATE), payload, STATE.qos, STATE.retain)
        if said.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            said.wait_for_publish(max(0.0, until - time.monotonic()))

    def _make_client(self) -> Client:
        settings = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"gate-{self._gate}",
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        # A mistake in a listener must not end the network thread; paho logs it.
        client.suppress_exceptions = True
        client.on_socket_open = _send_at_once
        client.max_inflight_messages_set(MOST_IN_FLIGHT)
        client.max_queued_messages_set(MOST_QUEUED)
        client.reconnect_delay_set(1, settings.slowest_retry_s)
        if settings.username is not None:
            client.username_pw_set(
                settings.username, settings.password.get_secret_value() if settings.password else None
            )
        if settings.ca_file is not None:
            trust = tls_context(settings.ca_file, settings.certificate_file, settings.key_file)
            client.tls_set_context(trust)  # pyright: ignore[reportUnknownMemberType] - paho's gap
        client.on_pre_connect = self._before_connecting
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_message = self._heard
        return client

    def _topic(self, topic: Topic) -> str:
        return topic.at(self._compound, self._gate)

    def _say(self, topic: Topic, payload: Message) -> bool:
        said = self._client.publish(self._topic(topic), payload.encode(), topic.qos, topic.retain)
        return said.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _state_as(self, status: GateStatus) -> StateV1:
        return self._state.model_copy(update={"status": status, "at": self._now()})

    def _before_connecting(self, client: Client, _data: object) -> None:
        _forget_unacknowledged(client)
        # Attempts are counted, not successes: the broker may hold a will of an attempt we never saw accepted.
        self._state = self._state.model_copy(update={"connection": self._state.connection + 1})
        will = self._state_as(GateStatus.OFFLINE).encode()
        client.will_set(self._topic(STATE), will, STATE.qos, STATE.retain)

    def _connected(
        self, client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _extra: Properties | None
    ) -> None:
        if code.is_failure:
            self.refused = code.getName()
            log.error("The broker refused this gate", code=self.refused)
            return
        self.refused = None
        client.subscribe([(self._topic(topic), topic.qos) for topic in TOPICS if topic.way == "to gate"])
        self._say(STATE, self._state_as(GateStatus.ONLINE))
        for topic, payload in list(self._retained.items()):
            self._say(topic, payload)
        self._up.set()
        log.info("Connected to the broker", connection=self.connection)
        for call in self._on_up:
            call()

    def _subscribed(
        self, _client: Client, _data: object, _mid: int, codes: list[ReasonCode], _extra: Properties | None
    ) -> None:
        refused = [code.getName() for code in codes if code.is_failure]
        if refused:
            self.refused = refused[0]
            log.error("The broker does not let this gate hear its own topics", code=refused[0])

    def _disconnected(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _extra: Properties | None,
    ) -> None:
        if self.is_up:
            log.warning("The connection to the broker has ended", code=code.getName())
        self._up.clear()

    def _heard(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if self._hear is not None:
            self._hear(message.topic, bytes(message.payload), message.retain)


def _forget_unacknowledged(client: Client) -> None:
    """Paho would repeat what the last connection left open after the new birth: an old birth last of all.

    Links are sent again from the journal, and retained topics are said again, so nothing is lost.
    """
    with client._out_message_mutex:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - paho has no public way
        client._out_messages.clear()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def _send_at_once(_client: Client, _data: object, connection: object) -> None:
    """Without this a small packet after a small packet waits 40 ms for the broker's delayed answer."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
