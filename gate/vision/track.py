"""Which faces of successive frames are one person's. Pure: times are handed in, in seconds.

Each track moves on at the pace it was last seen at, and the nearest face goes on with it. Faces alone tell where
somebody is, never who: where two people meet, the faces that could have been exchanged are marked `crossed`, and
whoever pools evidence by track begins anew (`approach.py`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NewType

from gate.vision.frame import Box, Face, Point

TrackId = NewType("TrackId", int)
"""Counts the people one camera has seen since the gate started; never joined to anybody's identity."""

# A face that turns away or is hidden for less than this comes back as the same track.
SURVIVES: Final = 1.0
# In face widths: how far from its expected place a face may be, and how much further for each second unseen.
REACH, REACH_PER_SECOND = 0.6, 1.5
# The same for a face seen once: 1 m/s across the view is six widths of a face a second.
FIRST_REACH_PER_SECOND: Final = 6.0
LARGEST_CHANGE: Final = 1.8
# Share of a newly seen pace that is believed at once: a detector's box trembles by a few pixels.
BELIEVED: Final = 0.6
# A pace is believed for this long without being seen: people stop.
COASTS: Final = 0.4
# In face widths: when a second track lay nearly as near as the chosen one, either may be the person seen.
TOO_NEAR: Final = 0.5


@dataclass(frozen=True, slots=True)
class Tracked:
    """One face of a frame and whose it is. `crossed`: another person's track could have been meant."""

    track: TrackId
    face: Face
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What following one frame's faces gave: the faces in the order handed in, and the tracks now lost."""

    tracked: tuple[Tracked, ...]
    ended: tuple[TrackId, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where a track was last seen and how fast it moved, in pixels a second."""

    box: Box
    at: float
    pace: Point | None = None

    def expected(self, at: float) -> Point:
        """Where its centre should be by now."""
        seconds, centre = min(at - self.at, COASTS), self.box.centre
        pace = self.pace or Point(0.0, 0.0)
        return Point(centre.x + pace.x * seconds, centre.y + pace.y * seconds)

    def reach(self, at: float) -> float:
        """How far from there a face may be and still be this one, in face widths."""
        per_second = FIRST_REACH_PER_SECOND if self.pace is None else REACH_PER_SECOND
        return REACH + per_second * (at - self.at)

    def moved_to(self, box: Box, at: float) -> "_Seen":
        """The same track, seen again."""
        seconds, before, now = at - self.at, self.box.centre, box.centre
        if seconds <= 0:
            return _Seen(box, at, self.pace)
        pace = Point((now.x - before.x) / seconds, (now.y - before.y) / seconds)
        return _Seen(box, at, _between(self.pace, pace) if self.pace else pace)


_Costs = dict[tuple[int, TrackId], float]
"""By number of the face and track: face widths off the expected place. Pairs that cannot be are absent."""


class Tracker:
    """Follows faces from look to look."""

    def __init__(self) -> None:
        self._seen: dict[TrackId, _Seen] = {}
        self._count = 0

    @property
    def alive(self) -> bool:
        """Whether anybody is followed."""
        return bool(self._seen)

    def follow(self, faces: Sequence[Face], at: float) -> Look:
        """Gives each face its track; `at` never goes back."""
        ended = tuple(track for track, seen in self._seen.items() if at - seen.at > SURVIVES)
        for track in ended:
            del self._seen[track]
        costs = self._costs(faces, at)
        chosen = _nearest_first(costs)
        tracked = tuple(
            Tracked(chosen.get(index) or self._new(), face, _crossed(index, chosen.get(index), costs))
            for index, face in enumerate(faces)
        )
        for each in tracked:
            before, box = self._seen.get(each.track), each.face.box
            self._seen[each.track] = before.moved_to(box, at) if before else _Seen(box, at)
        return Look(tracked, ended)

    def drop_all(self) -> tuple[TrackId, ...]:
        """Forgets everybody, as when the camera is lost; gives the tracks that were alive."""
        ended = tuple(self._seen)
        self._seen.clear()
        return ended

    def _costs(self, faces: Sequence[Face], at: float) -> _Costs:
        return {
            (index, track): cost
            for track, seen in self._seen.items()
            for index, face in enumerate(faces)
            if (cost := _cost(seen, face.box, at)) is not None
        }

    def _new(self) -> TrackId:
        self._count += 1
        return TrackId(self._count)


def _nearest_first(costs: _Costs) -> dict[int, TrackId]:
    """Each face and each track at most once."""
    chosen: dict[int, TrackId] = {}
    taken: set[TrackId] = set()
    for index, track in sorted(costs, key=lambda pair: costs[pair]):
        if index not in chosen and track not in taken:
            chosen[index] = track
            taken.add(track)
    return chosen


def _crossed(index: int, chosen: TrackId | None, costs: _Costs) -> bool:
    """Whether another track came nearly as near to this face as the chosen one. A new track holds nothing yet."""
    if chosen is None:
        return False
    near = costs[index, chosen] + TOO_NEAR
    return any(cost < near for (face, track), cost in costs.items() if face == index and track != chosen)


def _cost(seen: _Seen, now: Box, at: float) -> float | None:
    """How far a face is from where its track should be, in face widths; None when it cannot be the same."""
    narrow, wide = sorted((max(1, seen.box.width), max(1, now.width)))
    place, centre = seen.expected(at), now.centre
    off = math.hypot(place.x - centre.x, place.y - centre.y) / wide
    if wide / narrow > LARGEST_CHANGE or off > seen.reach(at):
        return None
    return off + math.log(wide / narrow)


def _between(old: Point, new: Point) -> Point:
    return Point(old.x + BELIEVED * (new.x - old.x), old.y + BELIEVED * (new.y - old.y))
