"""The roster's way through a gate, in a process of its own: link, inbox, follower, store, gallery and rights are the
product's; nobody stands before a camera. Commands come on stdin, answers go to stdout, a line each:

`watch PERSON` → `watching` once the person's own template opens, then `refused SECONDS` (monotonic) once it does not;
`whole` → `whole FETCH_S BYTES`: the held roster fetched again in one piece; `size` → `size RSS_MB PEAK_MB STEP_S`.
"""

import sys
import time
from pathlib import Path
from typing import Final
from uuid import UUID

import numpy as np
import structlog

from bench.line import say, until
from contracts.ids import BootId, ModelId, PersonId
from contracts.manifest import Manifest
from contracts.order import Order, OrderFault, Standing
from contracts.state import StateV1
from contracts.words import GateStatus, Method, Reason
from gate.access.claim import Claim
from gate.access.policy import GateState, Grant, decide
from gate.clock import SystemClock
from gate.health import resident_mb
from gate.knowledge import Knowledge
from gate.mqtt.fetch import Base, Fetched, NotFetched, Server, ServerSettings
from gate.mqtt.follow import Follower, Gate
from gate.mqtt.inbox import Inbox, Listeners, PinnedKeys
from gate.mqtt.link import Link, LinkSettings
from gate.settings import GateSettings, read_own_key, read_secret, read_settings, trusted
from gate.store.roster import RosterStore
from gate.vision.frame import Vector
from gate.vision.impostors import threshold_in
from gate.vision.match import Match, nearest

MODEL: Final = ModelId("yunet-sface-resnet.2")
LOOK_EVERY_S: Final = 0.05
LONGEST_S: Final = 60.0


class TimedServer:
    """Fetches, and notes how long it took."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.last_s = 0.0

    def fetch(self, manifest: Manifest, base: Base | None = None) -> Fetched | NotFetched:
        began = time.monotonic()
        fetched = self.server.fetch(manifest, base)
        self.last_s = time.monotonic() - began
        return fetched


class Way:
    """Everything a roster passes on its way into decisions."""

    def __init__(self, settings: GateSettings) -> None:
        self._clock, boot = SystemClock(), BootId.random()
        credential = read_secret(settings.server.credential_file, "the gate's credential")
        address = ServerSettings(settings.server.url, credential, settings.server.ca_file)
        self.server = TimedServer(Server(address, settings.gate, read_own_key(settings.keys.own_file)))
        settings.state_folder.mkdir(parents=True, exist_ok=True)
        self.rosters = RosterStore(settings.state_folder)
        self.knowledge = Knowledge(
            MODEL, lambda gallery: threshold_in(settings.target_fpir, gallery), lambda: False
        )
        self.link = Link(_line_of(settings), settings.gate, settings.compound, boot, _birth(settings, boot))
        gate = Gate(settings.gate, boot, self._clock.now)
        self.follower = Follower(gate, self.server, self.rosters, self.link, self.knowledge.apply)
        keys = settings.keys
        pinned = PinnedKeys(trusted(keys.receipt), trusted(keys.manifest), trusted(keys.order))
        listeners = Listeners(lambda _receipt, _kept: None, self.follower.take, _NoOrders())
        self.link.listen(Inbox(settings.gate, settings.compound, pinned, listeners).take)

    def start(self) -> None:
        self.link.start(self._clock.now)
        self.follower.start(None)

    def stop(self) -> None:
        self.follower.stop()
        self.link.stop()
        self.server.server.close()

    def is_settled(self) -> bool:
        """Whether the roster held is wholly in force: while one is replaced, two galleries are in memory."""
        held = self.rosters.held
        return held is not None and held.manifest.version == self.knowledge.rights.version

    def opens(self, probe: Vector) -> bool:
        """What the gate decides of somebody with this template now."""
        holding = self.knowledge.now
        found = nearest(probe, holding.gallery, holding.rule)
        person = found.person if isinstance(found, Match) else None
        claim = Claim(Method.FACE, person, doubt=None if person else Reason.UNKNOWN, live=True)
        return isinstance(decide(claim, holding.rights, GateState(), self._clock.now()), Grant)

    def template_of(self, person: PersonId) -> Vector:
        """A copy of the person's first row."""
        gallery = self.knowledge.now.gallery
        return np.array(gallery.matrix[gallery.people.index(person)])


class _NoOrders:
    """Orders are measured elsewhere."""

    def order(self, order: Order, retained: bool) -> None: ...

    def standing(self, standing: Standing) -> None: ...

    def refuse(self, order: UUID, why: OrderFault) -> None: ...


def main() -> int:
    """Until stdin ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    way = Way(read_settings(Path(sys.argv[1])))
    before = resident_mb()
    began = time.monotonic()
    way.start()
    until(
        lambda: len(way.knowledge.now.gallery) > 0 and way.rosters.held is not None, LONGEST_S, LOOK_EVERY_S
    )
    say("holds", time.monotonic() - began, way.server.last_s, before)
    for line in sys.stdin:
        match line.split():
            case ["watch", person]:
                _watch(way, PersonId(person))
            case ["whole"]:
                say("whole", *_whole(way))
            case _:
                until(way.is_settled, LONGEST_S, LOOK_EVERY_S)
                say("size", resident_mb(), _peak_mb(), way.server.last_s)
    way.stop()
    return 0


def _watch(way: Way, person: PersonId) -> None:
    probe = way.template_of(person)
    until(lambda: way.opens(probe), LONGEST_S, LOOK_EVERY_S)
    say("watching")
    until(lambda: not way.opens(probe), LONGEST_S, LOOK_EVERY_S)
    say("refused", time.monotonic())


def _whole(way: Way) -> tuple[float, int]:
    """The held roster in one piece: seconds to fetch and open it, and its bytes."""
    held = way.rosters.held
    if held is None:
        raise LookupError("the gate holds no roster")
    until(lambda: isinstance(way.server.fetch(held.manifest), Fetched), LONGEST_S, LOOK_EVERY_S)
    return way.server.last_s, held.manifest.size


def _peak_mb() -> int:
    """The most this process ever had in memory, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) // 1024


def _line_of(settings: GateSettings) -> LinkSettings:
    broker = settings.broker
    return LinkSettings(
        host=broker.host,
        port=broker.port,
        username=broker.user,
        password=read_secret(broker.password_file, "the broker's password"),
        ca_file=broker.ca_file,
        certificate_file=broker.certificate_file,
        key_file=broker.key_file,
    )


def _birth(settings: GateSettings, boot: BootId) -> StateV1:
    return StateV1(
        gate=settings.gate,
        status=GateStatus.OFFLINE,
        boot=boot,
        connection=0,
        at=SystemClock().now(),
        software="bench",
        model=MODEL,
    )


if __name__ == "__main__":
    sys.exit(main())
