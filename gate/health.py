"""What the gate measures of itself: rates, stage times, memory, disk, troubles."""

import shutil
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Final

from contracts.state import StageMs

SAMPLES: Final = 512  # of each stage between two reports; later ones push out the first
MIB: Final = 1024 * 1024
PAGE_BYTES: Final = 4096
STATM: Final = Path("/proc/self/statm")


class Trouble(StrEnum):
    """What went wrong without ending the watch."""

    FRAME = "frame"
    RECORD = "record"
    DOOR = "door"
    ROSTER = "roster"


@dataclass(frozen=True, slots=True)
class Measured:
    """One report's worth of figures."""

    frames_per_s: float
    looks_per_s: float
    detection_width: int | None
    """Pixels across in which faces were last sought; None where no frame was looked at yet."""
    degraded: bool
    """Whether the gate looks less hard than it would on a faster box."""
    stages: StageMs
    troubles: int


class Health:
    """Any thread may call. Seconds are the monotonic clock's."""

    def __init__(self, now: float) -> None:
        self._lock = threading.Lock()
        self._since = now
        self._frames = self._looks = 0
        self._detection_width: int | None = None
        self._degraded = False
        self._stages: dict[str, deque[float]] = {}
        self._troubles: Counter[Trouble] = Counter()

    def frame(self) -> None:
        with self._lock:
            self._frames += 1

    def looked(self, detection_width: int, *, degraded: bool) -> None:
        """A frame was looked at, faces sought at that many pixels across."""
        with self._lock:
            self._looks += 1
            self._detection_width, self._degraded = detection_width, degraded

    def took(self, stages_ms: Mapping[str, float]) -> None:
        """Milliseconds of stages by their name in StageMs; other names are not reported."""
        with self._lock:
            for stage, milliseconds in stages_ms.items():
                self._stages.setdefault(stage, deque(maxlen=SAMPLES)).append(milliseconds)

    def count(self, trouble: Trouble) -> int:
        """Counts a trouble; returns how many of its kind there were since the start."""
        with self._lock:
            self._troubles[trouble] += 1
            return self._troubles[trouble]

    def report(self, now: float) -> Measured:
        """Figures since the last report; rates and medians begin anew, troubles do not."""
        with self._lock:
            seconds = max(now - self._since, 1e-3)
            frames, looks = (round(count / seconds, 2) for count in (self._frames, self._looks))
            width, degraded = self._detection_width, self._degraded
            medians = {name: round(median(times), 2) for name, times in self._stages.items() if times}
            troubles = self._troubles.total()
            self._since, self._frames, self._looks = now, 0, 0
            self._stages.clear()
        known = {name: took for name, took in medians.items() if name in StageMs.model_fields}
        return Measured(frames, looks, width, degraded, StageMs.model_validate(known), troubles)


def resident_mb(statm: Path = STATM) -> int:
    """Resident memory of this process in MiB; 0 where the system does not say."""
    try:
        return int(statm.read_text().split()[1]) * PAGE_BYTES // MIB
    except (OSError, ValueError, IndexError):
        return 0


def free_mb(folder: Path) -> int:
    """Free space under a folder in MiB; 0 where it cannot be read: rather an alarm than a comfort."""
    try:
        return shutil.disk_usage(folder).free // MIB
    except OSError:
        return 0
