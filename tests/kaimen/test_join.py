"""A box joins over the authority of its code alone; whatever is wrong on the way, it does not become a gate."""

import ssl
import stat
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from admin.security.authority import Authority, load_authority, make_authority
from contracts.ids import CompoundId, GateId, KeyId
from contracts.join import (
    PURPOSE,
    Admission,
    BrokerAccount,
    JoinAnswerV1,
    JoinCode,
    JoinFault,
    JoinRequestV1,
    JoinState,
    PublicKey,
    prove,
    shown,
    write_code,
)
from contracts.sealing import seal
from contracts.words import Direction
from gate.settings import read_secret, read_settings
from kaimen.join import JoinOptions, join
from kaimen.state import CannotStart

pytestmark = pytest.mark.real
SECRET = b"sixteen secret b"
GATE = GateId("gate-north")


Start = Callable[..., "FakeServer"]
Answer = Callable[[JoinRequestV1], JoinAnswerV1]


@dataclass
class FakeServer:
    """What web answers to boxes, on loopback over TLS; `answers` are given one after the other."""

    authority: Authority
    answers: list[Answer]
    certified_by: Authority  # another one: somebody is on the way
    tells: bytes  # as the authority's certificate
    heard: list[JoinRequestV1] = field(default_factory=list)
    port: int = 0
    status: int = 200

    def code(self) -> JoinCode:
        return JoinCode(f"https://127.0.0.1:{self.port}", self.authority.fingerprint, SECRET)

    def admission(
        self, asked: JoinRequestV1, key: bytes | None = None, csr: str | None = None
    ) -> JoinAnswerV1:
        newcomer = asked.newcomer()
        made = an_admission(self.authority, csr or newcomer.csr)
        reader = X25519PublicKey.from_public_bytes(b64decode(newcomer.seal_key))
        sealed = seal(reader, PURPOSE, prove(made, key or self.code().key).encode())
        return JoinAnswerV1(state=JoinState.ADMITTED, sealed=b64encode(sealed).decode())


def an_admission(authority: Authority, csr: str) -> Admission:
    key = PublicKey(
        id=KeyId("k"),
        public=b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode(),
    )
    return Admission(
        gate=GATE,
        compound=CompoundId("wutong"),
        direction=Direction.BOTH,
        liveness="warn",
        credential="web-word",
        certificate=authority.gate_certificate(csr.encode(), GATE, datetime.now(UTC)).decode(),
        broker=BrokerAccount(
            host="127.0.0.1", port=8883, tls=True, user="gate-gate-north", password="broker-word"
        ),
        receipt=(key,),
        manifest=(key,),
        order=(key,),
    )


def an_authority(folder: Path) -> Authority:
    make_authority(folder, folder / "public", "Wutong", datetime.now(UTC))
    return load_authority(folder)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Start]:
    """`server(answers…)`: a server that listens until the test's end."""
    running: list[ThreadingHTTPServer] = []

    def start(*answers: Answer, by: Authority | None = None, tells: bytes | None = None) -> FakeServer:
        own = an_authority(tmp_path / "ca")
        made = FakeServer(own, list(answers), by or own, own.pem if tells is None else tells)
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler(made))
        http.socket = context(made.certified_by, tmp_path).wrap_socket(http.socket, server_side=True)
        made.port = http.server_address[1]
        threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
        running.append(http)
        return made

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


def context(by: Authority, folder: Path) -> ssl.SSLContext:
    issued = by.server_certificate(["127.0.0.1"], datetime.now(UTC))
    (folder / "chain.pem").write_bytes(issued.chain)
    (folder / "key.pem").write_bytes(issued.key)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    return made


def handler(made: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(made.tells)

        def do_POST(self) -> None:
            asked = JoinRequestV1.decode(self.rfile.read(int(self.headers["Content-Length"])))
            made.heard.append(asked)
            answer = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            self._say(answer(asked).encode(), made.status)

        def _say(self, content: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the base class' name

    return Handler


def options(code: JoinCode, folder: Path, wait_s: float = 5.0) -> JoinOptions:
    return JoinOptions(write_code(code), folder, "0", 8470, wait_s)


def waiting(_asked: JoinRequestV1) -> JoinAnswerV1:
    return JoinAnswerV1(state=JoinState.CONFIRM)


def test_a_box_is_a_gate_once_it_was_confirmed(server: Start, tmp_path: Path) -> None:
    made = server(waiting)
    made.answers.append(made.admission)
    said: list[str] = []
    file = join(options(made.code(), tmp_path / "box"), said.append)
    settings = read_settings(file)
    assert (settings.gate, settings.compound, settings.direction) == (GATE, "wutong", Direction.BOTH)
    assert read_secret(settings.server.credential_file, "credential").get_secret_value() == "web-word"
    assert settings.broker.key_file is not None
    assert settings.server.ca_file is not None
    assert settings.server.ca_file.read_bytes() == made.authority.pem
    assert shown(made.heard[0].fingerprint) in "".join(said)
    assert made.heard[0] == made.heard[1]
    assert SECRET not in made.heard[0].encode()
    secrets = [one for one in (tmp_path / "box").rglob("*") if one.is_file() and one.suffix != ".pub"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in secrets} == {0o600}
    assert not (tmp_path / "box" / "join.request").exists()
    with pytest.raises(CannotStart, match="already holds a gate"):
        join(options(made.code(), tmp_path / "box"), said.append)


def test_typed_again_the_same_box_goes_on_waiting_with_the_same_keys(server: Start, tmp_path: Path) -> None:
    made = server(waiting)
    with pytest.raises(CannotStart, match="Nobody has confirmed yet"):
        join(options(made.code(), tmp_path / "box", wait_s=0), lambda _: None)
    assert not (tmp_path / "box" / "gate.toml").exists()
    made.answers[:] = [made.admission]
    join(options(made.code(), tmp_path / "box"), lambda _: None)
    assert len({asked.encode() for asked in made.heard}) == 1


def is_no_gate(code: JoinCode, folder: Path, why: str) -> None:
    with pytest.raises(CannotStart, match=why):
        join(options(code, folder), lambda _: None)
    assert not (folder / "gate.toml").exists()
    assert not (folder / "keys" / "credential.secret").exists()


def test_somebody_on_the_way_with_an_authority_of_his_own_gets_nothing(server: Start, tmp_path: Path) -> None:
    other = an_authority(tmp_path / "other")
    made = server(waiting, by=other, tells=other.pem)
    is_no_gate(made.code(), tmp_path / "box", "another certificate authority")
    assert made.heard == []


def test_somebody_on_the_way_who_shows_the_right_certificate_has_not_its_key(
    server: Start, tmp_path: Path
) -> None:
    made = server(waiting, by=an_authority(tmp_path / "other"))
    is_no_gate(made.code(), tmp_path / "box", "could not be reached safely")
    assert made.heard == []


def test_a_certificate_for_another_address_is_not_taken(server: Start, tmp_path: Path) -> None:
    made = server(waiting)
    code = JoinCode(f"https://localhost:{made.port}", made.authority.fingerprint, SECRET)
    is_no_gate(code, tmp_path / "box", "could not be reached safely")


def test_what_is_no_certificate_or_not_kaimen_is_said(server: Start, tmp_path: Path) -> None:
    is_no_gate(server(waiting, tells=b"<html>").code(), tmp_path / "box", "shows no certificate authority")
    made = server(waiting)
    for status, why in ((401, "does not know this code"), (429, "Too many wrong codes")):
        made.status = status
        is_no_gate(made.code(), tmp_path / "box", why)
    gone = JoinCode("https://127.0.0.1:1", made.authority.fingerprint, SECRET)
    is_no_gate(gone, tmp_path / "box", "could not be reached")


def test_an_answer_by_somebody_without_the_code_is_not_taken(server: Start, tmp_path: Path) -> None:
    made = server(waiting)
    made.answers[:] = [lambda asked: made.admission(asked, key=b"k" * 32)]
    is_no_gate(made.code(), tmp_path / "box", "not made for this box")


def test_a_certificate_for_another_boxs_key_is_not_taken(server: Start, tmp_path: Path) -> None:
    made = server(waiting)
    with pytest.raises(CannotStart):
        join(options(made.code(), tmp_path / "first", wait_s=0), lambda _: None)
    theirs = made.heard[0].newcomer().csr
    made.answers[:] = [lambda asked: made.admission(asked, csr=theirs)]
    is_no_gate(made.code(), tmp_path / "box", "not this box's")


@pytest.mark.parametrize("why", list(JoinFault))
def test_a_refusal_says_what_to_do(server: Start, tmp_path: Path, why: JoinFault) -> None:
    made = server(lambda _asked: JoinAnswerV1(state=JoinState.REFUSED, why=why))
    is_no_gate(made.code(), tmp_path / "box", r"\.")


def test_what_is_no_code_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="no usable code"):
        join(JoinOptions("AEAQ-AAIC", tmp_path, "0", 8470, 1.0), lambda _: None)
