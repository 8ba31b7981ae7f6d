"""The short cuts of ingest's client: every packet read once and in order, and one piece for many acknowledgements."""

import socket
from collections.abc import Iterator

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from admin.ingest.quick_client import AHEAD, BREATH, QuickClient

CONNACK = b"\x20\x02\x00\x00"


def publish(mid: int, payload: bytes) -> bytes:
    """An MQTT 3.1.1 PUBLISH of QoS 1 to topic `t`."""
    body = b"\x00\x01t" + mid.to_bytes(2, "big") + payload
    length, size = b"", len(body)
    while size >= 128:
        length, size = length + bytes([size % 128 | 128]), size // 128
    return b"\x32" + length + bytes([size]) + body


class Line(QuickClient):
    """A client at one end of a socket pair, and what it was told."""

    def __init__(self) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id="ingest", manual_ack=True)
        self.got: list[tuple[int, bytes]] = []
        self.on_message = self._hear

    def _hear(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.got.append((message.mid, bytes(message.payload)))

    def _create_socket(self) -> socket.socket:  # pyright: ignore[reportIncompatibleMethodOverride] - a narrower type
        near, self.far = socket.socketpair()
        return near


@pytest.fixture
def client() -> Iterator[Line]:
    client = Line()
    client.connect("broker.test")
    client.far.sendall(CONNACK)
    client.loop_read()
    client.far.recv(AHEAD)
    yield client
    client._sock_close()
    client.far.close()


def test_everything_that_has_come_is_read_at_once_and_in_order(client: Line) -> None:
    wanted = [(mid, b"%d" % mid * 40) for mid in range(1, 101)]
    client.far.sendall(b"".join(publish(*one) for one in wanted))
    client.loop_read()
    assert client.got == wanted


def test_acknowledgements_go_out_while_a_flood_comes_in(client: Line) -> None:
    flood = b"".join(publish(mid, b"x") for mid in range(1, 3 * BREATH))
    client.far.sendall(flood)
    client.acknowledge_all([1, 2])
    client.loop_read()
    assert client.far.recv(AHEAD) == b"\x40\x02\x00\x01\x40\x02\x00\x02"


def test_a_message_that_comes_in_two_pieces_is_taken_whole(client: Line) -> None:
    first, second = publish(1, b"a" * 300), publish(2, b"b" * 300)
    client.far.sendall(first + second[:100])
    client.loop_read()
    assert [mid for mid, _ in client.got] == [1]
    client.far.sendall(second[100:])
    client.loop_read()
    assert client.got[1] == (2, b"b" * 300)


def test_half_a_message_of_a_connection_that_ended_is_forgotten(client: Line) -> None:
    client.far.sendall(publish(1, b"a") + publish(2, b"b")[:4])
    client.loop_read()
    client.far.close()
    client.reconnect()
    client.far.sendall(CONNACK + publish(7, b"c"))
    client.loop_read()
    client.loop_read()
    assert [mid for mid, _ in client.got] == [1, 7]


def test_many_acknowledgements_are_one_piece(client: Line) -> None:
    client.acknowledge_all([1, 2, 65535])
    client.loop_write()
    assert client.far.recv(AHEAD) == b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\xff\xff"


def test_nothing_to_acknowledge_says_nothing(client: Line) -> None:
    client.acknowledge_all([])
    client.far.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.far.recv(1)
