"""Wrong PINs: after five in five minutes the keypad rests, each time for longer.

A right PIN does not wipe the slate: otherwise a resident could guess neighbours' PINs between two own ones.
"""

from dataclasses import dataclass
from typing import Final

WRONG_TRIES: Final = 5
WITHIN_S: Final = 300.0
FIRST_REST_S: Final = 60.0
LONGEST_REST_S: Final = 900.0
FORGIVEN_AFTER_S: Final = 3600.0  # without a rest, the next one starts at one minute again


@dataclass(frozen=True, slots=True)
class Keypad:
    """Times are seconds on the gate's monotonic clock."""

    wrong: tuple[float, ...] = ()
    rests: int = 0
    rests_until: float = float("-inf")

    def is_locked(self, now: float) -> bool:
        return now < self.rests_until

    def after_wrong(self, now: float) -> "Keypad":
        """The keypad after one more wrong PIN."""
        recent = (*(at for at in self.wrong if now - at < WITHIN_S), now)
        if len(recent) < WRONG_TRIES:
            return Keypad(recent, self.rests, self.rests_until)
        rests = self.rests if now - self.rests_until < FORGIVEN_AFTER_S else 0
        length = min(FIRST_REST_S * 2**rests, LONGEST_REST_S)
        return Keypad((), rests + 1, now + length)
