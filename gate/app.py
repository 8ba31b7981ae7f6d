"""Where the parts meet: the only file of the gate that builds adapters."""

import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from contracts.ids import BootId, ModelId
from contracts.manifest import Manifest
from contracts.receipt import Receipt
from contracts.roster import RosterBody
from contracts.state import StateV1
from contracts.words import GateStatus
from gate.attendant import Attendant, Iron, Post, Stance
from gate.clock import SystemClock
from gate.health import Health, free_mb, resident_mb
from gate.ironwork import build_door, has_free_exit, lock_of
from gate.keeper import Badge, Box, Keeper, Looked
from gate.knowledge import Knowledge
from gate.loop import Loop, Senses
from gate.mqtt.fetch import Server, ServerSettings, open_roster
from gate.mqtt.follow import Follower
from gate.mqtt.follow import Gate as Whose
from gate.mqtt.inbox import Inbox, Listeners, PinnedKeys
from gate.mqtt.link import Link, LinkSettings
from gate.mqtt.sender import Sender
from gate.orders import Hands, OrderDesk, Who
from gate.pictures import Pictures
from gate.screen.messages import Look
from gate.screen.server import Screen, Sockets
from gate.screen.stage import Stage
from gate.screen.words import Condition
from gate.settings import GateSettings, read_own_key, read_secret, trusted
from gate.sight import Eyes, Sight, has_networks
from gate.store.journal import KEPT_AFTER_RECEIPT, AlarmStamp, Journal, JournalError, JournalLimits
from gate.store.orders import OrderBook
from gate.store.roster import RosterStore
from gate.store.spent import SpentPasses
from gate.store.tpm import TpmBox
from gate.vision.camera import Camera
from gate.vision.impostors import threshold_in
from gate.warden import Charge, Warden
from gate.wicket import Here, Wicket

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


@dataclass(frozen=True, slots=True)
class Line:
    """The gate's line to the server."""

    link: Link
    server: Server
    sender: Sender
    follower: Follower

    def start(self, clock: SystemClock, held: Manifest | None) -> None:
        """Begins to connect, send and follow, in threads of their own."""
        self.link.start(clock.now)
        self.sender.start()
        self.follower.start(held)

    def stop(self) -> None:
        """Says goodbye; what was not sent stays in the journal."""
        self.follower.stop()
        self.sender.stop()
        self.link.stop()
        self.server.close()


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
    _claim_folder(settings.state_folder)
    boot, clock = BootId.random(), SystemClock()
    sight = see(settings)
    kept = Kept.open(settings, boot, clock)
    knowledge = Knowledge(
        sight.model,
        lambda gallery: threshold_in(settings.target_fpir, gallery),
        lambda: kept.rosters.is_stale(clock.now(), clock.monotonic(), clock.trusted),
    )
    line = _line(settings, secrets, Start(boot, clock, sight.model), kept, knowledge)
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
    _listen(settings, line, staff.orders, clock, pictures)
    screen = _screen(settings, stage, wicket)
    seeing = sight.camera(), sight.watcher()
    senses = Senses(*seeing, knowledge, settings.reads_codes, health, stage, clock.monotonic, pictures.latest)
    loop = Loop(senses, attendant, wicket, keeper)
    return Gate(loop, attendant, screen, wicket, line, staff, kept, seeing[0], clock)


@dataclass(frozen=True, slots=True)
class Start:
    """What is fixed when a gate starts."""

    boot: BootId
    clock: SystemClock
    model: ModelId


@dataclass(frozen=True, slots=True)
class Secrets:
    """Read once, from files."""

    key: X25519PrivateKey = field(repr=False)
    credential: SecretStr
    broker_password: SecretStr

    @classmethod
    def read(cls, settings: GateSettings) -> Self:
        """Raises SettingsError naming the file."""
        return cls(
            read_own_key(settings.keys.own_file),
            read_secret(settings.server.credential_file, "the gate's credential"),
            read_secret(settings.broker.password_file, "the broker's password"),
        )

    def unseal(self, sealed: bytes, manifest: Manifest) -> RosterBody | None:
        """A roster kept on disk; None where it is not the manifest's."""
        opened = open_roster(sealed, manifest, self.key)
        return opened if isinstance(opened, RosterBody) else None


def _line(settings: GateSettings, secrets: Secrets, start: Start, kept: Kept, knowledge: Knowledge) -> Line:
    server = Server(
        ServerSettings(
            settings.server.url, secrets.credential, settings.server.ca_file, settings.server.allow_cleartext
        ),
        settings.gate,
        secrets.key,
    )
    link = Link(
        _link_settings(settings, secrets),
        settings.gate,
        settings.compound,
        start.boot,
        StateV1(
            gate=settings.gate,
            status=GateStatus.OFFLINE,
            boot=start.boot,
            connection=0,
            at=start.clock.now(),
            software=version("kaimen"),
            model=start.model,
        ),
    )
    sender = Sender(kept.journal, link, start.clock.now)
    whose = Whose(settings.gate, start.boot, start.clock.now)
    follower = Follower(whose, server, kept.rosters, link, lambda body: _apply(body, knowledge, link))
    return Line(link, server, sender, follower)


def _rosters(settings: GateSettings) -> RosterStore:
    """Raises JournalError and TpmUnusable."""
    folder, keep = settings.state_folder, settings.roster_keep
    if keep == "disk":
        log.warning("UNSAFE: face templates are kept on this disk beside their key", setting="roster_keep")
    return RosterStore(folder, keep, TpmBox.open(folder, settings.tpm) if keep == "tpm" else None)


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


def _listen(
    settings: GateSettings, line: Line, orders: OrderDesk, clock: SystemClock, pictures: Pictures
) -> None:
    """Signed times raise the clock's floor: a battery that died cannot bring yesterday's passes back."""

    def receipt(body: Receipt, retained: bool) -> None:
        if retained:  # signed at any time before
            clock.not_before(body.at)
        else:
            clock.hear(body.at)
        line.sender.take(body)
        pictures.refusals.receipted(body)

    def manifest(body: Manifest) -> None:
        clock.not_before(body.at)
        line.follower.take(body)

    keys = settings.keys
    pinned = PinnedKeys(trusted(keys.receipt), trusted(keys.manifest), trusted(keys.order))
    listeners = Listeners(receipt, manifest, orders)
    line.link.listen(Inbox(settings.gate, settings.compound, pinned, listeners).take)
    line.link.when_up(line.sender.send_again)
    line.link.when_up(orders.say_finished)


def _post(settings: GateSettings, boot: BootId) -> Post:
    return Post(
        boot,
        settings.direction,
        settings.door.pulse_seconds,
        settings.liveness,
        settings.stale_pin,
        has_free_exit(settings.door),
    )


def _apply(body: RosterBody, knowledge: Knowledge, link: Link) -> str | None:
    refused = knowledge.apply(body)
    if refused is None:
        link.say_state(roster_version=body.roster.version)
    return refused


def _link_settings(settings: GateSettings, secrets: Secrets) -> LinkSettings:
    broker = settings.broker
    return LinkSettings(
        host=broker.host,
        port=broker.port,
        username=broker.user,
        password=secrets.broker_password,
        ca_file=broker.ca_file,
        certificate_file=broker.certificate_file,
        key_file=broker.key_file,
        allow_cleartext=broker.allow_cleartext,
    )


def _box(settings: GateSettings, kept: Kept, clock: SystemClock) -> Box:
    return Box(
        rss_mb=resident_mb,
        disk_free_mb=lambda: free_mb(settings.state_folder),
        unsent=kept.journal.unsent_count,
        nearly_full=LIMITS.warning,
        settle=kept.journal.settle,
        tidy=lambda: kept.tidy(clock),
    )


def _claim_folder(folder: Path) -> None:
    """One gate a folder: held until the process ends. Raises FolderInUse and OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise FolderInUse(folder) from None
