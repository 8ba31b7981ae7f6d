"""Everything that leaves the gate as a picture. Nothing of it goes over MQTT, and nothing of it is kept here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from gate.refusals import RefusalPictures
from gate.snapshots import LatestFrame, Sends, Snapshots


@dataclass(frozen=True, slots=True)
class Pictures:
    """What leaves the gate as a picture, on threads of its own: ordered ones, and refusals where they are kept."""

    latest: LatestFrame
    snapshots: Snapshots
    refusals: RefusalPictures

    @classmethod
    def of(cls, server: Sends, monotonic: Callable[[], float], keeps_refusals: bool) -> Self:
        latest = LatestFrame()
        return cls(
            latest,
            Snapshots(latest, server, monotonic),
            RefusalPictures(latest, server, monotonic, wanted=keeps_refusals),
        )

    def start(self) -> None:
        self.snapshots.errands.start()
        self.refusals.errands.start()

    def stop(self) -> None:
        """What was not sent is gone."""
        self.snapshots.errands.stop()
        self.refusals.errands.stop()
