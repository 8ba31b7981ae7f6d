"""Who may speak to the broker, and of what: one user a gate, each seeing its own topics alone.

Both adapters keep their users in a folder that the broker alone reads, and write it whole on each change.
"""

import hashlib
import json
import os
import re
import secrets
import signal
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, cast

from admin.security.keys import write_private
from contracts.ids import CompoundId, GateId
from contracts.topics import TOPICS

INGEST: Final = "ingest"
DISPATCH: Final = "dispatch"
USERS_FILE: Final = "users.json"
NATS_USERS: Final = "users.conf"
MOSQUITTO_PASSWORDS: Final = "passwords"
MOSQUITTO_ACL: Final = "acl"
# The broker's own passwords are 256 random bits, so a slow hash would protect nothing.
PBKDF2_ROUNDS: Final = 101
_PLAIN: Final = re.compile(r"[A-Za-z0-9_/+#-]+")


@dataclass(frozen=True, slots=True)
class Rights:
    """MQTT topic filters that a user may publish to and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user of the broker. The password is random: `secrets.token_urlsafe(32)`."""

    name: str
    password: str = field(repr=False)
    rights: Rights

    def __post_init__(self) -> None:
        words = (self.name, self.password, *self.rights.publish, *self.rights.subscribe)
        if not all(_PLAIN.fullmatch(word) for word in words):
            raise ValueError("A broker user is made of letters, digits, - and _, its topics also of / + #")


class BrokerAccess(Protocol):
    """The broker's list of users. A revoked user's live connection ends."""

    def grant(self, user: BrokerUser) -> None: ...

    def revoke(self, name: str) -> None: ...


def gate_rights(compound: CompoundId, gate: GateId) -> Rights:
    """A gate speaks of itself and hears what is said to it; no wildcard, no other gate."""
    return Rights(
        publish=tuple(topic.at(compound, gate) for topic in TOPICS if topic.way == "from gate"),
        subscribe=tuple(topic.at(compound, gate) for topic in TOPICS if topic.way == "to gate"),
    )


def ingest_rights() -> Rights:
    """Hears every gate, answers with receipts, and can order nothing."""
    return Rights(
        publish=tuple(topic.everywhere for topic in TOPICS if topic.signed == "Receipt"),
        subscribe=tuple(topic.everywhere for topic in TOPICS if topic.way == "from gate"),
    )


def dispatch_rights() -> Rights:
    """Says what gates should hold and do; receipts are ingest's alone."""
    return Rights(
        publish=tuple(
            topic.everywhere for topic in TOPICS if topic.way == "to gate" and topic.signed != "Receipt"
        ),
        subscribe=(),
    )


def random_password() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


class NatsAccess:
    """NATS: a file of users that its configuration includes, read again on SIGHUP.

    `pid_file` is written by the server itself; with no server running a change takes effect at its start.
    """

    def __init__(self, folder: Path, pid_file: Path) -> None:
        self._folder, self._pid_file = folder, pid_file

    def grant(self, user: BrokerUser) -> None:
        _change(self._folder, lambda users: {**users, user.name: _kept(user, user.password)})
        self._apply()

    def revoke(self, name: str) -> None:
        _change(self._folder, lambda users: {key: kept for key, kept in users.items() if key != name})
        self._apply()

    def _apply(self) -> None:
        lines = "\n".join(_nats_user(user) for user in _read(self._folder).values())
        write_private(self._folder / NATS_USERS, f"authorization {{\n  users: [\n{lines}\n  ]\n}}\n".encode())
        reload(self._pid_file, b"nats-server")


class MosquittoAccess:
    """Mosquitto: a password file and an ACL file, read again on SIGHUP, which also ends a revoked client.

    Files and a signal suit one machine. Issue 4 brings Mosquitto's dynamic-security plugin, which changes
    users over MQTT itself and needs neither.
    """

    def __init__(self, folder: Path, pid_file: Path) -> None:
        self._folder, self._pid_file = folder, pid_file

    def grant(self, user: BrokerUser) -> None:
        hashed = _mosquitto_hash(user.password)
        _change(self._folder, lambda users: {**users, user.name: _kept(user, hashed)})
        self._apply()

    def revoke(self, name: str) -> None:
        _change(self._folder, lambda users: {key: kept for key, kept in users.items() if key != name})
        self._apply()

    def _apply(self) -> None:
        users = _read(self._folder).values()
        passwords = "".join(f"{user.name}:{user.password}\n" for user in users)
        write_private(self._folder / MOSQUITTO_PASSWORDS, passwords.encode())
        write_private(self._folder / MOSQUITTO_ACL, "\n".join(map(_mosquitto_acl, users)).encode())
        reload(self._pid_file, b"mosquitto")


def reload(pid_file: Path, program: bytes) -> None:
    """SIGHUP to the process named in the file, if it is that program: a process id may have a new owner."""
    try:
        pid = int(pid_file.read_text())
        if program in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
            os.kill(pid, signal.SIGHUP)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return


@dataclass(frozen=True, slots=True)
class _Kept:
    """A user as its broker keeps it: `password` is plain for NATS, a PBKDF2 hash for Mosquitto."""

    name: str
    password: str = field(repr=False)
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


_Users = Mapping[str, _Kept]


def _kept(user: BrokerUser, password: str) -> _Kept:
    return _Kept(user.name, password, user.rights.publish, user.rights.subscribe)


def _read(folder: Path) -> _Users:
    try:
        rows = cast(list[dict[str, object]], json.loads((folder / USERS_FILE).read_text()))
    except FileNotFoundError:
        return {}
    kept = [
        _Kept(
            name=str(row["name"]),
            password=str(row["password"]),
            publish=tuple(cast(list[str], row["publish"])),
            subscribe=tuple(cast(list[str], row["subscribe"])),
        )
        for row in rows
    ]
    return {user.name: user for user in kept}


def _change(folder: Path, change: Callable[[_Users], _Users]) -> None:
    rows = [
        {
            "name": user.name,
            "password": user.password,
            "publish": user.publish,
            "subscribe": user.subscribe,
        }
        for user in change(_read(folder)).values()
    ]
    write_private(folder / USERS_FILE, json.dumps(rows, indent=1).encode())


def _nats_user(user: _Kept) -> str:
    return (
        f'    {{user: "{user.name}", password: "{user.password}", '
        f'allowed_connection_types: ["MQTT"], permissions: {{'
        f"publish: {_nats_filters(user.publish)}, subscribe: {_nats_filters(user.subscribe)}}}}}"
    )


def _nats_filters(filters: tuple[str, ...]) -> str:
    """As NATS subjects; no filter is no right, where NATS would read [] as all."""
    if not filters:
        return '{deny: [">"]}'
    return "{allow: " + json.dumps([_subject(one) for one in filters]) + "}"


def _subject(topic_filter: str) -> str:
    return topic_filter.replace("/", ".").replace("+", "*")


def _mosquitto_acl(user: _Kept) -> str:
    lines = [f"user {user.name}"]
    lines += [f"topic write {topic}" for topic in user.publish]
    lines += [f"topic read {topic}" for topic in user.subscribe]
    return "\n".join(lines) + "\n"


def _mosquitto_hash(password: str) -> str:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PBKDF2_ROUNDS)
    return f"$7${PBKDF2_ROUNDS}${b64encode(salt).decode()}${b64encode(digest).decode()}"
