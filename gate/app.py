"""Where the parts meet: with kept, line, sight and ironwork beside it, all of the gate that builds adapters."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import structlog

from contracts.ids import BootId
from gate.attendant import Attendant, Iron, Post, Stance
from gate.clock import SystemClock
from gate.health import Health, free_mb, resident_mb
from gate.ironwork import build_door, has_free_exit, lock_of
from gate.keeper import Badge, Box, Keeper, Looked
from gate.kept import LIMITS, Kept, claim_folder
from gate.knowledge import Knowledge
from gate.line import Line, Secrets, Start, build_line, listen
from gate.loop import Loop, Senses
from gate.orders import Hands, OrderDesk, Who
from gate.pictures import Pictures
from gate.screen.messages import Look
from gate.screen.server import Screen, Sockets
from gate.screen.stage import Stage
from gate.screen.words import Condition
from gate.settings import GateSettings
from gate.sight import Eyes, Sight, has_networks
from gate.vision.camera import Camera
from gate.vision.impostors import threshold_in
from gate.warden import Charge, Warden
from gate.wicket import Here, Wicket

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Staff:
    """What people order of the gate, and what it stands under: threads of their own."""

    orders: OrderDesk
    warden: Warden
    pictures: Pictures

    def start(self, stop: threading.Event) -> None:
        """`stop` is set where an order asks for a new start."""
        self.warden.start()
        self.pictures.start()
        self.orders.start(restart=stop.set)

    def stop(self) -> None:
        self.orders.stop()
        self.pictures.stop()
        self.warden.stop()


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate, built and not yet running."""

    loop: Loop
    attendant: Attendant
    screen: Screen
    wicket: Wicket
    line: Line
    staff: Staff
    kept: Kept
    camera: Camera
    clock: SystemClock

    def run(self, stop: threading.Event) -> None:
        """Watches until `stop` is set. Then: no new attempts, goodbye to the broker, journal shut."""
        with ExitStack() as ends:
            ends.callback(self.camera.close)  # last: a stream may take seconds to let go
            ends.callback(self.kept.close)
            ends.callback(self.line.stop)
            ends.callback(self.staff.stop)
            ends.callback(self.wicket.close)
            ends.callback(self.screen.close)
            held = self.kept.rosters.held
            self.screen.start()
            self.staff.start(stop)
            self.line.start(self.clock, held.manifest if held else None)
            log.info("The gate watches", screen=self.screen.address)
            self.loop.run(stop)
            log.info("The gate stops")


def build(
    settings: GateSettings,
    see: Callable[[GateSettings], Sight] = Eyes,
    witnessed: Callable[[Iron], Iron] = lambda iron: iron,
) -> Gate:
    """Every adapter of one gate.

    Raises SettingsError, CleartextRefused, CertificateUnusable, TpmUnusable, JournalError, VisionError, OSError.

    `see` and `witnessed` are for a trial without a camera that is watched from outside: kaimen/chaos.
    """
    secrets = Secrets.read(settings)
    claim_folder(settings.state_folder)
    boot, clock = BootId.random(), SystemClock()
    sight = see(settings)
    kept = Kept.open(settings, boot, clock)
    knowledge = Knowledge(
        sight.model,
        lambda gallery: threshold_in(settings.target_fpir, gallery),
        lambda: kept.rosters.is_stale(clock.now(), clock.monotonic(), clock.trusted),
    )
    line = build_line(settings, secrets, Start(boot, clock, sight.model), kept, knowledge)
    if kept.rosters.load(secrets.unseal, clock.monotonic()) and kept.rosters.roster is not None:
        knowledge.apply(kept.rosters.roster)
    stage, health, stance = Stage(clock.monotonic), Health(clock.monotonic()), Stance()
    door = build_door(settings.door, clock.monotonic)
    stage.set(Condition.DEMONSTRATION, holds=settings.demonstration)
    pictures = Pictures.of(line.server, clock.monotonic, settings.refusal_pictures)
    noted = pictures.refusals.note
    iron = Iron(kept.journal, kept.spent, door, stage, health, clock, line.sender.wake, stance, noted)
    attendant = Attendant(_post(settings, boot), knowledge, witnessed(iron))
    here = Here(settings.compound, settings.gate, clock.now)
    wicket = Wicket(here, attendant, lambda: knowledge.rights, line.server)
    looked = Looked(knowledge, stage, health, door, line.link, clock, stance)
    keeper = Keeper(_badge(settings, boot), _box(settings, kept, clock), looked, attendant)
    warden = Warden(kept.orders, Charge(door, stance, stage, health, clock, keeper.report_soon), attendant)
    hands = Hands(attendant, door, stance, warden, line.link, keeper.report_soon, pictures.snapshots)
    staff = Staff(OrderDesk(Who(settings.gate, boot, clock), kept.orders, hands), warden, pictures)
    listen(settings, line, staff.orders, clock, pictures)
    screen = _screen(settings, stage, wicket)
    seeing = sight.camera(), sight.watcher()
    senses = Senses(*seeing, knowledge, settings.reads_codes, health, stage, clock.monotonic, pictures.latest)
    loop = Loop(senses, attendant, wicket, keeper)
    return Gate(loop, attendant, screen, wicket, line, staff, kept, seeing[0], clock)


def _badge(settings: GateSettings, boot: BootId) -> Badge:
    return Badge(
        settings.gate,
        boot,
        settings.liveness,
        settings.target_fpir,
        lock_of(settings.door),
        has_networks(settings),
        settings.roster_keep,
    )


def _screen(settings: GateSettings, stage: Stage, wicket: Wicket) -> Screen:
    ways = settings.second_credentials
    return Screen(
        Sockets(settings.screen.host, settings.screen.port),
        stage,
        wicket.type_pin,
        Look(settings.screen.mirror, pin="pin" in ways, code="qr" in ways, zone=settings.capture_zone or ()),
    )


def _post(settings: GateSettings, boot: BootId) -> Post:
    return Post(
        boot,
        settings.direction,
        settings.door.pulse_seconds,
        settings.liveness,
        settings.stale_pin,
        has_free_exit(settings.door),
    )


def _box(settings: GateSettings, kept: Kept, clock: SystemClock) -> Box:
    return Box(
        rss_mb=resident_mb,
        disk_free_mb=lambda: free_mb(settings.state_folder),
        unsent=kept.journal.unsent_count,
        nearly_full=LIMITS.warning,
        settle=kept.journal.settle,
        tidy=lambda: kept.tidy(clock),
        unrecorded=kept.journal.unrecorded_count,
    )
