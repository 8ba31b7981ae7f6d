"""`python -m gate` as a process, cut off from everything: its kept roster, pictures for a camera, a simulated door."""

import hashlib
import http.client
import json
import signal
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contracts.manifest import Manifest
from contracts.passage import PassageV1, PassageWhat
from contracts.roster import RosterBody, encode_roster
from contracts.sealing import seal
from gate.vision.frame import Frame
from gate.vision.onnx_eye import OnnxEye
from tests.faces import picture
from tests.gate.at_the_gate import COMPOUND, EAST, PIN, ROOM, a_roster

pytestmark = pytest.mark.real

NOBODY_LISTENS: Final = 9  # the discard port
PATIENCE_S: Final = 30.0


@dataclass
class Alone:
    """One gate process and its folder."""

    folder: Path
    process: subprocess.Popen[str]
    host: str
    log: list[str] = field(default_factory=list[str])

    def ask(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, bytes]:
        line = http.client.HTTPConnection(self.host, timeout=10)
        own = {"Origin": f"http://{self.host}", "Content-Type": "application/json"}
        line.request(method, path, json.dumps(body) if body else None, own if body else {})
        answer = line.getresponse()
        content = answer.status, answer.read()
        line.close()
        return content

    def type_pin(self, room: str, pin: str) -> dict[str, Any]:
        status, said = self.ask("POST", "/pin", {"room": room, "pin": pin})
        assert status == 200
        return json.loads(said)

    def passages(self) -> list[PassageWhat]:
        with sqlite3.connect(f"file:{self.folder / 'state' / 'journal.sqlite3'}?mode=ro", uri=True) as db:
            rows = db.execute("SELECT message FROM link WHERE kind = 'passage' ORDER BY row").fetchall()
        return [PassageV1.decode(message).read_what() for (message,) in rows]

    def wait_for(self, so: Callable[[list[PassageWhat]], bool]) -> list[PassageWhat]:
        until = time.monotonic() + PATIENCE_S
        while not so(self.passages()):
            assert time.monotonic() < until, f"not so: {[(p.method, p.reason) for p in self.passages()]}"
            assert self.process.poll() is None, "the gate ended"
            time.sleep(0.1)  # another process is waited for
        return self.passages()


def write_pictures(folder: Path) -> None:
    """An empty entrance, the resident in another picture, the empty entrance, a stranger."""
    folder.mkdir()
    empty = np.full((720, 1280, 3), 128, np.uint8)
    for number, name in enumerate((None, "obama2.jpg", None, "biden.jpg", None)):
        scene = empty.copy()
        if name is not None:
            face = cv2.imread(str(picture(name)), cv2.IMREAD_COLOR)
            assert face is not None
            scale = min(700 / face.shape[0], 1200 / face.shape[1])
            small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            scene[10 : 10 + small.shape[0], 20 : 20 + small.shape[1]] = small
        cv2.imwrite(str(folder / f"{number}.png"), scene)


def write_roster(state: Path, weights: Path, key: X25519PrivateKey) -> None:
    """A roster as it would have been kept: one resident with a face and a PIN."""
    eye = OnnxEye(weights)
    photo = cv2.imread(str(picture("obama.jpg")), cv2.IMREAD_COLOR)
    assert photo is not None
    frame = Frame(np.asarray(photo, np.uint8), datetime.now(UTC), 0.0, 1)
    vector = eye.describe(frame, eye.find(frame)[0])
    roster = a_roster().model_copy(update={"model": eye.model, "width": len(vector), "rows": [0]})
    plain = encode_roster(RosterBody(roster, vector.astype("<f4").tobytes()))
    manifest = Manifest(
        gate=EAST,
        generation=roster.generation,
        version=roster.version,
        digest=hashlib.sha256(plain).hexdigest(),
        size=len(plain),
        at=datetime.now(UTC),
    )
    state.mkdir(mode=0o700)
    (state / "roster.json").write_bytes(manifest.encode())
    (state / "roster.sealed").write_bytes(seal(key.public_key(), "roster", plain))


def write_settings(folder: Path, weights: Path, key: X25519PrivateKey) -> Path:
    public = b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    (folder / "own").write_bytes(b64encode(key.private_bytes_raw()))
    (folder / "secret").write_text("nothing listens to this")
    file = folder / "gate.toml"
    file.write_text(f"""
compound = "{COMPOUND}"
gate = "{EAST}"
camera = "pictures"
loop_video = true
state_folder = "state"
weights_folder = "{weights}"
second_credentials = ["pin", "qr"]
roster_keep = "disk"
server = {{ url = "http://127.0.0.1:{NOBODY_LISTENS}", credential_file = "secret" }}
broker = {{ host = "127.0.0.1", port = {NOBODY_LISTENS}, user = "gate-{EAST}", password_file = "secret" }}
door = {{ kind = "simulated" }}
screen = {{ port = 0 }}
[keys]
own_file = "own"
receipt = [{{ id = "receipt-1", public = "{public}" }}]
manifest = [{{ id = "manifest-1", public = "{public}" }}]
""")
    return file


def started(config: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "gate", "--config", str(config)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    key = X25519PrivateKey.generate()
    write_pictures(folder / "pictures")
    write_roster(folder / "state", folder / "weights", key)
    write_settings(folder, folder / "weights", key)
    return folder


@pytest.fixture(scope="module")
def alone(prepared: Path) -> Iterator[Alone]:
    process = started(prepared / "gate.toml")
    assert process.stderr is not None
    heard: list[str] = []
    for line in process.stderr:
        heard.append(line)
        if "The gate watches" in line:
            break
    assert process.poll() is None, heard
    host = json.loads(heard[-1])["screen"].removeprefix("http://").rstrip("/")
    yield Alone(prepared, process, host, heard)
    process.kill()
    process.wait()


@pytest.mark.promise(7)
def test_a_gate_cut_off_recognises_its_resident_and_refuses_a_stranger(alone: Alone) -> None:
    passages = alone.wait_for(lambda seen: len({what.outcome for what in seen if what.method == "face"}) == 2)
    faces = [(what.outcome, what.reason) for what in passages if what.method == "face"]
    assert faces[0][0] == "granted"
    assert faces[1] == ("denied", "unknown")
    assert all(what.waited_ms is not None and what.roster_version == 7 for what in passages)


@pytest.mark.promise(4)
@pytest.mark.promise(7)
def test_a_wrong_pin_is_refused_with_words_and_the_right_one_opens(alone: Alone) -> None:
    refused = alone.type_pin(ROOM, "999999")
    assert (refused["outcome"], refused["reason"]) == ("denied", "wrong_pin")
    assert refused["text"]["zh"]["remedy"]
    assert alone.type_pin(ROOM, PIN)["outcome"] == "granted"


def test_the_page_shows_the_camera(alone: Alone) -> None:
    until = time.monotonic() + PATIENCE_S
    while (picture_of_now := alone.ask("GET", "/picture.jpg"))[0] != 200:
        assert time.monotonic() < until
        time.sleep(0.1)  # the first picture comes with the next frame
    assert picture_of_now[1].startswith(b"\xff\xd8")


def test_a_second_gate_on_the_same_folder_does_not_start(alone: Alone) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "gate", "--config", str(alone.folder / "gate.toml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 3
    assert "in use by another gate" in second.stderr


@pytest.mark.promise(1)
def test_a_stopped_gate_ends_in_order_and_every_grant_has_its_pulse(alone: Alone) -> None:
    alone.process.send_signal(signal.SIGTERM)
    _, said = alone.process.communicate(timeout=20)
    assert alone.process.returncode == 0, said
    with sqlite3.connect(alone.folder / "state" / "journal.sqlite3") as db:
        pulses = dict(db.execute("SELECT pulse, count(*) FROM link WHERE pulse IS NOT NULL GROUP BY pulse"))
    assert set(pulses) == {"done"}
    assert PIN not in "".join(alone.log) + said
    assert {path.stat().st_mode & 0o077 for path in (alone.folder / "state").glob("*.sqlite3")} == {0}


def test_a_config_that_is_wrong_ends_with_code_2_and_names_the_key(prepared: Path) -> None:
    config = prepared / "wrong.toml"
    config.write_text("colour = 1\n" + (prepared / "gate.toml").read_text())
    process = started(config)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "unknown key colour" in said
    assert "Traceback" not in said


@pytest.mark.promise(9)
def test_a_gate_told_to_use_a_tpm_does_not_start_without_one(prepared: Path) -> None:
    config = prepared / "tpm.toml"
    wanted = (prepared / "gate.toml").read_text().replace('"disk"', '"tpm"\ntpm = "device:/dev/nowhere"')
    config.write_text(wanted.replace('state_folder = "state"', 'state_folder = "state-tpm"'))
    with started(config) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "the TPM at device:/dev/nowhere cannot be used" in said


@pytest.mark.promise(9)
def test_a_gate_that_keeps_templates_on_disk_says_that_it_is_unsafe(alone: Alone) -> None:
    assert any("UNSAFE" in line for line in alone.log)
