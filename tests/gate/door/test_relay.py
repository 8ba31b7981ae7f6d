"""Doors: what a relay is told, and what it does on its own."""

from collections.abc import Callable

import httpx
import pytest

from contracts.words import DoorState
from gate.door.door import DoorFault
from gate.door.relay import CleartextRelay, HttpRelay, SimulatedDoor, is_private_line

URL = "http://127.0.0.1:8080/unlock"


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def relay_that(answers: Callable[[httpx.Request], httpx.Response]) -> HttpRelay:
    return HttpRelay(URL, httpx.Client(transport=httpx.MockTransport(answers)))


@pytest.mark.promise(13)
def test_a_pulse_ends_by_the_doors_own_timer() -> None:
    clock = Hand()
    door = SimulatedDoor(clock)
    door.pulse(3.0)
    clock.now = 2.9
    assert door.state() is DoorState.OPEN
    clock.now = 3.0
    assert door.state() is DoorState.SHUT
    assert list(door.pulses) == [3.0]


@pytest.mark.promise(13)
@pytest.mark.parametrize("seconds", [0, -1, 31, float("inf"), float("nan")])
def test_no_pulse_holds_a_door_open(seconds: float) -> None:
    with pytest.raises(ValueError, match="A pulse lasts"):
        SimulatedDoor(Hand()).pulse(seconds)


@pytest.mark.promise(13)
def test_a_network_relay_is_told_how_long_and_times_it_itself() -> None:
    seen: list[bytes] = []

    def relay(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(204)

    door = relay_that(relay)
    door.pulse(2.5)
    assert seen == [b'{"seconds":2.5}']
    assert door.state() is DoorState.UNKNOWN


def test_a_pulse_without_an_answer_is_a_fault_and_is_not_repeated() -> None:
    tries: list[str] = []

    def relay(request: httpx.Request) -> httpx.Response:
        tries.append(request.method)
        raise httpx.ReadTimeout("no answer")

    door = relay_that(relay)
    with pytest.raises(DoorFault, match="ReadTimeout"):
        door.pulse(3.0)
    assert tries == ["POST"]
    assert door.state() is DoorState.FAULT


def test_a_relay_that_refuses_or_redirects_is_a_fault_until_it_works_again() -> None:
    answers = iter([500, 302, 200])
    door = relay_that(
        lambda _request: httpx.Response(next(answers), headers={"Location": "http://elsewhere/"})
    )
    for status in (500, 302):
        with pytest.raises(DoorFault, match=str(status)):
            door.pulse(3.0)
        assert door.state() is DoorState.FAULT
    door.pulse(3.0)
    assert door.state() is DoorState.UNKNOWN


def test_a_readable_line_is_refused_unless_the_operator_says_so() -> None:
    with pytest.raises(CleartextRelay, match=r"door\.allow_cleartext"):
        HttpRelay("http://192.168.1.20/unlock", httpx.Client())
    HttpRelay("http://192.168.1.20/unlock", httpx.Client(), allow_cleartext=True)


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://relay.example/unlock", True),
        ("http://localhost:80/x", True),
        ("http://[::1]/x", True),
        ("http://127.0.0.1.example.com/x", False),
        ("ftp://127.0.0.1/x", False),
    ],
)
def test_what_counts_as_a_private_line(url: str, private: bool) -> None:
    assert is_private_line(url) is private
