"""The whole path on real faces, broker, database and pages: `kaimen demo --headless`, with the broker's line tapped."""

import io
import json
from base64 import b64encode
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from kaimen.demo.headless import run
from kaimen.install import Installation
from tests.whole.tap import Secrets, TappedHouse

pytestmark = [pytest.mark.real, pytest.mark.enable_socket, pytest.mark.alone]
PICTURES = (
    b"\xff\xd8\xff\xe0",
    b"\xff\xd8\xff\xe1",
    b"\xff\xd8\xff\xdb",
    b"\x89PNG\r\n",
    b"RIFF",
    b"/9j/4AAQ",
    b"iVBORw0KGgo",
)
PIECE = 12  # bytes of a template: three numbers, which no chance repeats


@dataclass(frozen=True)
class Ran:
    report: dict[str, Any]
    secrets: Secrets
    traffic: bytes


@pytest.fixture(scope="module")
def ran() -> Ran:
    secrets, said, houses = Secrets(), io.StringIO(), list[TappedHouse]()

    def house_of(box: Installation) -> TappedHouse:
        houses.append(TappedHouse.on(box, secrets))
        return houses[0]

    with redirect_stdout(said):
        code = run(json_line=True, house_of=house_of)
    assert code == 0, said.getvalue()
    return Ran(json.loads(said.getvalue().splitlines()[-1]), secrets, houses[0].tap.crossed)


@pytest.fixture(scope="module")
def report(ran: Ran) -> dict[str, Any]:
    return ran.report


@pytest.mark.promise(9)
def test_no_name_no_picture_and_no_template_crosses_the_brokers_line(ran: Ran) -> None:
    traffic, secrets = ran.traffic, ran.secrets
    for topic in (b"/state", b"/health", b"/passage", b"/receipt", b"/want", b"/have"):
        assert topic in traffic  # the tap was where it should be
    assert any(person.encode() in traffic for person in secrets.wire_ids)
    assert len(secrets.words) > 50
    assert len(secrets.rows) >= 1
    for word in secrets.words:
        assert word.encode() not in traffic
        assert json.dumps(word)[1:-1].encode() not in traffic
    assert [picture for picture in PICTURES if picture in traffic] == []
    assert [piece for row in secrets.rows for piece in shapes_of(row) if piece in traffic] == []


def shapes_of(row: bytes) -> set[bytes]:
    """Every few numbers of a template, as bytes, as base64 wherever they begin in it, in hex, and in digits."""
    found: set[bytes] = set()
    for at in range(0, len(row) - PIECE, PIECE):
        piece = row[at : at + PIECE]
        found |= {piece, piece.hex().encode(), *(in_base64(piece, shift) for shift in range(3))}
    numbers = np.frombuffer(row, "<f4")
    return found | {f"{abs(number):.7f}".encode() for number in numbers if abs(number) > 0.01}


def in_base64(piece: bytes, shift: int) -> bytes:
    """The digits that `piece` alone decides, where `shift` bytes of a group stand before it."""
    whole = b64encode(bytes(shift) + piece)
    return whole[4 if shift else 0 : len(whole) - 4]


@pytest.mark.promise(6)
def test_who_should_come_in_does_and_nobody_else(report: dict[str, Any]) -> None:
    assert report["wrong"] == 0
    assert report["granted"] == 4
    assert report["denied"] == {"unknown": 3, "poor_quality": 2, "spent": 1}
    assert report["approaches"] == 10


def test_times_and_memory_are_measured_and_memory_stays_in_bounds(report: dict[str, Any]) -> None:
    assert report["unlock_ms"]["p95"] > 0
    assert report["row_ms"]["p95"] > 0
    rss = report["rss_mb"]
    assert set(rss) == {"gate", "web", "ingest", "worker", "dispatch", "broker"}
    bounds = {"gate": 350, "web": 220, "ingest": 120, "dispatch": 120}
    assert {name: rss[name] for name, most in bounds.items() if not 0 < rss[name] <= most} == {}
