"""Who may speak to the broker, and of what: one user a gate, each seeing its own topics alone."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from admin.security.client_id import GATE_USERS
from contracts.ids import CompoundId, GateId
from contracts.topics import TOPICS

INGEST: Final = "ingest"
DISPATCH: Final = "dispatch"
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
    """The broker's list of users. Every method may be called again; raises BrokerNotReached where there is none."""

    def grant(self, user: BrokerUser) -> None:
        """The user with this password and these rights alone, whatever it was before."""
        ...

    def revoke(self, name: str) -> None:
        """The user's live connection ends, and its password is worth nothing any more."""
        ...

    def users(self) -> frozenset[str]:
        """Names of the users there are."""
        ...

    def renew(self, rights: Mapping[str, Rights]) -> None:
        """Other rights for users there are; passwords stay, and who has these rights already is not disturbed."""
        ...


class BrokerNotReached(Exception):
    """The broker did not change its users; says why."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The broker's users could not be changed: {why}. Look at the broker, then try again."
        )
        self.why = why


def settle(access: BrokerAccess, registered: Callable[[], Mapping[str, Rights]]) -> frozenset[str]:
    """Brings the broker's users in line with the register; gives who is registered and has no user.

    Rights grow with releases, and a register put back from a backup may have forgotten or regained a gate.
    """
    # Users before the register: a gate granted meanwhile is not taken for a stranger.
    users = access.users()
    rights = registered()
    for stranger in sorted(users - rights.keys()):
        if stranger.startswith(GATE_USERS):
            access.revoke(stranger)
    access.renew({name: one for name, one in rights.items() if name in users})
    return frozenset(rights.keys() - users)


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
