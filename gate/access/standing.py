"""What a gate stands under: lock-down or hold-open, until an end. Pure: clocks are handed in."""

from dataclasses import dataclass
from datetime import datetime

from contracts.order import Mode, Standing


@dataclass(frozen=True, slots=True)
class Stood:
    """A standing order, and when this boot took it or found it on disk (monotonic seconds)."""

    standing: Standing
    taken_s: float

    def outranks(self, other: Standing) -> bool:
        """Whether a later one than `other` is held already; the same one again changes nothing."""
        return rank(self.standing) > rank(other)


def rank(standing: Standing) -> tuple[int, int]:
    """Of two standing orders that with the higher rank holds: a restored server's first, then the later."""
    return standing.generation, standing.number


def mode_now(stood: Stood | None, now: datetime, monotonic: float, clock_trusted: bool) -> Mode:
    """What holds now. It ends by the trusted clock or after its whole length on this boot: the first of both.

    Without a trusted clock nothing is held open, for doubt never opens; a lock-down goes on for its length.
    """
    if stood is None:
        return Mode.NORMAL
    standing = stood.standing
    if monotonic - stood.taken_s >= (standing.until - standing.at).total_seconds():
        return Mode.NORMAL
    if clock_trusted:
        return standing.mode if now < standing.until else Mode.NORMAL
    return Mode.LOCK_DOWN if standing.mode is Mode.LOCK_DOWN else Mode.NORMAL
