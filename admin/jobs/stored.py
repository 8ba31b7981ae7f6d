"""Reading many faces where one bad row must not keep everybody else waiting."""

from collections.abc import Sequence

import structlog

from admin.vault import ChangedTemplate, StoredFace, Vault

log = structlog.get_logger()


def readable(vault: Vault, vault_ids: Sequence[str]) -> dict[str, StoredFace]:
    """The faces that are kept and whole; those whose template was changed are counted in the log."""
    try:
        return vault.read_many(vault_ids)
    except ChangedTemplate as trouble:
        log.warning("templates changed", faces=len(trouble.vault_ids))
        bad = set(trouble.vault_ids)
        return vault.read_many([vault_id for vault_id in vault_ids if vault_id not in bad])
