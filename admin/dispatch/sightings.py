"""What dispatch knows of the gates' monotonic clocks: from their health, by its own monotonic clock.

No wall clock takes part, so none that jumps can lengthen an order's life. An estimate is never ahead of the gate: it
counts from when dispatch saw a report, which is later than when the gate wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables import GateState
from contracts.ids import BootId, GateId
from contracts.state import HealthV1
from contracts.wire import WireError

SILENT_AFTER_S: Final = 75.0  # two reports may be lost, one is due every 30 s
LOOK_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Sight:
    """A gate's report: its boot, its monotonic clock in it, and when dispatch saw it (own monotonic seconds)."""

    boot: BootId
    monotonic_ms: int
    seen_s: float

    def gate_ms(self, seconds: float) -> int:
        """The gate's clock now, or a little less."""
        return self.monotonic_ms + int((seconds - self.seen_s) * 1000)


class Sightings:
    """The newest report of each gate. Forgotten at a restart, and then learnt anew."""

    def __init__(self) -> None:
        self._sights: dict[GateId, Sight] = {}
        self._heard: dict[str, datetime] = {}
        self._looked_s = float("-inf")

    def look(self, session: Session, seconds: float) -> None:
        """Takes note of reports that are new; asks the database at most twice a second."""
        if seconds - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = seconds
        for gate in self._reported(session):
            health = _read(session.scalar(select(GateState.health).where(GateState.gate_id == gate)))
            if health is not None:
                self._see(health, seconds)

    def of(self, gate: GateId, seconds: float) -> Sight | None:
        """The gate's last report; None where it has been silent for too long."""
        sight = self._sights.get(gate)
        return sight if sight is not None and seconds - sight.seen_s < SILENT_AFTER_S else None

    def _reported(self, session: Session) -> Sequence[str]:
        times = select(GateState.gate_id, GateState.health_at).where(GateState.health_at.is_not(None))
        newest = {gate: at for gate, at in session.execute(times) if at is not None}
        changed = [gate for gate, at in newest.items() if self._heard.get(gate) != at]
        self._heard = newest
        return changed

    def _see(self, health: HealthV1, seconds: float) -> None:
        """A report sent again after a database was put back is not taken for a new one."""
        known = self._sights.get(health.gate)
        if known is None or (known.boot, known.monotonic_ms) != (health.boot, health.monotonic_ms):
            self._sights[health.gate] = Sight(health.boot, health.monotonic_ms, seconds)


def _read(text: str | None) -> HealthV1 | None:
    try:
        return HealthV1.decode(text.encode()) if text else None
    except WireError:
        return None  # of a newer gate: it gets no orders from this version
