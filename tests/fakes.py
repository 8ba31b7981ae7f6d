"""Stand-ins that several rooms' tests share."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class FakeClock:
    """Time that passes only when a test says so."""

    at: datetime = datetime(2027, 3, 1, 7, 30, tzinfo=UTC)
    seconds: float = 1000.0
    trusted: bool = True

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds
