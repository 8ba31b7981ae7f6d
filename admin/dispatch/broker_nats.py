"""The users of a NATS server: a file that its configuration includes, read again on SIGHUP."""

import fcntl
import json
import os
import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, cast

from admin.dispatch.broker import BrokerUser, Rights
from admin.security.keys import write_private

USERS_FILE: Final = "users.json"
NATS_USERS: Final = "users.conf"
LOCK: Final = "users.lock"


class NatsAccess:
    """Keeps the users in a folder that the broker alone reads, and writes it whole on each change.

    `pid_file` is written by the server itself; with no server running a change takes effect at its start.
    """

    def __init__(self, folder: Path, pid_file: Path) -> None:
        self._folder, self._pid_file = folder, pid_file

    def grant(self, user: BrokerUser) -> None:
        kept = _Kept(user.name, user.password, user.rights.publish, user.rights.subscribe)
        self._change(lambda users: {**users, user.name: kept})

    def revoke(self, name: str) -> None:
        self._change(lambda users: {key: kept for key, kept in users.items() if key != name})

    def users(self) -> frozenset[str]:
        return frozenset(_read(self._folder))

    def renew(self, rights: Mapping[str, Rights]) -> None:
        self._change(
            lambda users: {
                name: replace(kept, publish=rights[name].publish, subscribe=rights[name].subscribe)
                if name in rights
                else kept
                for name, kept in users.items()
            }
        )

    def _change(self, change: "Callable[[_Users], _Users]") -> None:
        with _alone(self._folder):
            users = change(_read(self._folder)).values()
            rows = json.dumps([asdict(user) for user in users], indent=1)
            lines = "\n".join(map(_nats_user, users))
            changed = [
                _written(self._folder / USERS_FILE, rows),
                _written(self._folder / NATS_USERS, f"authorization {{\n  users: [\n{lines}\n  ]\n}}\n"),
            ]
            if any(changed):
                reload(self._pid_file, b"nats-server")


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
    """A user as the broker keeps it."""

    name: str
    password: str = field(repr=False)
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


_Users = Mapping[str, _Kept]


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Two processes may change users: `kaimen up` at its start, dispatch at any time."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _written(path: Path, content: str) -> bool:
    """Whether the file had to be written for its content to be this."""
    if path.exists() and path.read_text() == content:
        return False
    write_private(path, content.encode())
    return True


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
