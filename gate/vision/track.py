"""Which faces of successive frames are one person's. Pure: times are handed in, in seconds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NewType

from gate.vision.frame import Box, Face

TrackId = NewType("TrackId", int)
"""Counts the people one camera has seen since the gate started; never joined to anybody's identity."""

# A face that turns away or is hidden for less than this comes back as the same track.
SURVIVES: Final = 1.0
# In face widths: how far a face may have moved between two looks, and how much further for each second between.
REACH, REACH_PER_SECOND = 0.6, 1.5
LARGEST_CHANGE: Final = 1.8


@dataclass(frozen=True, slots=True)
class Tracked:
    """One face of a frame and whose it is."""

    track: TrackId
    face: Face


@dataclass(frozen=True, slots=True)
class Look:
    """What following one frame's faces gave: the faces in the order handed in, and the tracks now lost."""

    tracked: tuple[Tracked, ...]
    ended: tuple[TrackId, ...]


@dataclass(slots=True)
class _Seen:
    box: Box
    at: float


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
        chosen = self._assigned(faces, at)
        tracked: list[Tracked] = []
        for index, face in enumerate(faces):
            track = chosen.get(index) or self._new()
            self._seen[track] = _Seen(face.box, at)
            tracked.append(Tracked(track, face))
        return Look(tuple(tracked), ended)

    def drop_all(self) -> tuple[TrackId, ...]:
        """Forgets everybody, as when the camera is lost; gives the tracks that were alive."""
        ended = tuple(self._seen)
        self._seen.clear()
        return ended

    def _assigned(self, faces: Sequence[Face], at: float) -> dict[int, TrackId]:
        """Nearest first; each face and each track at most once."""
        pairs = [
            (cost, index, track)
            for track, seen in self._seen.items()
            for index, face in enumerate(faces)
            if (cost := _cost(seen.box, face.box, at - seen.at)) is not None
        ]
        chosen: dict[int, TrackId] = {}
        taken: set[TrackId] = set()
        for _cost_of_pair, index, track in sorted(pairs):
            if index not in chosen and track not in taken:
                chosen[index] = track
                taken.add(track)
        return chosen

    def _new(self) -> TrackId:
        self._count += 1
        return TrackId(self._count)


def _cost(before: Box, now: Box, seconds: float) -> float | None:
    """How far a face has moved and changed, or None when it cannot be the same."""
    width = max(1, before.width, now.width)
    moved = math.hypot(before.centre.x - now.centre.x, before.centre.y - now.centre.y) / width
    change = max(before.width, now.width, 1) / max(1, min(before.width, now.width))
    if change > LARGEST_CHANGE or moved > REACH + REACH_PER_SECOND * seconds:
        return None
    return moved + (1 - before.overlap(now))
