"""The door from its settings: relay, wires and patience. Drivers are loaded only where they are configured."""

import threading
from collections.abc import Callable

import httpx
import structlog

from contracts.state import LockV1
from gate.door.contact import Patience
from gate.door.door import Door, NoWires, Wires
from gate.door.relay import HttpRelay, SimulatedDoor
from gate.door.watched import WatchedDoor
from gate.settings import DoorSettings, GpioSettings, ModbusSettings

log = structlog.get_logger()


def build_door(settings: DoorSettings, monotonic: Callable[[], float]) -> WatchedDoor:
    """Raises CleartextRelay, and OSError where a line of this box cannot be had."""
    if settings.escape_route and not settings.mechanical_exit:
        log.warning(
            "This door is an escape route without a mechanical exit: fit one. A lock that opens without power "
            "and the fire panel's own contact are all that lets people out."
        )
    relay, wires = _relay_and_wires(settings, monotonic)
    patience = Patience(
        held_s=settings.held_seconds,
        tells_forcing="exit" in settings.wired or not settings.mechanical_exit,
    )
    return WatchedDoor(relay, wires, patience, monotonic)


def lock_of(settings: DoorSettings) -> LockV1:
    """What the gate says of its lock."""
    return LockV1(
        relay=settings.kind,
        fail=settings.fail,
        escape_route=settings.escape_route,
        mechanical_exit=settings.mechanical_exit,
        wired=list(settings.wired),
    )


def has_free_exit(settings: DoorSettings) -> bool:
    """Whether people get out without showing anything to the reader, in a lock-down and with a full disk too."""
    return settings.mechanical_exit or "exit" in settings.wired


def _relay_and_wires(settings: DoorSettings, monotonic: Callable[[], float]) -> tuple[Door, Wires]:
    if settings.kind == "modbus" and settings.modbus is not None:
        return _on_modbus(settings.modbus)
    wires = _wires(settings.inputs)
    if settings.kind == "gpio" and settings.gpio is not None:
        return _gpio_relay(settings.gpio), wires
    if settings.kind == "http" and settings.url is not None:
        client = httpx.Client(trust_env=False)
        return HttpRelay(settings.url.get_secret_value(), client, settings.allow_cleartext), wires
    return SimulatedDoor(monotonic), wires


def _gpio_relay(settings: GpioSettings) -> Door:
    from gate.door.gpio import GpioRelay, request_relay

    line = settings.relay or 0
    return GpioRelay(request_relay(settings.chip, line, settings.active_low), line)


def _wires(inputs: GpioSettings | ModbusSettings | None) -> Wires:
    if isinstance(inputs, GpioSettings):
        from gate.door.gpio import GpioWires, request_wires

        lines = request_wires(inputs.chip, inputs.numbers, inputs.active_low)
        return GpioWires(lines, inputs.numbers)
    if isinstance(inputs, ModbusSettings):
        return _on_modbus(inputs)[1]
    return NoWires()


def _on_modbus(settings: ModbusSettings) -> tuple[Door, Wires]:
    """Relay and wires share one connection."""
    from gate.door.modbus import ModbusRelay, ModbusWires, connect

    bus, lock = connect(settings.host, settings.port), threading.Lock()
    relay = ModbusRelay(bus, settings.unit, settings.relay or 0, lock)
    wires = ModbusWires(bus, settings.unit, settings.numbers, lock) if settings.wired else NoWires()
    return relay, wires
