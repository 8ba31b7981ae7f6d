"""Follows the server's manifests: fetches the wanted roster, has it applied, and says which one is held."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import structlog

from contracts.ids import BootId, GateId
from contracts.manifest import HaveV1, Manifest
from contracts.roster import RosterBody
from contracts.topics import HAVE, Topic
from contracts.wire import Message
from gate.mqtt.fetch import Base, Fetched, NotFetched, Trouble

log = structlog.get_logger()

FIRST_RETRY_S: Final = 1.0
SLOWEST_RETRY_S: Final = 60.0

Apply = Callable[[RosterBody], str | None]
"""Makes a roster the one decided on; answers with a code where it cannot be (another model), else None."""


class Fetches(Protocol):
    def fetch(self, manifest: Manifest, base: Base | None = None) -> Fetched | NotFetched: ...


class Held(Protocol):
    """A roster and the manifest that promised it."""

    @property
    def manifest(self) -> Manifest: ...

    @property
    def body(self) -> RosterBody: ...


class Rosters(Protocol):
    """What is asked of the gate's roster store."""

    @property
    def held(self) -> Held | None: ...

    def takes(self, manifest: Manifest) -> bool: ...

    def has(self, manifest: Manifest) -> bool: ...

    def take(
        self, manifest: Manifest, body: RosterBody, sealed: Callable[[], Iterable[bytes]], monotonic: float
    ) -> None: ...

    def renew(self, manifest: Manifest, monotonic: float) -> None: ...


class Publisher(Protocol):
    def publish(self, topic: Topic, payload: Message) -> bool: ...


@dataclass(frozen=True, slots=True)
class Gate:
    """Who says `have`, and by which clock."""

    gate: GateId
    boot: BootId
    now: Callable[[], datetime]


class Follower:
    """One thread, one wanted manifest: a newer one replaces an older that was not fetched yet."""

    def __init__(self, gate: Gate, server: Fetches, rosters: Rosters, link: Publisher, apply: Apply) -> None:
        self._gate, self._server, self._rosters = gate, server, rosters
        self._link, self._apply = link, apply
        self._wanted: Manifest | None = None
        self._held: Manifest | None = None
        self._retry_s = FIRST_RETRY_S
        self._lock = threading.Lock()
        self._stirred, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, held: Manifest | None = None) -> None:
        """Begins to follow, holding what was kept on disk."""
        self._held = held
        self._say(None)
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after a fetch that is under way."""
        self._stopped.set()
        self._stirred.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def take(self, manifest: Manifest) -> None:
        """A verified manifest of this gate. Returns at once."""
        with self._lock:
            self._wanted = manifest
            self._retry_s = FIRST_RETRY_S
        self._stirred.set()

    def step(self, monotonic: float) -> float | None:
        """Follows the wanted manifest; the seconds until the next try, None where nothing is left to do."""
        with self._lock:
            manifest = self._wanted
        if manifest is None:
            return None
        trouble = self._follow(manifest, monotonic)
        if trouble is not None:
            log.warning("The wanted roster was not taken", version=manifest.version, trouble=trouble)
        self._say(trouble)
        return self._next(manifest, trouble)

    def _follow(self, manifest: Manifest, monotonic: float) -> str | None:
        if not self._rosters.takes(manifest):
            return Trouble.LOWER_VERSION
        if self._rosters.has(manifest):
            self._rosters.renew(manifest, monotonic)
            return None
        held = self._rosters.held
        base = Base(held.body, held.manifest.digest) if held is not None else None
        fetched = self._server.fetch(manifest, base)
        if isinstance(fetched, NotFetched):
            return fetched.trouble
        refused = self._apply(fetched.body)
        if refused is not None:
            return refused
        self._rosters.take(manifest, fetched.body, fetched.sealed, monotonic)
        self._held = manifest
        log.info("A new roster is in force", generation=manifest.generation, version=manifest.version)
        return None

    def _next(self, manifest: Manifest, trouble: str | None) -> float | None:
        with self._lock:
            if self._wanted is not manifest:
                return 0.0
            if trouble is None or trouble == Trouble.LOWER_VERSION:
                self._wanted = None
                return None
            pause_s, self._retry_s = self._retry_s, min(self._retry_s * 2, SLOWEST_RETRY_S)
            return pause_s

    def _say(self, trouble: str | None) -> None:
        held = self._held
        have = HaveV1(
            gate=self._gate.gate,
            boot=self._gate.boot,
            at=self._gate.now(),
            generation=held.generation if held else 0,
            version=held.version if held else 0,
            digest=held.digest if held else None,
            trouble=trouble,
        )
        self._link.publish(HAVE, have)

    def _run(self) -> None:
        pause_s: float | None = 0.0
        while not self._stopped.is_set():
            self._stirred.wait(pause_s)
            self._stirred.clear()
            if self._stopped.is_set():
                return
            try:
                pause_s = self.step(time.monotonic())
            except Exception:
                # The one broad catch of this thread: one roster that fails must not end the following.
                log.exception("A wanted roster was not taken whole")
                self._say(Trouble.NOT_KEPT)
                pause_s = self._next_after_error()

    def _next_after_error(self) -> float:
        with self._lock:
            pause_s, self._retry_s = self._retry_s, min(self._retry_s * 2, SLOWEST_RETRY_S)
        return pause_s
