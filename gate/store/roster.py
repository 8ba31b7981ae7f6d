"""The roster a gate decides on: in memory, with only its number on disk so that an older one never returns.

Keeping the roster itself on disk is the operator's choice for boxes that must come back alone after a power
cut. It is then kept sealed to the gate's own key. `disk` is unsafe because that key is on the same box; `tpm`
wraps it once more under a key that the box's TPM gives out (`tpm.py`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Protocol

from contracts.manifest import Manifest
from contracts.roster import RosterBody
from contracts.wire import WireError
from gate.store.disk import JournalError
from gate.store.files import write_pieces, write_whole
from gate.store.lease import LeaseMeter

Keep = Literal["memory", "disk", "tpm"]
Unsealer = Callable[[bytes, Manifest], RosterBody | None]
"""Opens a sealed roster that is the manifest's; None for anything else."""


class Box(Protocol):
    """Wraps bytes, a piece at a time, so that only this machine opens them again."""

    def wrap(self, content: Iterable[bytes]) -> Iterable[bytes]: ...

    def unwrap(self, wrapped: bytes) -> bytes | None: ...


LEASE_WITHOUT_CLOCK_S: Final = 12 * 3600


class LowerRoster(JournalError):
    """A roster older than one this gate has held."""

    def __init__(self, offered: Manifest, held: Manifest) -> None:
        super().__init__(
            f"Roster {offered.generation}.{offered.version} is older than {held.generation}.{held.version},"
            " which this gate has held."
        )
        self.offered, self.held = offered, held


@dataclass(frozen=True, slots=True)
class HeldRoster:
    """A roster with the manifest that promised it, and when this boot took or renewed it."""

    manifest: Manifest
    body: RosterBody
    taken_s: float  # the gate's monotonic clock


class RosterStore:
    """Readers take `roster` once per decision: it is replaced whole, never changed."""

    def __init__(self, folder: Path | None, keep: Keep = "memory", box: Box | None = None) -> None:
        """Without a folder nothing outlives the process; `box` wraps what is kept on disk.

        Raises JournalError for an unreadable mark.
        """
        self._folder, self._keep, self._box = folder, keep, box
        self._held: HeldRoster | None = None
        self._newest = _read_mark(folder) if folder else None
        self._meter = LeaseMeter(folder / "lease.json" if folder else None)

    @property
    def held(self) -> HeldRoster | None:
        return self._held

    @property
    def roster(self) -> RosterBody | None:
        """What the gate decides on; None until one was taken in this boot."""
        return self._held.body if self._held else None

    def takes(self, manifest: Manifest) -> bool:
        """Whether this is not older than what the gate has held, in this boot or before."""
        return self._newest is None or _number(manifest) >= _number(self._newest)

    def has(self, manifest: Manifest) -> bool:
        """Whether the body of this manifest is the one already held."""
        held = self._held.manifest if self._held else None
        return held is not None and _number(held) == _number(manifest) and held.digest == manifest.digest

    def take(
        self, manifest: Manifest, body: RosterBody, sealed: Callable[[], Iterable[bytes]], monotonic: float
    ) -> None:
        """Makes this the roster. Raises LowerRoster, and NoRecord where its number cannot be kept.

        `sealed` is asked only where the roster is kept on disk; its pieces are never in memory together.
        """
        self._raise_mark(manifest)
        if self._folder and self._keep != "memory":
            content = sealed()
            write_pieces(self._folder / "roster.sealed", self._box.wrap(content) if self._box else content)
        self._held = HeldRoster(manifest, body, monotonic)

    def renew(self, manifest: Manifest, monotonic: float) -> None:
        """Starts the lease anew for the body already held; an older signature does not shorten it."""
        held = self._held
        if held is not None and self.has(manifest) and manifest.at > held.manifest.at:
            self._raise_mark(manifest)
            self._held = HeldRoster(manifest, held.body, monotonic)

    def load(self, unseal: Unsealer, monotonic: float) -> bool:
        """Takes back the roster kept on disk, where it is the newest this gate has held; any other is deleted."""
        file = self._folder / "roster.sealed" if self._folder else None
        if file is None or not file.exists():
            return False
        body = self._opened(file.read_bytes(), unseal)
        if body is None or self._newest is None:
            file.unlink()
            return False
        self._held = HeldRoster(self._newest, body, monotonic)
        return True

    def is_stale(self, now: datetime, monotonic: float, clock_trusted: bool = True) -> bool:
        """Whether the lease has ended, counted from the signature or from the arrival: the first to end.

        Without a trusted clock the arrival alone counts, and at most twelve hours, summed over boots.
        """
        held = self._held
        if held is None:
            return True
        lease_s = (
            held.manifest.lease_s if clock_trusted else min(held.manifest.lease_s, LEASE_WITHOUT_CLOCK_S)
        )
        without_clock_s = self._meter.used(held.manifest.at, monotonic, clock_trusted)
        if not clock_trusted and without_clock_s >= lease_s:
            return True
        signed_too_long_ago = clock_trusted and now >= held.manifest.at + timedelta(seconds=lease_s)
        return signed_too_long_ago or monotonic - held.taken_s >= lease_s

    def _opened(self, content: bytes, unseal: Unsealer) -> RosterBody | None:
        """None for what an earlier choice of where to keep it left behind, too."""
        if self._keep == "memory" or self._newest is None:
            return None
        sealed = self._box.unwrap(content) if self._box else content
        return None if sealed is None else unseal(sealed, self._newest)

    def _raise_mark(self, manifest: Manifest) -> None:
        if self._newest is not None and not self.takes(manifest):
            raise LowerRoster(manifest, self._newest)
        if self._folder:
            write_whole(self._folder / "roster.json", manifest.encode())
        self._newest = manifest


def _number(manifest: Manifest) -> tuple[int, int]:
    return manifest.generation, manifest.version


def _read_mark(folder: Path) -> Manifest | None:
    try:
        return Manifest.decode((folder / "roster.json").read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, WireError) as wrong:
        raise JournalError(f"{folder / 'roster.json'} cannot be used: {wrong}.") from wrong
