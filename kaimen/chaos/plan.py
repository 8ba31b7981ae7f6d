"""What goes wrong and when. Pure: the same seed makes the same trouble."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """One way to make trouble."""

    KILL = "kill"  # kill -9, and down for a while
    LOSE = "lose"  # the broker killed, and all that it kept is gone
    CUT = "cut"  # every connection ended, none taken
    STALL = "stall"  # connected, and nothing comes through
    DELAY = "delay"
    CHOKE = "choke"  # few bytes a second
    DATABASE = "database"  # locked, or the server of the database stopped at once
    FILL = "fill"  # the gate's disk takes nothing more


LASTS_S: Final = {
    Kind.KILL: (0.0, 2.5),
    Kind.LOSE: (0.0, 2.0),
    Kind.CUT: (0.3, 4.0),
    Kind.STALL: (3.0, 9.0),  # some longer than an order lives
    Kind.DELAY: (1.0, 5.0),
    Kind.CHOKE: (1.0, 5.0),
    Kind.DATABASE: (0.5, 6.0),
    Kind.FILL: (2.0, 6.0),
}
"""The shortest and the longest of each, in seconds."""


@dataclass(frozen=True, slots=True)
class Event:
    """From `at_s` for `lasts_s`, in seconds of the run. `target` is a process, a line or a gate."""

    at_s: float
    kind: Kind
    target: str
    lasts_s: float

    @property
    def end_s(self) -> float:
        return self.at_s + self.lasts_s


@dataclass(frozen=True, slots=True)
class Cast:
    """Whom trouble may befall. Lines are named for who speaks over them."""

    programs: Sequence[str]
    lines: Sequence[str]
    disks: Sequence[str]


def plan(seed: int, seconds: float, cast: Cast, pause_s: float = 1.0) -> list[Event]:
    """Trouble for a run of `seconds`, one after another `pause_s` apart on average; all of it ends within the run.

    Every kind befalls every target once before any does so twice.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    events: list[Event] = []
    at_s = pause_s
    for kind, target in _deals(chance, cast):
        lasts_s = min(chance.uniform(*LASTS_S[kind]), max(seconds - at_s, 0.0))
        if at_s >= seconds:
            return events
        events.append(Event(at_s, kind, target, lasts_s))
        at_s += chance.uniform(0.5, 1.5) * pause_s
    return events


def _deals(chance: random.Random, cast: Cast) -> Iterator[tuple[Kind, str]]:
    """Kind and target without end: a shuffled pack, dealt out and shuffled again."""
    pack = [(Kind.LOSE, "broker"), (Kind.DATABASE, "database")]
    pack += [(Kind.KILL, program) for program in cast.programs]
    pack += [(Kind.FILL, disk) for disk in cast.disks]
    for kind in (Kind.CUT, Kind.STALL, Kind.DELAY, Kind.CHOKE):
        pack += [(kind, line) for line in cast.lines]
    while True:
        chance.shuffle(pack)
        yield from pack
