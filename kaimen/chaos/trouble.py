"""Trouble made and taken back, as a plan says."""

import heapq
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from kaimen.chaos.plan import Event, Kind
from kaimen.chaos.proxy import CLEAR, Weather
from kaimen.chaos.world import World

LOOK_S: Final = 0.05
WEATHERS: Final = {
    Kind.CUT: Weather(cut=True),
    Kind.STALL: Weather(stalled=True),
    Kind.DELAY: Weather(delay_s=0.2),
    Kind.CHOKE: Weather(bytes_per_s=5_000),
}
KILLS: Final = (Kind.KILL, Kind.LOSE)
CUTS: Final = (Kind.CUT, Kind.STALL)


class Trouble:
    """Follows one plan in one world, and keeps its processes alive besides."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.made: Counter[Kind] = Counter()

    @property
    def kills(self) -> int:
        """Processes ended by kill -9."""
        return sum(self.made[kind] for kind in KILLS)

    @property
    def cuts(self) -> int:
        """Lines over which nothing came through for a while."""
        return sum(self.made[kind] for kind in CUTS)

    def follow(self, events: Sequence[Event], seconds: float) -> None:
        """`events`, in order of time, for so many seconds from now.

        And on until each has begun and lasted: ending a process or starting a database holds up the next.
        """
        begins, ends = deque(events), list[tuple[float, int, Event]]()
        from_s = time.monotonic()
        while begins or ends or time.monotonic() - from_s < seconds:
            while begins and begins[0].at_s <= time.monotonic() - from_s:
                event = begins.popleft()
                self._begin(event)
                heapq.heappush(ends, (time.monotonic() + event.lasts_s, len(begins), event))
            while ends and ends[0][0] <= time.monotonic():
                self._end(heapq.heappop(ends)[-1])
            self.tend()

    def tend(self) -> None:
        """Brings back what has ended by itself; takes a moment."""
        now = time.monotonic()
        for program in self._world.programs.values():
            program.tend(now)
        time.sleep(LOOK_S)

    def _begin(self, event: Event) -> None:
        self.made[event.kind] += 1
        world = self._world
        match event.kind:
            case Kind.KILL:
                world.programs[event.target].kill()
            case Kind.LOSE:
                world.broker.program.kill()
                world.broker.lose_data()
            case Kind.DATABASE:
                world.database.hurt()
            case Kind.FILL:
                world.disks[event.target].fill()
            case _:
                world.lines[event.target].weather(WEATHERS[event.kind])

    def _end(self, event: Event) -> None:
        world = self._world
        match event.kind:
            case Kind.KILL:
                world.programs[event.target].release()
            case Kind.LOSE:
                world.broker.program.release()
            case Kind.DATABASE:
                world.database.heal()
            case Kind.FILL:
                world.disks[event.target].empty()
            case _:
                world.lines[event.target].weather(CLEAR)
