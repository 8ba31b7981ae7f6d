"""Each test gets a broker of each kind, a register, and processes that end with it.

NATS comes with SQLite, as `kaimen up` starts them, Mosquitto with PostgreSQL, as an installation has them.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import postgresql_address, postgresql_register, postgresql_server
from tests.integration.brokers import Broker, CertifiedNats, Mosquitto, Nats, Program
from tests.integration.running import House, Speaker, a_house

__all__ = ["postgresql_address", "postgresql_register", "postgresql_server"]

Started = Callable[[Program], Program]


@pytest.fixture(params=[Nats, Mosquitto], ids=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    yield from _running(request.param, tmp_path / "broker")


@pytest.fixture(params=[CertifiedNats, Mosquitto], ids=["nats", "mosquitto"])
def certified(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A register and a broker that asks for certificates, as off loopback."""
    for broker in _running(request.param, tmp_path / "broker"):
        house = a_house(tmp_path, broker, _address(request, broker, tmp_path))
        yield house
        house.engine.dispose()


def _running(kind: type[Nats] | type[Mosquitto], folder: Path) -> Iterator[Broker]:
    folder.mkdir()
    broker = kind(folder)
    broker.start()
    yield broker
    broker.stop()


def _address(request: pytest.FixtureRequest, broker: Broker, folder: Path) -> str:
    """Where the register beside this broker is."""
    if isinstance(broker, Mosquitto):
        return str(request.getfixturevalue("postgresql_register"))
    return f"sqlite:///{folder / 'register.sqlite3'}"


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, broker: Broker) -> Iterator[House]:
    house = a_house(tmp_path, broker, _address(request, broker, tmp_path))
    yield house
    house.engine.dispose()


@pytest.fixture
def started() -> Iterator[Started]:
    """`started(house.ingest())`: runs until the test's end."""
    programs: list[Program] = []

    def start(program: Program) -> Program:
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
