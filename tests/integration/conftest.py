"""Each test gets a broker of each kind, a register, and processes that end with it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.running import Broker, House, Mosquitto, Nats, Speaker, _Program, a_house

Started = Callable[[_Program], _Program]


@pytest.fixture(params=[Nats, Mosquitto], ids=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    broker: Nats | Mosquitto = request.param(folder)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def house(tmp_path: Path, broker: Broker) -> Iterator[House]:
    house = a_house(tmp_path, broker)
    yield house
    house.engine.dispose()


@pytest.fixture
def started() -> Iterator[Started]:
    """`started(house.ingest())`: runs until the test's end."""
    programs: list[_Program] = []

    def start(program: _Program) -> _Program:
        programs.append(program)
        program.start()
        return program

    yield start
    for program in programs:
        program.stop()


@pytest.fixture
def opened() -> Iterator[Callable[[Speaker], Speaker]]:
    """`opened(house.speaker(gate))`: connected until the test's end."""
    speakers: list[Speaker] = []

    def open_(speaker: Speaker) -> Speaker:
        speakers.append(speaker)
        return speaker.open()

    yield open_
    for speaker in speakers:
        speaker.close()
