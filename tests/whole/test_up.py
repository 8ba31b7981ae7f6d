"""`kaimen up --lan` as a person runs it, before a real RTSP camera: it comes up, shuts out what comes in the clear,
heals, and leaves nobody behind. `kaimen up` without it is what test_demo.py runs.
"""

import hashlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import select

from admin.db.session import make_engine, reading
from admin.db.tables import GateState
from contracts.state import HealthV1
from contracts.words import CameraState
from kaimen.up import BROKER_PORT
from tests.brokers import free_port

pytestmark = [pytest.mark.real, pytest.mark.enable_socket, pytest.mark.alone]

PASSWORD = "not-for-logs"
LAN = "127.0.0.2"  # stands for an address that others reach
RTSP_SERVER = Path(__file__).parents[1] / "gate" / "vision" / "rtsp_server.py"
KAIMEN = (sys.executable, "-c", "from kaimen.cli import main; main()")


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[str]
    state: Path
    output: Path
    port: int

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.state / "keys" / "public" / "ca.crt")

    @property
    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, module: str) -> psutil.Process | None:
        alive = [one for one in self.family if one.status() != psutil.STATUS_ZOMBIE]
        return next((one for one in alive if module in one.cmdline()), None)


@pytest.fixture(scope="module")
def camera() -> Generator[str]:
    words = ["/usr/bin/python3", str(RTSP_SERVER), "0", "eye", PASSWORD]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield f"rtsp://eye:{PASSWORD}@127.0.0.1:{port}/gate"
        server.kill()


@pytest.fixture(scope="module")
def running(camera: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    folder = tmp_path_factory.mktemp("up")
    output, port = folder / "output.txt", free_port()
    words = (*KAIMEN, "up", "--state", str(folder / "state"), "--camera", camera, "--no-browser")
    with output.open("w") as out:
        process = subprocess.Popen(
            (*words, "--lan", LAN, "--port", str(port)), stdout=out, stderr=subprocess.STDOUT, text=True
        )
    yield Running(process, folder / "state", output, port)
    if process.poll() is None:
        process.kill()
        process.wait()


def wait_for(true: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def health(state: Path) -> HealthV1 | None:
    engine = make_engine(f"sqlite:///{state / 'data' / 'kaimen.sqlite3'}")
    with reading(engine) as session:
        said = session.scalars(select(GateState.health)).first()
    engine.dispose()
    return HealthV1.decode(said.encode()) if said else None


def test_a_real_camera_is_seen_and_its_gate_reports_over_the_broker(running: Running) -> None:
    assert wait_for(lambda: "一次性密码" in running.output.read_text()), running.output.read_text()

    def sees() -> bool:
        said = health(running.state)
        return said is not None and said.camera is CameraState.SEEING

    assert wait_for(sees, 75), (running.state / "logs" / "gate.log").read_text()


def test_pages_come_by_https_alone_with_the_fingerprint_that_was_said_and_a_cookie_for_https_alone(
    running: Running,
) -> None:
    page = httpx.get(f"https://{LAN}:{running.port}/login", verify=running.trust, trust_env=False)
    assert page.is_success
    assert all("Secure" in one for one in page.headers.get_list("set-cookie"))
    assert page.headers.get_list("set-cookie")
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://{LAN}:{running.port}/login", trust_env=False)
    (authority,) = running.trust.get_ca_certs(binary_form=True)
    print_ = hashlib.sha256(authority).hexdigest().upper()
    assert print_ in re.sub(r"[^0-9A-F]", "", running.output.read_text().split("SHA-256")[1])


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_is_12_at_least_and_nothing_listens_beside_it(running: Running) -> None:
    old = running.trust
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    for port in (running.port, BROKER_PORT):
        with pytest.raises(ssl.SSLError, match=r"(?i)version|alert|protocol"):
            shake_hands(port, old)
        assert shake_hands(port, running.trust) in {"TLSv1.2", "TLSv1.3"}
    heard = {
        connection.laddr.ip
        for one in running.family
        for connection in one.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in {running.port, BROKER_PORT}
    }
    assert heard == {LAN}


def shake_hands(port: int, trust: ssl.SSLContext) -> str | None:
    with (
        socket.create_connection((LAN, port), 5) as line,
        trust.wrap_socket(line, server_hostname=LAN) as secure,
    ):
        return secure.version()


def test_a_process_that_dies_is_started_again_and_said(running: Running) -> None:
    before = running.child("admin.ingest")
    assert before is not None
    before.kill()
    assert wait_for(lambda: (now := running.child("admin.ingest")) is not None and now.pid != before.pid, 15)
    assert "ingest" in running.output.read_text()


def test_a_second_start_on_the_same_folder_is_refused_with_the_remedy(running: Running) -> None:
    words = (*KAIMEN, "up", "--state", str(running.state), "--no-browser")
    second = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert re.search("already running.*--state", " ".join(second.stderr.split()))


def test_the_cameras_password_is_in_no_log_and_no_output(running: Running) -> None:
    said = running.output.read_text() + "".join(log.read_text() for log in (running.state / "logs").iterdir())
    assert PASSWORD not in said


def test_secrets_are_readable_by_their_owner_alone(running: Running) -> None:
    private = [
        path
        for path in (running.state / "keys").rglob("*")
        if path.is_file() and path.suffix != ".pub" and path.parent.name != "public"
    ]
    private += list((running.state / "config").iterdir())
    assert len(private) > 10
    assert {path.name for path in private if path.stat().st_mode & 0o077} == set()


def test_ctrl_c_stops_everything(running: Running) -> None:
    family = running.family
    assert len(family) >= 6
    os.kill(running.process.pid, signal.SIGINT)
    assert running.process.wait(40) == 0
    assert [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
