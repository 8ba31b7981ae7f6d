"""The gate's line to the server, from the settings: what it says, hears, fetches and believes."""

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from contracts.ids import BootId, ModelId
from contracts.manifest import Manifest
from contracts.receipt import Receipt
from contracts.roster import RosterBody
from contracts.state import StateV1
from contracts.words import GateStatus
from gate.clock import SystemClock
from gate.kept import Kept
from gate.knowledge import Knowledge
from gate.mqtt.fetch import Server, ServerSettings, open_roster
from gate.mqtt.follow import Follower
from gate.mqtt.follow import Gate as Whose
from gate.mqtt.inbox import Inbox, Listeners, PinnedKeys
from gate.mqtt.link import Link, LinkSettings
from gate.mqtt.sender import Sender
from gate.orders import OrderDesk
from gate.pictures import Pictures
from gate.settings import GateSettings, read_own_key, read_secret, trusted


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
        opened = open_roster(bytearray(sealed), manifest, self.key)
        return opened if isinstance(opened, RosterBody) else None


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


def build_line(
    settings: GateSettings, secrets: Secrets, start: Start, kept: Kept, knowledge: Knowledge
) -> Line:
    """Nothing is connected yet. Raises CleartextRefused and CertificateUnusable."""
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


def listen(
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
