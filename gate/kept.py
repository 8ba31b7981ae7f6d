"""What a gate keeps on its disk, opened from the settings."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import structlog

from contracts.ids import BootId
from gate.clock import SystemClock
from gate.settings import GateSettings
from gate.store.journal import KEPT_AFTER_RECEIPT, AlarmStamp, Journal, JournalError, JournalLimits
from gate.store.orders import OrderBook
from gate.store.roster import RosterStore
from gate.store.spent import SpentPasses
from gate.store.tpm import TpmBox

log = structlog.get_logger()

LIMITS: Final = JournalLimits()


class FolderInUse(JournalError):
    """Another process keeps its record in this folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is in use by another gate. Stop it first, or give each its own folder.")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a gate keeps on its disk."""

    journal: Journal
    spent: SpentPasses
    orders: OrderBook
    rosters: RosterStore

    @classmethod
    def open(cls, settings: GateSettings, boot: BootId, clock: SystemClock) -> Self:
        """Raises JournalError and TpmUnusable."""
        folder = settings.state_folder
        opened = AlarmStamp(clock.now(), int(clock.monotonic() * 1000))
        journal = Journal(folder / "journal.sqlite3", settings.gate, boot, opened, LIMITS)
        newest = journal.last_time()
        if newest is not None:
            clock.not_before(newest)
        spent = SpentPasses(folder / "spent.sqlite3")
        orders = OrderBook(folder / "orders.sqlite3")
        return cls(journal, spent, orders, _rosters(settings))

    def tidy(self, clock: SystemClock) -> None:
        """Forgets ended passes and links receipted two backup intervals ago. Not by a clock it cannot trust."""
        if clock.trusted:
            self.spent.forget_ended(clock.now())
            self.journal.forget_receipted(clock.now() - KEPT_AFTER_RECEIPT)

    def close(self) -> None:
        self.orders.close()
        self.spent.close()
        self.journal.close()


def claim_folder(folder: Path) -> None:
    """One gate a folder: held until the process ends. Raises FolderInUse and OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise FolderInUse(folder) from None


def _rosters(settings: GateSettings) -> RosterStore:
    """Raises JournalError and TpmUnusable."""
    folder, keep = settings.state_folder, settings.roster_keep
    if keep == "disk":
        log.warning("UNSAFE: face templates are kept on this disk beside their key", setting="roster_keep")
    return RosterStore(folder, keep, TpmBox.open(folder, settings.tpm) if keep == "tpm" else None)
