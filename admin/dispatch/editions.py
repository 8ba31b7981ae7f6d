"""What dispatch made last for each gate, so that the next version can be told as a step from it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Engine

from admin.db.revision import generation
from admin.db.session import reading, writing
from admin.db.tables import SealedRoster
from admin.dispatch.body import Keys, Press, Stamp
from admin.dispatch.census import Censuses
from admin.dispatch.manifests import Newest, add_whole, let_go, newest_of
from admin.dispatch.roster import Draft, draft
from admin.dispatch.shelf import Faces, Shelf
from contracts.ids import GateId
from contracts.roster import encode_roster
from contracts.roster_delta import DELTA_PURPOSE, SHORT, RosterRows, Step, encode_delta, puts_rows
from contracts.sealing import seal

log = structlog.get_logger()

ROSTER_PURPOSE: Final = "roster"


@dataclass(frozen=True, slots=True)
class Told:
    """A step as it is kept: from which digest, sealed to the gate."""

    base: str
    sealed: bytes = field(repr=False)
    puts_templates: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """One version as it was made. Rows that two versions share are kept once."""

    rows: RosterRows = field(repr=False)
    reader: X25519PublicKey
    digest: str
    size: int  # bytes encoded

    @classmethod
    def of(cls, rows: RosterRows, seal_key: bytes) -> Self:
        content = encode_roster(rows.packed())
        reader = X25519PublicKey.from_public_bytes(seal_key)
        return cls(rows, reader, hashlib.sha256(content).hexdigest(), len(content))

    def whole(self) -> bytes:
        """Sealed to the gate."""
        return seal(self.reader, ROSTER_PURPOSE, encode_roster(self.rows.packed()))

    def step_from(self, base: "Edition") -> Told | None:
        """None where it would not be short."""
        delta = encode_delta(base.rows, self.rows, Step(base.digest, self.digest))
        if len(delta) * SHORT > self.size:
            return None
        return Told(base.digest, seal(self.reader, DELTA_PURPOSE, delta), puts_rows(delta))

    def drops_some_of(self, base: "Edition") -> bool:
        """Whether a template of the base is here no more."""
        return not set(base.rows.rows) <= set(self.rows.rows)


@dataclass(slots=True)
class _Memory:
    """Of one gate. `owed` where its newest version is told as a step and the whole is still to be sealed; `cluttered`
    where older bodies may have to go."""

    press: Press
    last: Edition | None = None
    owed: bool = False
    cluttered: bool = True


@dataclass(frozen=True, slots=True)
class Renewed:
    """When to look at the gate again, and whether it has a new version."""

    edge: datetime | None
    made: bool


class Editions:
    """One thread. What it remembers only saves work: all of it is made anew after a restart."""

    def __init__(self, engine: Engine, faces: Faces, keys: Keys) -> None:
        self._engine, self._keys = engine, keys
        self._shelf = Shelf(faces)
        self._memories: dict[GateId, _Memory] = {}
        self._named: set[str] = set()  # vault ids of this look

    def renew(self, gate: GateId, now: datetime, censuses: Censuses) -> Renewed:
        """Makes and commits the gate's next version where the newest does not say what the register says."""
        with reading(self._engine) as session:
            drafted = draft(session, gate, now, censuses)
            newest, of_server = newest_of(session, gate), generation(session)
        if drafted is None:
            return Renewed(None, made=False)
        self._named.update(face.vault_id for face in drafted.faces)
        memory = self._memories.setdefault(gate, _Memory(Press(self._keys, self._shelf)))
        content_key = drafted.content_key(of_server, self._keys.passes.id)
        if newest is not None and newest.content_key == content_key and _knows(memory, drafted, newest):
            return Renewed(drafted.edge, made=False)
        stamp = Stamp(of_server, newest.version + 1 if newest else 1, now)
        edition = Edition.of(memory.press.body_of(drafted, stamp), drafted.entry.seal_key)
        base = memory.last if newest and memory.last and memory.last.digest == newest.digest else None
        row = _row(edition, content_key, base)
        with writing(self._engine) as session:
            session.add(row)
        memory.last, memory.owed, memory.cluttered = edition, row.sealed is None, True
        log.info(
            "roster made", gate=gate, version=stamp.version, people=row.people, step=len(row.step or b"")
        )
        return Renewed(drafted.edge, made=True)

    def end_look(self, gates: Iterable[GateId]) -> None:
        """After all gates were looked at: forgets revoked ones, and templates that no draft named."""
        active = set(gates)
        self._memories = {gate: one for gate, one in self._memories.items() if gate in active}
        self._shelf.keep_only(self._named)
        self._named = set()

    def let_go_at_one(self) -> None:
        """Of one gate's older bodies, once all gates were told: what is deleted is written over, that takes time."""
        for gate, memory in self._memories.items():
            if memory.cluttered:
                with writing(self._engine) as session:
                    let_go(session, gate)
                memory.cluttered = False
                return

    def seal_one_owed(self) -> None:
        """The whole of one version that was told as a step: for gates that hold another base."""
        for gate, memory in self._memories.items():
            if memory.owed and memory.last is not None:
                sealed = memory.last.whole()
                with writing(self._engine) as session:
                    add_whole(session, gate, memory.last.digest, sealed)
                memory.owed = False
                return


def _knows(memory: _Memory, drafted: Draft, newest: Newest) -> bool:
    """Whether the newest version is the one in memory; after a restart it is made again to be the base of steps."""
    if memory.last is None or memory.last.digest != newest.digest:
        stamp = Stamp(newest.generation, newest.version, newest.made_at)
        memory.last = Edition.of(memory.press.body_of(drafted, stamp), drafted.entry.seal_key)
        memory.owed = not newest.is_whole
    return memory.last.digest == newest.digest


def _row(edition: Edition, content_key: str, base: Edition | None) -> SealedRoster:
    """A step from the base, where there is one and it is short; else the whole."""
    roster, step = edition.rows.roster, edition.step_from(base) if base else None
    return SealedRoster(
        gate_id=roster.gate,
        version=roster.version,
        generation=roster.generation,
        digest=edition.digest,
        size=edition.size,
        content_key=content_key,
        people=len(roster.people),
        made_at=roster.made_at,
        sealed=edition.whole() if step is None else None,
        step_from=step.base if step else None,
        step=step.sealed if step else None,
        step_puts_templates=step is not None and step.puts_templates,
        drops_templates=base is None or edition.drops_some_of(base),
    )
