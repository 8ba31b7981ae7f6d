"""Relays and wires over libgpiod and Modbus. The boards are mocks: doubles of the libraries' own interfaces."""

import threading
from dataclasses import dataclass, field

import pytest
from gpiod.line import Value
from pymodbus.exceptions import ConnectionException
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsResponse
from pymodbus.pdu.register_message import WriteSingleRegisterResponse

from contracts.words import DoorState
from gate.door.door import DoorFault, Signals, WiresSilent
from gate.door.gpio import TRIGGER_S, GpioRelay, GpioWires
from gate.door.modbus import ModbusRelay, ModbusWires
from gate.door.relay import LONGEST_PULSE_S
from gate.ironwork import build_door, has_free_exit, lock_of
from gate.settings import DoorSettings, ModbusSettings

WIRES = {"contact": 5, "tamper": 6, "fire": 12, "exit": 13}


@dataclass
class MockLines:
    """Lines of a box that is not there; `gone` is a chip that was pulled out."""

    active: set[int] = field(default_factory=set)
    diary: list[object] = field(default_factory=list)
    gone: bool = False

    def set_value(self, line: int | str, value: Value) -> None:
        if self.gone:
            raise OSError(19, "No such device")
        self.diary.append((line, value is Value.ACTIVE))

    def get_value(self, line: int | str) -> Value:
        if self.gone:
            raise OSError(19, "No such device")
        return Value.ACTIVE if line in self.active else Value.INACTIVE


@pytest.mark.promise(13)
def test_a_line_only_triggers_the_relay_whose_own_timer_ends_the_pulse() -> None:
    lines = MockLines()
    relay = GpioRelay(lines, 17, sleep=lines.diary.append)
    relay.pulse(LONGEST_PULSE_S)
    assert lines.diary == [(17, True), TRIGGER_S, (17, False)]
    with pytest.raises(DoorFault, match="own timer"):
        relay.shut()
    assert relay.state() is DoorState.UNKNOWN


def test_a_chip_that_is_gone_is_a_fault() -> None:
    relay = GpioRelay(MockLines(gone=True), 17, sleep=lambda _seconds: None)
    with pytest.raises(DoorFault):
        relay.pulse(3.0)
    assert relay.state() is DoorState.FAULT
    with pytest.raises(WiresSilent):
        GpioWires(MockLines(gone=True), WIRES).read()


def test_lines_are_read_by_the_names_of_their_wires() -> None:
    assert GpioWires(MockLines(active={5, 12}), WIRES).read() == Signals(open=True, fire=True)
    assert GpioWires(MockLines(active={6, 13}), WIRES).read() == Signals(open=False, tamper=True, exit=True)
    assert GpioWires(MockLines(), {"exit": 13}).read() == Signals(open=None)


@dataclass
class MockBus:
    """A unit that is not there: what was written, and what it answers."""

    written: list[tuple[int, int, int]] = field(default_factory=list)
    bits: list[bool] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    away: bool = False
    refuses: bool = False

    def write_register(self, address: int, value: int, *, device_id: int) -> ModbusPDU:
        self._check()
        self.written.append((address, value, device_id))
        return ExceptionResponse(6, 2) if self.refuses else WriteSingleRegisterResponse(address=address)

    def read_discrete_inputs(self, address: int, *, count: int, device_id: int) -> ModbusPDU:
        self._check()
        self.asked.append((address, count))
        return ExceptionResponse(2, 2) if self.refuses else ReadDiscreteInputsResponse(bits=self.bits)

    def _check(self) -> None:
        if self.away:
            raise ConnectionException("no line")


@pytest.mark.promise(13)
def test_a_modbus_relay_is_told_its_tenths_of_a_second_and_times_them_itself() -> None:
    bus = MockBus()
    relay = ModbusRelay(bus, 3, 40, threading.Lock())
    relay.pulse(3.0)
    relay.pulse(0.01)
    relay.shut()
    assert bus.written == [(40, 30, 3), (40, 1, 3), (40, 0, 3)]
    with pytest.raises(ValueError, match="pulse"):
        relay.pulse(LONGEST_PULSE_S + 1)


@pytest.mark.parametrize("bus", [MockBus(away=True), MockBus(refuses=True)], ids=["away", "refuses"])
def test_a_unit_that_does_not_confirm_is_a_fault_and_is_asked_once(bus: MockBus) -> None:
    relay = ModbusRelay(bus, 1, 40, threading.Lock())
    with pytest.raises(DoorFault):
        relay.pulse(3.0)
    assert relay.state() is DoorState.FAULT
    assert len(bus.written) <= 1
    with pytest.raises(WiresSilent):
        ModbusWires(bus, 1, WIRES, threading.Lock()).read()


def test_discrete_inputs_are_read_in_one_question() -> None:
    bus = MockBus(bits=[True, False, *[False] * 5, True, True])
    assert ModbusWires(bus, 1, WIRES, threading.Lock()).read() == Signals(open=True, fire=True, exit=True)
    assert bus.asked == [(5, 9)]


def settings(**fields: object) -> DoorSettings:
    return DoorSettings.model_validate({"kind": "simulated", **fields})


def test_a_simulated_door_is_named_so_and_has_no_wires() -> None:
    door = build_door(settings(mechanical_exit=True), lambda: 0.0)
    assert door.look(held=False) == []
    assert (lock_of(settings()).relay, lock_of(settings()).wired) == ("simulated", [])


def test_modbus_is_built_where_it_is_named_and_connects_when_first_used() -> None:
    modbus = {"host": "127.0.0.1", "port": 9, "relay": 40, "contact": 0, "exit": 1}
    chosen = settings(kind="modbus", modbus=modbus)
    build_door(chosen, lambda: 0.0)
    assert has_free_exit(chosen)
    assert lock_of(chosen).wired == ["contact", "exit"]


@pytest.mark.promise(13)
def test_an_escape_route_that_stays_locked_without_power_and_has_no_handle_stops_the_start() -> None:
    with pytest.raises(ValueError, match="Fit a mechanical exit"):
        settings(fail="secure")
    assert settings(fail="secure", mechanical_exit=True)
    assert settings(fail="secure", escape_route=False)


@pytest.mark.parametrize("kind", ["gpio", "modbus", "http"])
def test_a_relay_needs_its_place(kind: str) -> None:
    with pytest.raises(ValueError, match="is missing"):
        settings(kind=kind, modbus={"host": "127.0.0.1"}, gpio={})


def test_modbus_off_this_machine_needs_a_word() -> None:
    with pytest.raises(ValueError, match="neither encrypted nor signed"):
        ModbusSettings(host="10.0.0.9", relay=1)
    assert ModbusSettings(host="10.0.0.9", relay=1, allow_cleartext=True)
