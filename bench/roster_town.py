"""A compound with as many people as asked for, each with a home, a PIN, both consents and a face in the vault.

Templates are random directions, two a person, the second near the first: nobody's face.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from admin.db.revision import raise_revision
from admin.db.session import writing
from admin.db.tables import Consent, ConsentText, Face, Household, Membership, Person, Pin, Place
from admin.security.keys import load_seal_public, load_secret
from admin.settings import VaultSettings
from admin.vault import open_vault
from admin.vault.keys import KeyStore
from admin.vault.store import open_store
from admin.vault.templates import Vault
from bench.roster_gate import MODEL
from contracts.ids import PersonId
from contracts.sealing import seal
from kaimen.install import Installation
from kaimen.places import ensure_compound

NUMBERS: Final = 256
TEMPLATES: Final = 2
HOUSEHOLD: Final = 3  # people in a home
SPREAD: Final = 0.1  # between two templates of one person
MOVED_IN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Dweller:
    """Somebody of the compound."""

    id: UUID
    wire_id: PersonId
    vault_id: str
    membership: int


@dataclass(frozen=True, slots=True)
class Town:
    """The compound's place, and who lives there."""

    compound: int
    dwellers: tuple[Dweller, ...]

    @property
    def raw_mb(self) -> float:
        """The templates alone, in MiB."""
        return len(self.dwellers) * TEMPLATES * NUMBERS * 4 / 2**20


def settle(box: Installation, people: int) -> Town:
    """Fills register and vault."""
    now = datetime.now(UTC)
    dwellers = tuple(
        Dweller(uuid4(), PersonId.random(), secrets.token_hex(16), number + 1) for number in range(people)
    )
    with writing(box.engine) as session:
        compound = ensure_compound(session)
        _register(session, compound, dwellers, now)
        _agree(session, dwellers, now)
        public = load_seal_public(box.folder.public_keys / "dispatch.pub")
        pins = [
            {"person_id": one.id, "sealed": seal(public, "pin", f"{n:06d}".encode()), "set_at": now}
            for n, one in enumerate(dwellers)
        ]
        session.execute(insert(Pin), pins)
        raise_revision(session)
    _fill(box.folder.root, box.folder.keys("vault") / "master.key", dwellers)
    return Town(compound, dwellers)


def _register(session: Session, compound: int, dwellers: tuple[Dweller, ...], now: datetime) -> None:
    units = session.scalars(select(Place.id).where(Place.kind == "unit").order_by(Place.id)).all()
    homes = len(dwellers) // HOUSEHOLD + 1
    session.execute(
        insert(Household),
        [
            {"id": n + 1, "unit_id": units[n % len(units)], "room": f"1-1-{n + 1}", "grid_id": None}
            for n in range(homes)
        ],
    )
    session.execute(
        insert(Person),
        [
            {
                "id": one.id,
                "compound_id": compound,
                "wire_id": one.wire_id,
                "vault_id": one.vault_id,
                "name": f"甲{n}",
                "added_at": now,
            }
            for n, one in enumerate(dwellers)
        ],
    )
    session.execute(
        insert(Membership),
        [
            {
                "id": one.membership,
                "person_id": one.id,
                "household_id": n // HOUSEHOLD + 1,
                "role": "family",
                "since": now - MOVED_IN,
            }
            for n, one in enumerate(dwellers)
        ],
    )
    faces = [
        {
            "person_id": one.id,
            "model": MODEL,
            "templates": TEMPLATES,
            "enrolled_at": now,
            "look_alike": False,
        }
        for one in dwellers
    ]
    session.execute(insert(Face), faces)


def _agree(session: Session, dwellers: tuple[Dweller, ...], now: datetime) -> None:
    for kind in ("face", "central"):
        text = session.scalars(select(ConsentText.id).where(ConsentText.kind == kind)).first()
        answers = [
            {
                "person_id": one.id,
                "kind": kind,
                "text_id": text,
                "agreed": True,
                "at": now,
                "channel": "desk",
            }
            for one in dwellers
        ]
        session.execute(insert(Consent), answers)


def _fill(root: Path, master_key: Path, dwellers: tuple[Dweller, ...]) -> None:
    """Without waiting for the disk after each of ten thousand people."""
    keys, templates = root / "keystore" / "keys.sqlite3", root / "vault" / "templates.sqlite3"
    open_vault(VaultSettings(templates=templates, keys=keys, master_key=master_key)).close()
    stores = [open_store(path, "PRAGMA synchronous=OFF") for path in (keys, templates)]
    with Vault(KeyStore(stores[0], AESGCM(load_secret(master_key))), stores[1]) as vault:
        for one, rows in zip(dwellers, _templates(len(dwellers)), strict=True):
            vault.keep(one.vault_id, MODEL, [row.tobytes() for row in rows])


def _templates(people: int) -> Iterator[NDArray[np.float32]]:
    """Unit rows, little-endian float32."""
    random = np.random.default_rng(46)
    for _ in range(people):
        first = random.normal(size=NUMBERS)
        rows = np.stack([first, first + SPREAD * random.normal(size=NUMBERS)])
        yield (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")
