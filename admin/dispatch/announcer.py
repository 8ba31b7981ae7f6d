"""The broker as dispatch sees it: retained manifests and standing orders go out, and orders that nothing keeps."""

import socket
from typing import Final, Protocol

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from admin.security.client_id import client_id
from admin.security.tls import introduce, read_password
from admin.settings import BrokerSettings

log = structlog.get_logger()

KEEPALIVE_S: Final = 20
SLOWEST_RECONNECT_S: Final = 5
NO_CONNECTION: Final = 0


class Announcer(Protocol):
    """What dispatch needs of a broker."""

    @property
    def connection(self) -> int:
        """A number that rises with every connection; 0 while there is none."""
        ...

    def publish(self, topic: str, payload: bytes, retain: bool = True) -> None:
        """QoS 1. Without a connection it is let go: what is retained is said again at the next."""
        ...


class MqttAnnouncer:
    """A clean MQTT 3.1.1 session. The broker may be absent for any time."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._settings = settings
        self._connection = self._connections = NO_CONNECTION
        own_id = client_id(settings.username, read_password(settings.password_file))
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=own_id, clean_session=True)
        introduce(self._client, settings)
        self._client.reconnect_delay_set(1, SLOWEST_RECONNECT_S)
        self._client.on_socket_open = _send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect

    def open(self) -> None:
        """Begins to connect and goes on trying."""
        self._client.connect_async(self._settings.host, self._settings.port, KEEPALIVE_S)
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connection(self) -> int:
        return self._connection

    def publish(self, topic: str, payload: bytes, retain: bool = True) -> None:
        if self._connection != NO_CONNECTION:
            self._client.publish(topic, payload, qos=1, retain=retain)

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        _more: Properties | None,
    ) -> None:
        if code.is_failure:
            log.warning("broker refused dispatch", reason=str(code))
            return
        self._connections += 1
        self._connection = self._connections
        log.info("broker connected", connection=self._connection)

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _more: Properties | None,
    ) -> None:
        self._connection = NO_CONNECTION
        log.warning("broker disconnected", reason=str(code))


def _send_at_once(_client: Client, _data: object, connection: object) -> None:
    """Without this a small packet after a small packet waits 40 ms for the other side's delayed answer."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
