"""A relay and wires over Modbus TCP."""

import threading
from collections.abc import Mapping
from typing import Final, Protocol

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from contracts.words import DoorState
from gate.door.door import DoorFault, Signals, WiresSilent
from gate.door.gpio import signals_of
from gate.door.relay import TIMEOUT_S, checked_length

TENTHS: Final = 10


class Bus(Protocol):
    """What is used of `ModbusTcpClient`."""

    def write_register(self, address: int, value: int, *, device_id: int) -> ModbusPDU: ...

    def read_discrete_inputs(self, address: int, *, count: int, device_id: int) -> ModbusPDU: ...


def connect(host: str, port: int) -> ModbusTcpClient:
    """A client that asks once and connects when first used: a pulse is never repeated."""
    return ModbusTcpClient(host, port=port, timeout=TIMEOUT_S, retries=0)


class ModbusRelay:
    """Writing tenths of a second to one register unlocks for as long, by the relay's own timer; 0 ends it."""

    def __init__(self, bus: Bus, unit: int, register: int, lock: threading.Lock) -> None:
        """`lock` keeps two questions on one line apart; wires on the same line share it."""
        self._bus, self._unit, self._register, self._lock = bus, unit, register, lock
        self._faulty = False

    def pulse(self, seconds: float) -> None:
        self._write(max(1, round(checked_length(seconds) * TENTHS)))

    def shut(self) -> None:
        self._write(0)

    def state(self) -> DoorState:
        return DoorState.FAULT if self._faulty else DoorState.UNKNOWN

    def _write(self, tenths: int) -> None:
        try:
            with self._lock:
                answer = self._bus.write_register(self._register, tenths, device_id=self._unit)
        except (ModbusException, OSError) as wrong:
            self._faulty = True
            raise DoorFault(type(wrong).__name__) from None
        self._faulty = answer.isError()
        if self._faulty:
            raise DoorFault("the relay refused")


class ModbusWires:
    """Discrete inputs by name: contact, tamper, fire, exit."""

    def __init__(self, bus: Bus, unit: int, numbers: Mapping[str, int], lock: threading.Lock) -> None:
        self._bus, self._unit, self._numbers, self._lock = bus, unit, numbers, lock

    def read(self) -> Signals:
        """One question for all inputs, from the lowest to the highest."""
        first, last = min(self._numbers.values()), max(self._numbers.values())
        try:
            with self._lock:
                answer = self._bus.read_discrete_inputs(first, count=last - first + 1, device_id=self._unit)
        except (ModbusException, OSError) as wrong:
            raise WiresSilent(type(wrong).__name__) from None
        if answer.isError():
            raise WiresSilent("the inputs refused")
        return signals_of({name: answer.bits[number - first] for name, number in self._numbers.items()})
