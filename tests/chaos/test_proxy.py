"""The line between a process and its broker: whole when left alone, and bad in the ways it is told to be."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from kaimen.chaos.proxy import CLEAR, Proxy, Weather

pytestmark = pytest.mark.real


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says everything back, in upper case."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while said := connection.recv(65536):
                    connection.sendall(said.upper())
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield int(server.getsockname()[1])
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    proxy = Proxy(echo, seed=1)
    yield proxy
    proxy.close()


@pytest.fixture
def line(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as line:
        yield line


def answer(line: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (piece := line.recv(65536)):
        got += piece
    return got


def has_ended(line: socket.socket) -> bool:
    """Whether the other side is gone, in order or not."""
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_clear_line_carries_everything_in_order(proxy: Proxy, line: socket.socket) -> None:
    said = b"".join(b"%06d" % number for number in range(20_000)) + b"end"
    threading.Thread(target=line.sendall, args=(said,), daemon=True).start()
    assert answer(line, len(said)) == said.upper()
    assert proxy.carried >= 2 * len(said)


def test_a_cut_ends_what_is_open_and_takes_nothing_new_until_it_is_healed(
    proxy: Proxy, line: socket.socket
) -> None:
    line.sendall(b"a")
    assert answer(line, 1) == b"A"
    proxy.weather(Weather(cut=True))
    assert has_ended(line)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as refused:
        assert has_ended(refused)
    proxy.weather(CLEAR)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as again:
        again.sendall(b"c")
        assert answer(again, 1) == b"C"


def test_a_stalled_line_stays_and_delivers_later(proxy: Proxy, line: socket.socket) -> None:
    proxy.weather(Weather(stalled=True))
    line.sendall(b"late")
    line.settimeout(0.2)
    with pytest.raises(TimeoutError):
        line.recv(1)
    proxy.weather(CLEAR)
    line.settimeout(5)
    assert answer(line, 4) == b"LATE"


@pytest.mark.parametrize("weather", [Weather(delay_s=0.1), Weather(bytes_per_s=10_000)])
def test_a_slow_line_is_slow_and_loses_nothing(proxy: Proxy, line: socket.socket, weather: Weather) -> None:
    proxy.weather(weather)
    began = time.monotonic()
    line.sendall(b"x" * 1000)
    assert answer(line, 1000) == b"X" * 1000
    assert time.monotonic() - began >= 0.1  # there and back


def test_nobody_behind_the_line_is_a_connection_that_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = int(taken.getsockname()[1])
    proxy = Proxy(nobody)
    try:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as line:
            assert has_ended(line)
    finally:
        proxy.close()
