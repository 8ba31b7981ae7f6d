"""What a gate's memory grows by while its roster is replaced: follower, server's line, cipher, gallery, threshold and
store are the product's, in a fresh process; only the network is a file that is read piece by piece.

The growth is the memory at its highest during the replacement, beyond what the gate held before it, over the raw
templates. Memory that was freed but not given back to the system is given back first: it would flatter the figure.
"""

import ctypes
import gc
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import httpx
import numpy as np
import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from bench.memory import forget_peak, peak, resident
from contracts.ids import BootId, CompoundId, GateId, PersonId
from contracts.manifest import Manifest
from contracts.pins import pin_mac
from contracts.roster import FLOAT32_BYTES, Name, Roster, RosterPerson, RosterPin, encode_roster
from contracts.roster_delta import DELTA_PURPOSE, RosterRows, Step, encode_delta
from contracts.sealing import seal
from contracts.topics import Topic
from contracts.wire import Message
from gate.knowledge import Knowledge
from gate.mqtt.fetch import PURPOSE, Server, ServerSettings
from gate.mqtt.follow import Follower, Gate
from gate.store.roster import RosterStore
from gate.vision.impostors import threshold_in
from gate.vision.onnx_eye import MODEL
from kaimen.house import OF_A_CHILD

TEMPLATES_EACH: Final = 2
NUMBERS: Final = 256
TARGET_FPIR: Final = 0.001
WHOLE: Final = 5  # the version that no step leads to
PIECE: Final = 64 * 1024  # as a network gives it
GATE: Final = GateId("gate-1")
BOTH: Final = Name(zh="东门", en="East gate")

Keep = Literal["memory", "disk"]


@dataclass(frozen=True, slots=True)
class Growth:
    """Times the raw templates. `whole` is fetched after steps that lead nowhere, `steps` are three at once, of a gate
    that missed two versions; `whole_kept` is the whole of a gate that also keeps it on its disk."""

    whole: float
    step: float
    steps: float
    whole_kept: float


def growth(people: int) -> Growth:
    """Each way in a process of its own; two templates and a PIN each."""
    with tempfile.TemporaryDirectory(prefix="kaimen-bench-") as name:
        folder = Path(name)
        write_versions(folder, people)
        return Growth(
            whole=growth_to(WHOLE, folder),
            step=growth_to(2, folder),
            steps=growth_to(4, folder),
            whole_kept=growth_to(WHOLE, folder, "disk"),
        )


def growth_to(version: int, folder: Path, keep: Keep = "memory") -> float:
    """By how many times the raw templates a process that holds version 1 grows while it takes another."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.replaced", str(folder), str(version), keep],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, **OF_A_CHILD},
    )
    return float(done.stdout)


def write_versions(folder: Path, people: int) -> None:
    """Version 1, three steps from it in each of which somebody goes and somebody comes, and WHOLE, in which all is
    new."""
    key = X25519PrivateKey.generate()
    (folder / "gate.key").write_bytes(key.private_bytes_raw())
    random = np.random.default_rng(1)
    old = _roster(1, [PersonId.random() for _ in range(people)], random)
    name = _put(folder, key, old)
    for version in (2, 3, 4):
        new = _one_replaced(old, version, random)
        digest = _put(folder, key, new, whole=False)
        delta = encode_delta(old, new, Step(name, digest))
        (folder / name).write_bytes(seal(key.public_key(), DELTA_PURPOSE, delta))
        old, name = new, digest
    _put(folder, key, _roster(WHOLE, [PersonId.random() for _ in range(people)], random))


def _put(folder: Path, key: X25519PrivateKey, made: RosterRows, whole: bool = True) -> str:
    """The manifest, and the whole where the gate may come by it; the digest."""
    content = encode_roster(made.packed())
    roster, digest = made.roster, hashlib.sha256(content).hexdigest()
    manifest = Manifest(
        gate=GATE,
        generation=1,
        version=roster.version,
        digest=digest,
        size=len(content),
        at=roster.made_at,
    )
    (folder / f"{roster.version}.json").write_bytes(manifest.encode())
    if whole:
        (folder / str(roster.version)).write_bytes(seal(key.public_key(), PURPOSE, content))
    return digest


def _roster(version: int, people: list[PersonId], random: np.random.Generator) -> RosterRows:
    head = Roster(
        compound=CompoundId("compound"),
        gate=GATE,
        generation=1,
        version=version,
        made_at=datetime.now(UTC),
        compound_name=BOTH,
        gate_name=BOTH,
        model=MODEL,
        width=NUMBERS,
        people=[RosterPerson(id=one) for one in people],
        rows=[number // TEMPLATES_EACH for number in range(len(people) * TEMPLATES_EACH)],
        pin_key="AAAA",
        pins=[_pin(one) for one in people],
    )
    return RosterRows(head, tuple(row for _ in people for row in _templates(random)))


def _one_replaced(old: RosterRows, version: int, random: np.random.Generator) -> RosterRows:
    """The first goes, and somebody comes last."""
    roster, came = old.roster, PersonId.random()
    head = roster.model_copy(
        update={
            "version": version,
            "people": [*roster.people[1:], RosterPerson(id=came)],
            "pins": [*roster.pins[1:], _pin(came)],
        }
    )
    return RosterRows(head, (*old.rows[TEMPLATES_EACH:], *_templates(random)))


def _pin(person: PersonId) -> RosterPin:
    return RosterPin(person=person, mac=pin_mac(b"key", person, "123456"))


def _templates(random: np.random.Generator) -> Iterator[bytes]:
    for _ in range(TEMPLATES_EACH):
        row = random.standard_normal(NUMBERS, dtype=np.float32)
        yield (row / np.linalg.norm(row)).astype("<f4").tobytes()


class _Silent:
    """A broker that nobody hears."""

    def publish(self, topic: Topic, payload: Message) -> bool:
        del topic, payload
        return True


class _File(httpx.SyncByteStream):
    """A file as a network gives it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


class _Way:
    """A gate's rosters, from a folder of sealed bodies."""

    def __init__(self, folder: Path, keep: Keep) -> None:
        self._folder = folder
        key = X25519PrivateKey.from_private_bytes((folder / "gate.key").read_bytes())
        settings = ServerSettings("http://127.0.0.1:1", SecretStr("none"))
        server = Server(settings, GATE, key, httpx.MockTransport(self._answer))
        knowledge = Knowledge(MODEL, lambda gallery: threshold_in(TARGET_FPIR, gallery), lambda: False)
        self.rosters = RosterStore(Path(tempfile.mkdtemp(dir=folder)), keep)
        gate = Gate(GATE, BootId.random(), lambda: datetime.now(UTC))
        self._follower = Follower(gate, server, self.rosters, _Silent(), knowledge.apply)

    def take(self, version: str) -> None:
        """Raises LookupError where that version was not taken."""
        manifest = Manifest.decode((self._folder / f"{version}.json").read_bytes())
        self._follower.take(manifest)
        self._follower.step(time.monotonic())
        if not self.rosters.has(manifest):
            raise LookupError(f"version {version} was not taken")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = self._folder / request.url.path.rsplit("/", 1)[1]
        return httpx.Response(200, stream=_File(path)) if path.exists() else httpx.Response(404)


def main() -> int:
    """Takes version 1, then the other, and says what the second cost beyond the first."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    folder, version, keep = sys.argv[1:]
    way = _Way(Path(folder), "disk" if keep == "disk" else "memory")
    way.take("1")
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = resident()
    forget_peak()
    way.take(version)
    held = way.rosters.held
    raw = len(held.body.roster.rows) * NUMBERS * FLOAT32_BYTES if held is not None else 0
    sys.stdout.write(json.dumps(round((peak() - before) / raw, 2)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
