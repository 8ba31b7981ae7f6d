"""Templates, encrypted with the person's key; who the person is, this store does not know."""

import secrets
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from admin.security.keys import load_secret
from admin.settings import VaultSettings
from admin.vault.errors import ChangedTemplate
from admin.vault.keys import NONCE_BYTES, KeyStore, PersonKey
from admin.vault.store import empty_log, open_store, portions, writing
from contracts.ids import ModelId

_LENGTH = struct.Struct(">I")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS template (
    vault_id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    model TEXT NOT NULL,
    sealed BLOB NOT NULL
) WITHOUT ROWID
"""
_OF_MANY = (
    "SELECT vault_id, key_id, model, sealed FROM template WHERE vault_id IN (SELECT value FROM json_each(?))"
)


@dataclass(frozen=True, slots=True)
class StoredFace:
    """One person's templates: float32 little-endian rows as `keep` was given them, and what made them."""

    model: ModelId
    rows: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Line:
    vault_id: str
    key_id: str
    model: str
    sealed: bytes = field(repr=False)


class Vault:
    """Both stores together. One instance serves one thread; several processes may hold one each."""

    def __init__(self, keys: KeyStore, store: sqlite3.Connection) -> None:
        self._keys, self._store = keys, store

    def keep(self, vault_id: str, model: ModelId, rows: Sequence[bytes]) -> None:
        """Replaces what is kept of the person; committed on return. Raises ChangedKey."""
        key = self._keys.of_or_new(vault_id)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(key.secret).encrypt(nonce, _packed(rows), _about(vault_id, model))
        with writing(self._store):
            self._store.execute(
                "INSERT INTO template VALUES (?, ?, ?, ?) ON CONFLICT (vault_id) DO UPDATE"
                " SET key_id = excluded.key_id, model = excluded.model, sealed = excluded.sealed",
                (vault_id, key.id, str(model), sealed),
            )

    def read_many(self, vault_ids: Sequence[str]) -> dict[str, StoredFace]:
        """The faces that are kept; somebody whose key was forgotten is not among them.

        Raises ChangedTemplate, which names every bad one among `vault_ids`, and ChangedKey.
        """
        keys = self._keys.of_many(vault_ids)
        faces: dict[str, StoredFace] = {}
        changed: list[str] = []
        for line in self._lines(vault_ids):
            key = keys.get(line.vault_id)
            if key is None or key.id != line.key_id:
                continue  # left over from before forgetting, or put back from an old copy
            face = _opened(line, key)
            if face is None:
                changed.append(line.vault_id)
            else:
                faces[line.vault_id] = face
        if changed:
            raise ChangedTemplate(changed)
        return faces

    def forget(self, vault_id: str) -> None:
        """The key first: from then on no copy of the template, wherever it lies, can be read."""
        self._keys.forget(vault_id)
        with writing(self._store):
            self._store.execute("DELETE FROM template WHERE vault_id = ?", (vault_id,))
        empty_log(self._store)

    def close(self) -> None:
        self._keys.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lines(self, vault_ids: Sequence[str]) -> Iterator[_Line]:
        for some in portions(vault_ids):
            for row in self._store.execute(_OF_MANY, (some,)):
                yield _Line(*row)


def open_vault(settings: VaultSettings) -> Vault:
    """Makes absent stores. Raises WrongMasterKey; KeyFileError when the master key cannot be read."""
    master = load_secret(settings.master_key)
    keys = KeyStore.open(settings.keys, master, settings.master_key)
    return Vault(keys, open_store(settings.templates, _SCHEMA))


def _opened(line: _Line, key: PersonKey) -> StoredFace | None:
    nonce, content = line.sealed[:NONCE_BYTES], line.sealed[NONCE_BYTES:]
    try:
        model = ModelId(line.model)
        plain = AESGCM(key.secret).decrypt(nonce, content, _about(line.vault_id, model))
    except (InvalidTag, ValueError):
        return None
    return StoredFace(model, tuple(_unpacked(plain)))


def _about(vault_id: str, model: ModelId) -> bytes:
    return f"kaimen/template/v1\0{vault_id}\0{model}".encode()


def _packed(rows: Sequence[bytes]) -> bytes:
    return b"".join(_LENGTH.pack(len(row)) + row for row in rows)


def _unpacked(plain: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(plain):
        (length,) = _LENGTH.unpack_from(plain, at)
        at += _LENGTH.size
        yield plain[at : at + length]
        at += length
