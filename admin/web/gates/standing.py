"""How a gate is, from the last that was heard of it. Pure: now is handed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from admin.db.tables.gates import GateState
from contracts.state import HealthV1
from contracts.wire import WireError

# Two reports may be lost on the way (one is due every 30 s) before a gate counts as gone.
SILENT_AFTER: Final = timedelta(seconds=75)


@dataclass(frozen=True, slots=True)
class Standing:
    """`online` by health, never by the will. Without a report, or without a current one, nothing else is known."""

    online: bool
    heard_at: datetime | None
    health: HealthV1 | None
    held: int
    trouble: str | None


def standing(state: GateState | None, now: datetime) -> Standing:
    if state is None:
        return Standing(online=False, heard_at=None, health=None, held=0, trouble=None)
    heard = state.health_at
    return Standing(
        online=heard is not None and now - heard < SILENT_AFTER,
        heard_at=heard,
        health=_read(state.health),
        held=state.held_version,
        trouble=state.trouble,
    )


def _read(text: str | None) -> HealthV1 | None:
    try:
        return HealthV1.decode(text.encode()) if text else None
    except WireError:
        return None  # of a newer gate: what is not understood is not shown
