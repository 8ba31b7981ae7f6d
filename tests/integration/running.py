"""Real processes of the server, and clients of a broker, each in its own folder."""

import queue
import socket
import ssl
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine

from admin.db.session import writing
from admin.db.tables import Compound, Place
from admin.dispatch.provision import GateSecrets, NewGate, register_gate
from admin.security.keys import make_sealing_key, make_secret, make_signing_key
from admin.security.principals import process
from contracts.ids import CompoundId, GateId
from contracts.words import Direction
from tests.databases import a_register
from tests.integration.brokers import PASSWORD, PATIENCE_S, Broker, Program, until


def _send_at_once(_client: Client, _data: object, connection: object) -> None:
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@dataclass
class Received:
    """One message a client got."""

    topic: str
    payload: bytes
    retained: bool


@dataclass
class Speaker:
    """A plain MQTT client: a gate's broker account in the hands of a test."""

    port: int
    user: str
    password: str
    client_id: str = ""
    trust: ssl.SSLContext | None = None
    got: "queue.SimpleQueue[Received]" = field(default_factory=queue.SimpleQueue)
    refused: list[bool] = field(default_factory=list)
    connected: bool = False
    turned_away: bool = False
    ended: int = 0  # connections

    def __post_init__(self) -> None:
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id=self.client_id or self.user, clean_session=True
        )
        self.client.username_pw_set(self.user, self.password)
        if self.trust is not None:
            self.client.tls_set_context(self.trust)
        self.client.max_inflight_messages_set(200)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda _c, _u, _f, code, _p: self._connected(code.is_failure)
        self.client.on_disconnect = lambda _c, _u, _f, _code, _p: self._gone()
        self.client.on_subscribe = lambda _c, _u, _m, codes, _p: self.refused.extend(
            code.is_failure for code in codes
        )
        self.client.on_message = self._message
        self.client.on_socket_open = _send_at_once

    def _connected(self, failed: bool) -> None:
        self.connected, self.turned_away = not failed, failed

    def _gone(self) -> None:
        self.ended += self.connected
        self.connected = False

    def _message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.got.put(Received(message.topic, bytes(message.payload), message.retain))

    def open(self) -> "Speaker":
        self.client.connect_async("127.0.0.1", self.port, 20)
        self.client.loop_start()
        until(lambda: self.connected)
        return self

    def knock(self) -> "Speaker":
        """Tries to connect where it is expected to be turned away."""
        self.client.connect_async("127.0.0.1", self.port, 20)
        self.client.loop_start()
        until(lambda: self.connected or self.turned_away)
        return self

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def subscribe(self, topic: str) -> bool:
        """Whether the broker granted it. Waits for the connection: a new user is known a moment later."""
        before = len(self.refused)
        self.client.subscribe(topic, 1)
        until(lambda: len(self.refused) > before)
        return not self.refused[-1]

    def say(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1) -> None:
        """Published, and acknowledged by the broker."""
        self.client.publish(topic, payload, qos, retain).wait_for_publish(PATIENCE_S)

    def hear(self, seconds: float = PATIENCE_S) -> Received:
        return self.got.get(timeout=seconds)

    def heard(self) -> Iterable[Received]:
        """What has come so far."""
        while not self.got.empty():
            yield self.got.get()


@dataclass
class House:
    """A register with one compound, its keys, and the settings of each process."""

    folder: Path
    engine: Engine
    compound: CompoundId
    compound_id: int
    broker: Broker

    @property
    def public(self) -> Path:
        return self.folder / "public"

    def add_gate(self, name: str) -> GateSecrets:
        """In the register and at the broker."""
        new = NewGate(
            GateId(name),
            self.compound_id,
            "门",
            "Gate",
            Direction.IN,
            X25519PrivateKey.generate().public_key(),
        )
        with writing(self.engine) as session:
            secrets = register_gate(session, new, process("test"), datetime.now(UTC))
        self.broker.access.grant(secrets.broker)
        return secrets

    def speaker(self, gate: GateSecrets, client_id: str = "") -> Speaker:
        return self.somebody(gate.broker.name, gate.broker.password, client_id)

    def somebody(self, user: str, password: str = PASSWORD, client_id: str = "") -> Speaker:
        """With a certificate of the user's name where the broker asks for one."""
        papers = self.broker.papers
        trust = papers.context(user or "nobody") if papers else None
        return Speaker(self.broker.port, user, password, client_id, trust)

    def ingest(self) -> Program:
        own = self.folder / "ingest"
        make_signing_key(own / "receipt.key", self.public / "receipt.pub")
        settings = own / "ingest.toml"
        settings.write_text(self._settings("ingest", own))
        return self._process("ingest", settings)

    def dispatch(self) -> Program:
        own = self.folder / "dispatch"
        make_signing_key(own / "manifest.key", self.public / "manifest.pub")
        make_signing_key(own / "order.key", self.public / "order.pub")
        make_signing_key(own / "pass.key", self.public / "pass.pub")
        make_sealing_key(own / "dispatch.key", self.public / "dispatch.pub")
        make_sealing_key(self.folder / "web" / "web.key", self.public / "web.pub")
        make_secret(self.folder / "vault-master")
        settings = own / "dispatch.toml"
        vault = "\n".join(
            f'{name} = "{self.folder / file}"'
            for name, file in (
                ("templates", "templates.sqlite3"),
                ("keys", "keys.sqlite3"),
                ("master_key", "vault-master"),
            )
        )
        settings.write_text(self._settings("dispatch", own) + f"[vault]\n{vault}\n")
        return self._process("dispatch", settings)

    def _settings(self, user: str, own: Path) -> str:
        password = own / "broker.password"
        password.write_text(PASSWORD)
        address = self.engine.url.render_as_string(hide_password=False)
        return (
            f'database = "{address}"\nown_keys = "{own}"\npublic_keys = "{self.public}"\n'
            f'[broker]\nport = {self.broker.port}\nusername = "{user}"\npassword_file = "{password}"\n'
        ) + "".join(f'{name} = "{path}"\n' for name, path in self.papers_of(user).items())

    def papers_of(self, user: str) -> dict[str, Path]:
        """As settings name them; empty where the broker asks for none."""
        papers = self.broker.papers
        if papers is None:
            return {}
        certificate, key = papers.client(user)
        return {"ca_file": papers.ca, "certificate_file": certificate, "key_file": key}

    def _process(self, name: str, settings: Path) -> Program:
        words = [sys.executable, "-m", f"admin.{name}", "--config", str(settings)]
        return Program(words, self.folder / f"{name}.log")


def a_house(folder: Path, broker: Broker, address: str) -> House:
    """A fresh register of one compound at `address`, whose tables are there."""
    engine = a_register(address)
    with writing(engine) as session:
        place = Place(kind="compound", name_zh="梧桐苑", name_en="Wutong Court", path="/")
        session.add(place)
        session.flush()
        place.path = f"/{place.id}/"
        session.add(
            Compound(place_id=place.id, wire_id="wutong", operator_zh="红", operator_en="Red", phone="0")
        )
        number = place.id
    return House(folder, engine, CompoundId("wutong"), number, broker)
