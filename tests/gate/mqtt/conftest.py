"""A real broker of each kind, and somebody who listens on the server's side."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.brokers import Broker, Kind, program

USERS = {"gate-east-gate": "gate-word", "server": "server-word"}
SOON_S = 20.0


@pytest.fixture(params=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """Not started yet; stopped after the test."""
    kind: Kind = request.param
    if program(kind) is None:
        pytest.skip(f"{kind} is not installed; `make test` gets it")
    made = Broker(kind, tmp_path / kind, USERS)
    yield made
    made.stop()


@dataclass
class Heard:
    """What arrived at the server's side; `wait` returns when it satisfies, and fails after twenty seconds."""

    messages: list[MQTTMessage] = field(default_factory=list[MQTTMessage])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, enough: Callable[[list[MQTTMessage]], bool]) -> list[MQTTMessage]:
        with self.changed:
            assert self.changed.wait_for(lambda: enough(self.messages), SOON_S), [
                m.topic for m in self.messages
            ]
            return list(self.messages)

    def take(self, message: MQTTMessage) -> None:
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()


class ServerSide:
    """A plain client that hears everything and may say something."""

    def __init__(self, port: int) -> None:
        self.heard, self._ready = Heard(), threading.Event()
        client = Client(
            CallbackAPIVersion.VERSION2, client_id="server-test", protocol=MQTTProtocolVersion.MQTTv311
        )
        client.username_pw_set("server", USERS["server"])
        client.on_connect = self._connected
        client.on_subscribe = lambda *_: self._ready.set()
        client.on_message = lambda _c, _d, message: self.heard.take(message)
        client.connect("127.0.0.1", port)
        client.loop_start()
        assert self._ready.wait(SOON_S)
        self._client = client

    def _connected(self, client: Client, *_: object) -> None:
        client.subscribe("kaimen/v1/#", 1)

    def say(self, topic: str, payload: bytes, retain: bool = True) -> None:
        said = self._client.publish(topic, payload, 1, retain)
        said.wait_for_publish(SOON_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def server_side(broker: Broker) -> Iterator[Callable[[], ServerSide]]:
    """Makes clients of the started broker and closes them."""
    made: list[ServerSide] = []

    def make() -> ServerSide:
        made.append(ServerSide(broker.port))
        return made[-1]

    yield make
    for client in made:
        client.close()
