"""The gate's line to real brokers: late, lost and killed ones too."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from paho.mqtt.client import MQTTMessage
from pydantic import SecretStr

from contracts.ids import BootId, CompoundId, GateId, ModelId
from contracts.manifest import HaveV1
from contracts.state import StateV1
from contracts.topics import HAVE, RECEIPT, STATE, WANT
from contracts.words import GateStatus
from gate.mqtt.cleartext import CleartextRefused
from gate.mqtt.link import Link, LinkSettings
from tests.brokers import Broker
from tests.gate.mqtt.conftest import SOON_S, USERS, ServerSide

COMPOUND, GATE, BOOT = CompoundId("red-garden"), GateId("east-gate"), BootId("boot-1")
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
WILL = StateV1(
    gate=GATE,
    status=GateStatus.OFFLINE,
    boot=BOOT,
    connection=0,
    at=NOON,
    software="0.1.0",
    model=ModelId("sface+dlib-1"),
)


class Up:
    """Lets a test wait for connections."""

    def __init__(self, link: Link) -> None:
        self._up = threading.Semaphore(0)
        link.when_up(self._up.release)

    def wait(self) -> None:
        assert self._up.acquire(timeout=SOON_S)


def connected(broker: Broker, link: Link) -> None:
    """Both at once: a broker that runs, and a gate that it has accepted."""
    broker.start()
    up = Up(link)
    link.start(lambda: NOON)
    up.wait()


def settings(port: int, word: str = USERS["gate-east-gate"]) -> LinkSettings:
    return LinkSettings(
        "127.0.0.1", port, username="gate-east-gate", password=SecretStr(word), slowest_retry_s=1
    )


@pytest.fixture
def link(broker: Broker) -> Iterator[Link]:
    made = Link(settings(broker.port), GATE, COMPOUND, BOOT, WILL)
    yield made
    made.stop()


def states(messages: list[MQTTMessage]) -> list[StateV1]:
    topic = STATE.at(COMPOUND, GATE)
    return [StateV1.decode(bytes(m.payload)) for m in messages if m.topic == topic]


def last_status(status: GateStatus) -> Callable[[list[MQTTMessage]], bool]:
    return lambda messages: [state.status for state in states(messages)][-1:] == [status]


@pytest.mark.real
def test_birth_is_retained_and_says_boot_and_connection(
    broker: Broker, link: Link, server_side: Callable[[], ServerSide]
) -> None:
    broker.start()
    up, first = Up(link), server_side()
    link.start(lambda: NOON)
    up.wait()
    assert link.is_up
    first.heard.wait(last_status(GateStatus.ONLINE))
    heard = server_side().heard.wait(last_status(GateStatus.ONLINE))
    (birth,) = states(heard)
    assert (birth.boot, birth.connection, birth.at) == (BOOT, 1, NOON)
    assert heard[0].retain


@pytest.mark.real
def test_a_clean_stop_says_offline(broker: Broker, link: Link, server_side: Callable[[], ServerSide]) -> None:
    connected(broker, link)
    server = server_side()
    link.stop()
    assert states(server.heard.wait(last_status(GateStatus.OFFLINE)))[-1].connection == 1
    assert not link.is_up


@pytest.mark.real
def test_a_stop_in_the_middle_of_many_messages_says_offline_behind_them(
    broker: Broker, link: Link, server_side: Callable[[], ServerSide]
) -> None:
    connected(broker, link)
    server = server_side()
    while link.publish(HAVE, a_have()):  # until the connection is full
        pass
    link.stop(SOON_S)
    assert states(server.heard.wait(last_status(GateStatus.OFFLINE)))[-1].connection == 1


@pytest.mark.real
def test_a_gate_that_vanishes_leaves_a_will_of_its_own_connection(
    broker: Broker, link: Link, server_side: Callable[[], ServerSide]
) -> None:
    broker.start()
    up, server = Up(link), server_side()
    link.start(lambda: NOON)
    up.wait()
    server.heard.wait(last_status(GateStatus.ONLINE))
    # No goodbye: the socket is simply gone.
    socket_ = link._client.socket()
    assert isinstance(socket_, socket.socket)
    socket_.shutdown(2)
    heard = states(server.heard.wait(lambda all_: len(states(all_)) >= 3))
    assert (GateStatus.OFFLINE, 1) in [(state.status, state.connection) for state in heard]
    assert (heard[-1].status, heard[-1].connection) == (GateStatus.ONLINE, 2)


@pytest.mark.real
@pytest.mark.promise(7)
def test_a_broker_that_comes_later_is_found(
    broker: Broker, link: Link, server_side: Callable[[], ServerSide]
) -> None:
    up = Up(link)
    link.start(lambda: NOON)
    assert not link.is_up
    assert not link.publish(HAVE, a_have())
    broker.start()
    up.wait()
    # What is retained and was said while there was no broker is said now.
    heard = server_side().heard.wait(lambda all_: {m.topic for m in all_} >= {HAVE.at(COMPOUND, GATE)})
    assert states(heard)[-1].status is GateStatus.ONLINE


@pytest.mark.real
@pytest.mark.promise(7)
def test_a_killed_broker_is_found_again_and_the_birth_counts_up(
    broker: Broker, link: Link, server_side: Callable[[], ServerSide]
) -> None:
    broker.start()
    up = Up(link)
    link.start(lambda: NOON)
    up.wait()
    broker.kill()
    broker.start()
    up.wait()
    heard = server_side().heard.wait(
        lambda all_: any(s.connection > 1 and s.status is GateStatus.ONLINE for s in states(all_))
    )
    assert states(heard)[-1].status is GateStatus.ONLINE


@pytest.mark.real
def test_a_gate_hears_its_own_topics_and_no_others(
    broker: Broker, link: Link, server_side: Callable[[], ServerSide]
) -> None:
    broker.start()
    heard: list[tuple[str, bytes]] = []
    both = threading.Semaphore(0)

    def hear(topic: str, payload: bytes, retained: bool) -> None:
        assert retained
        heard.append((topic, payload))
        both.release()

    link.listen(hear)
    server = server_side()
    # Retained before the gate comes, as receipts and manifests are.
    server.say(WANT.at(COMPOUND, GateId("west-gate")), b"not ours")
    server.say(RECEIPT.at(COMPOUND, GATE), b"r1")
    server.say(WANT.at(COMPOUND, GATE), b"w1")
    link.start(lambda: NOON)
    for _ in range(2):
        assert both.acquire(timeout=SOON_S)
    assert sorted(heard) == [(RECEIPT.at(COMPOUND, GATE), b"r1"), (WANT.at(COMPOUND, GATE), b"w1")]


@pytest.mark.real
def test_a_wrong_password_is_never_called_connected(broker: Broker) -> None:
    broker.start()
    link = Link(settings(broker.port, "wrong"), GATE, COMPOUND, BOOT, WILL)
    refused = threading.Event()
    accepted = link._client.on_connect
    assert accepted is not None

    def connected(*args: object) -> None:
        accepted(*args)  # type: ignore[arg-type]
        refused.set()

    link._client.on_connect = connected
    link.start(lambda: NOON)
    try:
        assert refused.wait(SOON_S)
        assert not link.is_up
        assert link.refused
        assert "wrong" not in link.refused
    finally:
        link.stop()


def test_a_broker_on_another_machine_needs_tls() -> None:
    away = LinkSettings("broker.example", 1883, username="g", password=SecretStr("sesame"))
    with pytest.raises(CleartextRefused, match=r"broker\.example") as refused:
        Link(away, GATE, COMPOUND, BOOT, WILL)
    assert "sesame" not in str(refused.value) + repr(away)


def test_nothing_is_sent_without_a_connection() -> None:
    link = Link(LinkSettings("127.0.0.1", 1), GATE, COMPOUND, BOOT, WILL)
    assert not link.publish(HAVE, a_have())
    link.stop()


def a_have() -> HaveV1:
    return HaveV1(gate=GATE, boot=BOOT, at=NOON, generation=1, version=3)
