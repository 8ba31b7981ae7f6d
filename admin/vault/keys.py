"""A random 256-bit key per person, wrapped by the master key. Lies outside every backup of the templates:
forgetting a person's key makes the copies of their template in all backups unreadable."""

import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from admin.vault.errors import ChangedKey, WrongMasterKey
from admin.vault.store import empty_log, open_store, portions, writing

KEY_BITS = 256
NONCE_BYTES = 12
_CHECK = "-"  # the row that tells a wrong master key from a changed one; no vault id looks so
_SCHEMA = """
CREATE TABLE IF NOT EXISTS person_key (
    vault_id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    wrapped BLOB NOT NULL
) WITHOUT ROWID
"""
_OF_MANY = (
    "SELECT vault_id, key_id, wrapped FROM person_key WHERE vault_id IN (SELECT value FROM json_each(?))"
)


@dataclass(frozen=True, slots=True)
class PersonKey:
    """One person's key. `id` tells a key made after forgetting from the one before."""

    id: str
    secret: bytes = field(repr=False)


class KeyStore:
    """The wrapped keys. One instance serves one thread; several processes may hold one each."""

    def __init__(self, store: sqlite3.Connection, master: AESGCM) -> None:
        self._store, self._master = store, master

    @classmethod
    def open(cls, path: Path, master: bytes, master_key: Path) -> Self:
        """Raises WrongMasterKey; `master_key` is the file that `master` came from, to be named."""
        keys = cls(open_store(path, _SCHEMA), AESGCM(master))
        try:
            keys.of_or_new(_CHECK)
        except ChangedKey:
            keys.close()
            raise WrongMasterKey(master_key, path) from None
        return keys

    def of_or_new(self, vault_id: str) -> PersonKey:
        """The person's key, made and committed now where there is none; raises ChangedKey."""
        with writing(self._store):
            known = self.of_many([vault_id])
            if vault_id in known:
                return known[vault_id]
            key = PersonKey(secrets.token_hex(8), AESGCM.generate_key(KEY_BITS))
            self._store.execute(
                "INSERT INTO person_key VALUES (?, ?, ?)", (vault_id, key.id, self._wrap(vault_id, key))
            )
            return key

    def of_many(self, vault_ids: Sequence[str]) -> dict[str, PersonKey]:
        """The keys that are known; raises ChangedKey."""
        found: dict[str, PersonKey] = {}
        for some in portions(vault_ids):
            for vault_id, key_id, wrapped in self._store.execute(_OF_MANY, (some,)):
                found[vault_id] = self._unwrap(vault_id, key_id, wrapped)
        return found

    def forget(self, vault_id: str) -> None:
        """Removes the key from the file and from its log."""
        with writing(self._store):
            self._store.execute("DELETE FROM person_key WHERE vault_id = ?", (vault_id,))
        empty_log(self._store)

    def close(self) -> None:
        self._store.close()

    def _wrap(self, vault_id: str, key: PersonKey) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key.secret, _whose(vault_id, key.id))

    def _unwrap(self, vault_id: str, key_id: str, wrapped: bytes) -> PersonKey:
        try:
            secret = self._master.decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _whose(vault_id, key_id)
            )
        except (InvalidTag, ValueError):
            raise ChangedKey(vault_id) from None
        return PersonKey(key_id, secret)


def _whose(vault_id: str, key_id: str) -> bytes:
    return f"kaimen/person-key/v1\0{vault_id}\0{key_id}".encode()
