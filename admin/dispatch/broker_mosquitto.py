"""The users of Mosquitto: its dynamic-security plugin, spoken to over MQTT.

Mosquitto 2.0 takes a certificate's name for a password where `use_identity_as_username` is set: a user that was
deleted still connects then, and one that was disabled keeps its rights. So a user has a password, a certificate is
needed beside it, and who is revoked is deleted (docs/decisions/0044).
"""

import hashlib
import json
import queue
import secrets
from base64 import b64encode
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, cast

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from admin.dispatch.broker import BrokerNotReached, BrokerUser, Rights
from admin.security.tls import introduce
from admin.settings import BrokerSettings

KEEPER: Final = "keeper"
CONTROL: Final = "$CONTROL/dynamic-security/v1"
ANSWERS: Final = f"{CONTROL}/response"
ANSWER_S: Final = 5.0
# The broker's passwords are 256 random bits, so a slow hash would protect nothing.
PBKDF2_ROUNDS: Final = 101
_HARMLESS: Final = frozenset({"Client not found", "Role not found"})

Json = Mapping[str, object]
"""A command or an answer of the plugin, or a part of one."""


def first_users(users: Iterable[BrokerUser], keeper_password: str) -> bytes:
    """The plugin's file for a new broker: these users, and the keeper, who may change them and nothing else."""
    keeper = Rights(publish=(CONTROL,), subscribe=(ANSWERS,))
    known = [(user.name, user.password, user.rights) for user in users] + [(KEEPER, keeper_password, keeper)]
    return json.dumps(
        {
            "defaultACLAccess": {
                "publishClientSend": False,
                "publishClientReceive": False,
                "subscribe": False,
                "unsubscribe": True,
            },
            "clients": [_client(name) | _hashed(password) for name, password, _rights in known],
            "groups": [],
            "roles": [_role(name, rights) for name, _password, rights in known],
        },
        indent=1,
    ).encode()


class MosquittoAccess:
    """One user and one role a name. Connects for each change: they are rare."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._settings = settings

    def grant(self, user: BrokerUser) -> None:
        made = {"command": "createClient", "password": user.password} | _client(user.name)
        role = {"command": "createRole"} | _role(user.name, user.rights)
        with _control(self._settings) as control:
            control.ask([*_deletions(user.name), role, made])

    def revoke(self, name: str) -> None:
        with _control(self._settings) as control:
            control.ask(_deletions(name))

    def users(self) -> frozenset[str]:
        with _control(self._settings) as control:
            (listed,) = control.ask([{"command": "listClients"}])
        return frozenset(cast(list[str], cast(Json, listed["data"])["clients"])) - {KEEPER}

    def renew(self, rights: Mapping[str, Rights]) -> None:
        with _control(self._settings) as control:
            (listed,) = control.ask([{"command": "listRoles", "verbose": True}])
            roles = cast(list[Json], cast(Json, listed["data"])["roles"])
            held = {str(role["rolename"]): _acls_of(role) for role in roles}
            for name, wished in rights.items():
                if name in held and held[name] != frozenset(_acls(wished)):
                    control.ask([{"command": "modifyRole"} | _role(name, wished)])


class _Control:
    """A connection on which the plugin answers."""

    def __init__(self, client: Client, answers: "queue.SimpleQueue[bytes]") -> None:
        self._client, self._answers = client, answers

    def ask(self, commands: Sequence[Json]) -> Sequence[Json]:
        """The plugin carries out the commands one after another; raises BrokerNotReached where one failed."""
        mark = secrets.token_hex(8)
        marked = [{**command, "correlationData": mark} for command in commands]
        self._client.publish(CONTROL, json.dumps({"commands": marked}), qos=1)
        answers = self._answered(mark)
        for answer in answers:
            if (error := str(answer.get("error", ""))) and error not in _HARMLESS:
                raise BrokerNotReached(f"{answer.get('command')}: {error}")
        return answers

    def _answered(self, mark: str) -> Sequence[Json]:
        """Every keeper hears every answer: ours bears our mark."""
        while True:
            try:
                whole = cast(Json, json.loads(self._answers.get(timeout=ANSWER_S)))
            except queue.Empty:
                raise BrokerNotReached("no answer; the keeper may lack the right to ask") from None
            answers = cast(list[Json], whole["responses"])
            if answers and answers[0].get("correlationData") == mark:
                return answers


@contextmanager
def _control(settings: BrokerSettings) -> Generator[_Control]:
    """Connected and listening for answers."""
    ready: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    client = _client_of(settings)

    def connected(
        _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.is_failure:
            ready.put(str(code))
        else:
            client.subscribe(ANSWERS, qos=1)

    def message(_client: Client, _data: object, heard: MQTTMessage) -> None:
        answers.put(bytes(heard.payload))

    client.on_connect = connected
    client.on_subscribe = lambda _c, _d, _m, codes, _p: ready.put(
        str(codes[0]) if codes[0].is_failure else ""
    )
    client.on_message = message
    try:
        client.connect(settings.host, settings.port)
    except OSError as trouble:
        raise BrokerNotReached(trouble.strerror or type(trouble).__name__) from None
    client.loop_start()
    try:
        _wait(ready)
        yield _Control(client, answers)
    finally:
        client.disconnect()
        client.loop_stop()


def _client_of(settings: BrokerSettings) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=settings.username, clean_session=True)
    introduce(client, settings)
    return client


def _wait(ready: "queue.SimpleQueue[str]") -> None:
    try:
        refused = ready.get(timeout=ANSWER_S)
    except queue.Empty:
        raise BrokerNotReached("no answer") from None
    if refused:
        raise BrokerNotReached(refused)


def _deletions(name: str) -> list[Json]:
    """Deleting the user ends its live connection."""
    return [{"command": "deleteClient", "username": name}, {"command": "deleteRole", "rolename": name}]


def _client(name: str) -> dict[str, object]:
    return {"username": name, "roles": [{"rolename": name}]}


def _hashed(password: str) -> dict[str, object]:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PBKDF2_ROUNDS)
    return {
        "password": b64encode(digest).decode(),
        "salt": b64encode(salt).decode(),
        "iterations": PBKDF2_ROUNDS,
    }


def _role(name: str, rights: Rights) -> dict[str, object]:
    acls = [{"acltype": kind, "topic": topic, "allow": True} for kind, topic in _acls(rights)]
    return {"rolename": name, "acls": acls}


def _acls(rights: Rights) -> Generator[tuple[str, str]]:
    """Kind and topic of each right."""
    for topic in rights.publish:
        yield "publishClientSend", topic
    for topic in rights.subscribe:
        yield "subscribePattern" if "+" in topic or "#" in topic else "subscribeLiteral", topic
        yield "publishClientReceive", topic


def _acls_of(role: Json) -> frozenset[tuple[str, str]]:
    acls = cast(list[Json], role.get("acls", []))
    return frozenset((str(acl["acltype"]), str(acl["topic"])) for acl in acls if acl["allow"])
