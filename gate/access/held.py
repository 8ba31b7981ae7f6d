"""Codes held in view: one attempt each, however many frames show it. Pure; seconds are the monotonic clock's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

LEFT_VIEW_S: Final = 1.5
"""A code unseen for this long was taken away. A shaking hand loses it for a few frames only."""

MOST_OFTEN_S: Final = 1.0
"""New codes are taken no faster: somebody who flashes forged ones does not fill the journal."""


@dataclass(frozen=True, slots=True)
class HeldCodes:
    """When each code was last in view. A use is never taken twice because a hand stays up."""

    seen: Mapping[str, float] = field(default_factory=dict[str, float], repr=False)
    taken_at: float = float("-inf")

    def look(self, codes: Iterable[str], now: float) -> tuple["HeldCodes", str | None]:
        """The codes held from now on, and the new one to try. Of several new ones the others wait."""
        held = {code: at for code, at in self.seen.items() if now - at < LEFT_VIEW_S}
        in_view = dict.fromkeys(codes)
        known = {code: now for code in in_view if code in held}
        fresh = next((code for code in in_view if code not in held), None)
        if fresh is None or now - self.taken_at < MOST_OFTEN_S:
            return HeldCodes({**held, **known}, self.taken_at), None
        return HeldCodes({**held, **known, fresh: now}, now), fresh
