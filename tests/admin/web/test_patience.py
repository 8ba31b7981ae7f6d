"""Who connects and then says nothing, or not all of it, is not waited for: connections are few, strangers many."""

import ssl
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path

import gevent
import gevent.socket
import gevent.ssl
import pytest

from admin.security.authority import load_authority, make_authority
from admin.settings import WebSettings
from admin.web.__main__ import Handshakes
from admin.web.bodies import FORM_S
from admin.web.ground import Surroundings, on_gevents_clock
from tests.admin.conftest import NOON, MakeApp


@pytest.fixture
def handshakes(tmp_path: Path) -> Handshakes:
    make_authority(tmp_path / "own", tmp_path / "public", "Kaimen", NOON)
    issued = load_authority(tmp_path / "own").server_certificate(["127.0.0.1"], NOON)
    (tmp_path / "tls.crt").write_bytes(issued.chain)
    (tmp_path / "tls.key").write_bytes(issued.key)
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    return Handshakes(context, seconds=0.1)


def test_a_client_that_never_says_hello_is_hung_up_on(handshakes: Handshakes) -> None:
    server, client = gevent.socket.socketpair()
    with server, client:
        client.settimeout(5)
        with pytest.raises(ssl.SSLError, match="in time"):
            handshakes.wrap_socket(server, server_side=True)
        assert client.recv(1) == b""


def test_a_client_that_shakes_hands_is_served(handshakes: Handshakes) -> None:
    server, client = gevent.socket.socketpair()
    trusting = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    shaking = gevent.spawn(trusting.wrap_socket, client)
    with (
        server,
        client,
        handshakes.wrap_socket(server, server_side=True) as served,
        shaking.get() as greeting,
    ):
        greeting.sendall(b"x")
        assert served.recv(1) == b"x"


class Unfinished(BytesIO):
    """A body of which the rest never comes."""

    def read(self, size: int | None = -1, /) -> bytes:
        gevent.sleep(60)
        return b""

    def readinto(self, buffer: object, /) -> int:
        gevent.sleep(60)
        return 0


def test_a_strangers_body_that_never_ends_is_not_waited_for(
    web_settings: WebSettings, make_app: MakeApp
) -> None:
    waited: list[float] = []

    def soon(seconds: float) -> AbstractContextManager[object]:
        waited.append(seconds)
        return on_gevents_clock(0.1)

    stranger = make_app(web_settings, Surroundings(patience=soon)).test_client()
    answer = stranger.post("/login", input_stream=Unfinished(bytes(100)))
    assert (answer.status_code, waited) == (408, [FORM_S])
