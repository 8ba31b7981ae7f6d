"""Approaches cut out of recordings, and how far one of them is from everybody enrolled: pooled over its frames as the
gate does it, by one frame alone, and as face_recognition's own examples do it.

Frames of one person before one camera are near-duplicates: read the number of people, not of approaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.described import Described, Faces
from bench.openset import Picture
from gate.vision.frame import Vector
from gate.vision.gallery import Gallery
from gate.vision.match import of_frames, people_apart

FRAMES: Final = 5

Distances = NDArray[np.float64]
"""Of one probe to each person of a gallery, in its order."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Frames of one person in the order they were taken, one session."""

    identity: str
    frames: tuple[Picture, ...]

    def faces(self, faces: Faces) -> list[Described]:
        """Of the frames in which one was found."""
        return [face for frame in self.frames if (face := faces.get(frame.path)) is not None]

    def usable(self, faces: Faces) -> list[Described]:
        """Of the frames that a gate would describe."""
        return [face for face in self.faces(faces) if face.usable]


def walks(pictures: Sequence[Picture]) -> tuple[Walk, ...]:
    """Every FRAMES frames in a row of one session: what has the same name up to the last underscore.

    None for a source with fewer frames a session in the mean: those are albums, not recordings.
    """
    sessions: dict[tuple[str, str], list[Picture]] = {}
    for each in sorted(pictures, key=lambda picture: picture.path):
        sessions.setdefault((each.identity, each.path.rpartition("_")[0]), []).append(each)
    if len(pictures) < FRAMES * len(sessions):
        return ()
    return tuple(
        Walk(identity, tuple(frames[first : first + FRAMES]))
        for (identity, _), frames in sessions.items()
        for first in range(len(frames) - FRAMES + 1)
    )


def pooled(walk: Walk, faces: Faces, gallery: Gallery) -> Distances | None:
    """By the mean of the usable frames' templates, weighted by quality, as `match.of_frames` counts it. None without
    one."""
    seen = walk.usable(faces)
    if not seen:
        return None
    weights = [face.weight for face in seen]
    middle = np.average([face.template.astype(np.float64) for face in seen], axis=0, weights=weights)
    agreement = min(1.0, float(np.linalg.norm(middle)))
    apart = _people_apart(np.asarray(middle / np.linalg.norm(middle), dtype=np.float32), gallery)
    return np.array([of_frames(each, agreement) for each in apart.tolist()])


def single_frame(walk: Walk, faces: Faces, gallery: Gallery) -> Distances | None:
    """By the first usable frame's template alone. None without one."""
    seen = walk.usable(faces)
    return _people_apart(seen[0].template, gallery) if seen else None


def any_frame(walk: Walk, faces: Faces, gallery: Gallery) -> Distances | None:
    """By the nearest of all frames with a face and all pictures, as a loop with face_recognition opens. `gallery`
    holds its numbers. None without a face."""
    seen = walk.faces(faces)
    if not seen:
        return None
    rows = np.stack([face.resnet for face in seen])
    squares = gallery.squares[:, None] - 2 * (gallery.matrix @ rows.T) + np.einsum("ij,ij->i", rows, rows)
    of_people = np.minimum.reduceat(squares[gallery.groups.order].min(axis=1), gallery.groups.starts)
    return np.sqrt(np.clip(of_people.astype(np.float64), 0, None))


def _people_apart(probe: Vector, gallery: Gallery) -> Distances:
    squares = people_apart(probe[None], gallery)[:, 0].astype(np.float64) + 1.0
    return np.sqrt(np.clip(squares, 0, None))
