"""Rights: who may pass at this gate, from its roster."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.ids import KeyId, PassId, PersonId
from contracts.pins import VISITOR_ROOM, pin_mac
from contracts.roster import Roster, RosterPass, RosterPerson
from contracts.words import Reason


@dataclass(frozen=True, slots=True)
class Rights:
    """A roster arranged for questions. PINs are known by their HMAC alone."""

    version: int = 0
    people: Mapping[PersonId, RosterPerson] = field(default_factory=dict[PersonId, RosterPerson])
    passes: Mapping[PassId, RosterPass] = field(default_factory=dict[PassId, RosterPass])
    pass_keys: Mapping[KeyId, Ed25519PublicKey] = field(default_factory=dict[KeyId, Ed25519PublicKey])
    pin_key: bytes = field(default=b"", repr=False)
    pins: Mapping[str, PersonId] = field(default_factory=dict[str, PersonId], repr=False)
    pass_pins: Mapping[str, RosterPass] = field(default_factory=dict[str, RosterPass], repr=False)

    @classmethod
    def of(cls, roster: Roster) -> "Rights":
        """Raises ValueError where a key in the roster is not one."""
        return cls(
            version=roster.version,
            people={person.id: person for person in roster.people},
            passes={row.id: row for row in roster.passes},
            pass_keys={
                key.id: Ed25519PublicKey.from_public_bytes(b64decode(key.public)) for key in roster.pass_keys
            },
            pin_key=b64decode(roster.pin_key),
            pins={pin.mac: pin.person for pin in roster.pins},
            pass_pins={row.mac: row for row in roster.passes if row.mac},
        )

    def whose_pin(self, room: str, pin: str) -> PersonId | None:
        """The resident whose PIN of that room this is."""
        return self.pins.get(pin_mac(self.pin_key, room, pin)) if self.pin_key else None

    def which_pass(self, pin: str) -> RosterPass | None:
        """The visitor's pass that carries this PIN."""
        return self.pass_pins.get(pin_mac(self.pin_key, VISITOR_ROOM, pin)) if self.pin_key else None

    def objection(self, person: PersonId, now: datetime, clock_trusted: bool) -> Reason | None:
        """Why this person may not pass now; None where they may."""
        row = self.people.get(person)
        if row is None:
            return Reason.NO_RIGHTS
        if row.since is None and row.until is None:
            return None
        if not clock_trusted:
            return Reason.NO_CLOCK
        begun = row.since is None or row.since <= now
        over = row.until is not None and row.until <= now
        return Reason.NOT_NOW if over or not begun else None

    def is_look_alike(self, person: PersonId) -> bool:
        """Whether staff or enrolment flagged this person as easily taken for another."""
        row = self.people.get(person)
        return row is not None and row.second_credential


NO_RIGHTS = Rights()
"""What a gate without a roster knows: nobody."""
