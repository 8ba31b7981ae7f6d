"""Face templates at rest: each person's under a key of their own, kept in a second store.

Only the worker and dispatch import this. Nothing here knows a name: `vault_id` is random and never travels.
"""

from admin.vault.errors import ChangedKey, ChangedTemplate, VaultError, WrongMasterKey
from admin.vault.templates import StoredFace, Vault, open_vault

__all__ = [
    "ChangedKey",
    "ChangedTemplate",
    "StoredFace",
    "Vault",
    "VaultError",
    "WrongMasterKey",
    "open_vault",
]
