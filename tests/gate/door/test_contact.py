"""What a door's wires say over time."""

from dataclasses import dataclass, field

import pytest

from contracts.words import DoorState
from gate.door.contact import DoorWatch, Event, Freedom, Patience
from gate.door.door import DoorFault, Signals, WiresSilent
from gate.door.relay import SimulatedDoor
from gate.door.watched import WatchedDoor

SHUT, OPEN = Signals(open=False), Signals(open=True)
LOCKED = Freedom(until_s=float("-inf"))


@dataclass
class Watched:
    """A watch whose readings a test gives one after another."""

    patience: Patience = field(default_factory=Patience)
    watch: DoorWatch = field(default_factory=DoorWatch)

    def see(self, now: float, signals: Signals, free: Freedom = LOCKED) -> list[Event]:
        self.watch, events = self.watch.after(now, signals, free, self.patience)
        return events


def test_a_door_that_opens_while_its_lock_is_free_is_just_used() -> None:
    door = Watched()
    assert door.see(0.0, SHUT) == []
    assert door.see(3.0, OPEN, Freedom(until_s=4.0)) == []
    assert door.see(5.9, OPEN, Freedom(until_s=4.0)) == []


def test_a_door_opened_in_the_grace_after_its_pulse_was_opened_by_whoever_was_let_in() -> None:
    assert Watched().see(5.9, OPEN, Freedom(until_s=4.0)) == []
    assert Watched().see(6.1, OPEN, Freedom(until_s=4.0)) == [Event.FORCED]


def test_a_door_that_opens_by_itself_was_forced_and_is_so_once() -> None:
    door = Watched()
    assert door.see(0.0, OPEN) == [Event.FORCED]
    assert door.see(0.1, OPEN) == []
    assert door.see(1.0, SHUT) == []
    assert door.see(2.0, OPEN) == [Event.FORCED]


def test_the_button_held_while_the_door_opens_forces_nothing() -> None:
    assert Watched().see(0.0, Signals(open=True, exit=True)) == [Event.EXIT]


def test_a_handle_without_a_wire_cannot_be_told_from_force() -> None:
    assert Watched(Patience(tells_forcing=False)).see(0.0, OPEN) == []


def test_a_door_is_held_open_once_it_has_stood_so_long_after_its_lock_shut() -> None:
    door, free = Watched(Patience(held_s=20.0)), Freedom(until_s=10.0)
    door.see(0.0, OPEN, free)
    assert door.see(30.0, OPEN, free) == []
    assert door.see(30.1, OPEN, free) == [Event.HELD_OPEN]
    assert door.see(99.0, OPEN, free) == []
    door.see(100.0, SHUT, free)
    door.see(101.0, OPEN, Freedom(until_s=105.0))
    assert door.see(126.0, OPEN, Freedom(until_s=105.0)) == [Event.HELD_OPEN]


def test_a_door_that_is_meant_to_stand_open_is_neither_forced_nor_held() -> None:
    door = Watched(Patience(held_s=5.0))
    assert door.see(0.0, OPEN, Freedom(0.0, held=True)) == []
    assert door.see(100.0, OPEN, Freedom(0.0, held=True)) == []
    assert door.see(101.0, Signals(open=True, fire=True)) == [Event.FIRE]
    assert door.see(200.0, Signals(open=True, fire=True)) == []


def test_only_beginnings_are_said() -> None:
    door = Watched()
    all_ = Signals(open=False, tamper=True, fire=True, exit=True)
    assert door.see(0.0, all_) == [Event.TAMPER, Event.FIRE, Event.EXIT]
    assert door.see(0.1, all_) == []
    assert door.see(0.2, SHUT) == [Event.FIRE_OVER]
    assert door.see(0.3, all_) == [Event.TAMPER, Event.FIRE, Event.EXIT]


class Wires:
    """Wires that a test sets; silent while they are None."""

    def __init__(self) -> None:
        self.signals: Signals | None = SHUT

    def read(self) -> Signals:
        if self.signals is None:
            raise WiresSilent("unplugged")
        return self.signals


@dataclass
class House:
    """A simulated door with a contact, on a clock moved by hand."""

    seconds: float = 0.0
    wires: Wires = field(default_factory=Wires)

    def __post_init__(self) -> None:
        self.relay = SimulatedDoor(lambda: self.seconds)
        self.door = WatchedDoor(self.relay, self.wires, Patience(), lambda: self.seconds)


def test_a_pulse_frees_the_lock_for_its_length() -> None:
    house = House()
    house.door.pulse(3.0)
    house.seconds, house.wires.signals = 2.0, OPEN
    assert house.door.look(held=False) == []
    assert house.door.state() is DoorState.OPEN


def test_the_contact_knows_better_than_the_relay() -> None:
    house = House()
    house.door.look(held=False)
    house.door.pulse(3.0)
    assert house.door.state() is DoorState.SHUT
    house.door.shut()
    assert house.relay.state() is DoorState.SHUT


def test_a_door_shut_by_order_that_opens_later_was_forced() -> None:
    house = House()
    house.door.pulse(20.0)
    house.seconds = 1.0
    house.door.shut()
    house.seconds, house.wires.signals = 4.0, OPEN
    assert house.door.look(held=False) == [Event.FORCED]


def test_silent_wires_are_a_fault_and_said_once() -> None:
    house = House()
    house.wires.signals = None
    with pytest.raises(WiresSilent, match="unplugged"):
        house.door.look(held=False)
    assert house.door.look(held=False) == []
    assert house.door.state() is DoorState.FAULT
    house.wires.signals = SHUT
    assert house.door.look(held=False) == []
    assert house.door.state() is DoorState.SHUT


class Broken:
    """A relay that answers nothing."""

    def pulse(self, seconds: float) -> None:
        raise DoorFault("silent")

    def shut(self) -> None:
        raise DoorFault("silent")

    def state(self) -> DoorState:
        return DoorState.FAULT


def test_a_pulse_that_nobody_confirmed_may_have_opened_the_door() -> None:
    house = House()
    door = WatchedDoor(Broken(), house.wires, Patience(), lambda: house.seconds)
    with pytest.raises(DoorFault):
        door.pulse(3.0)
    house.seconds, house.wires.signals = 1.0, OPEN
    assert door.look(held=False) == []
    assert door.state() is DoorState.FAULT
