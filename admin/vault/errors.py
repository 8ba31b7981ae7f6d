"""What can go wrong in the vault. Messages hold random ids and file names, never a template or a key."""

from collections.abc import Sequence
from pathlib import Path

MOST_LISTED = 5


class VaultError(Exception):
    """Root of this package's errors."""


class WrongMasterKey(VaultError):
    """The master key file is not the one that this key store was made with."""

    def __init__(self, master_key: Path, keys: Path) -> None:
        super().__init__(
            f"The master key {master_key} does not open the key store {keys}. "
            "Put back the master key that belongs to it; a new one cannot read any template."
        )
        self.master_key, self.keys = master_key, keys


class ChangedKey(VaultError):
    """A person's key was changed since it was written."""

    def __init__(self, vault_id: str) -> None:
        super().__init__(
            f"The key of {vault_id} was changed since it was written. Forget the face, enrol again."
        )
        self.vault_id = vault_id


class ChangedTemplate(VaultError):
    """Templates that were changed since they were written, or moved to another person or model.

    `vault_ids` names all of those asked for, so that a caller can go on with the others.
    """

    def __init__(self, vault_ids: Sequence[str]) -> None:
        listed = ", ".join(vault_ids[:MOST_LISTED]) + (" …" if len(vault_ids) > MOST_LISTED else "")
        super().__init__(
            f"{len(vault_ids)} stored face(s) were changed since they were written: {listed}. "
            "Forget them, enrol the people again, and find out who wrote to the file."
        )
        self.vault_ids = tuple(vault_ids)
