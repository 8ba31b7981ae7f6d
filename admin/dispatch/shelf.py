"""Templates that rosters are made of, read from the vault once and kept in dispatch's memory alone.

Dispatch may read them anyway; whoever reads this memory has the keys beside them. What no draft names any more is let
go after each look at the register: a withdrawn consent empties its place here as it does in the rosters.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import structlog

from admin.dispatch.census import KnownFace
from admin.vault.errors import ChangedKey, ChangedTemplate
from admin.vault.templates import StoredFace

log = structlog.get_logger()


class Faces(Protocol):
    """The vault as dispatch sees it: it only reads."""

    def read_many(self, vault_ids: Sequence[str]) -> dict[str, StoredFace]: ...


class Shelf:
    """One thread. A face that was enrolled anew is read anew."""

    def __init__(self, faces: Faces) -> None:
        self._faces = faces
        self._read: dict[str, tuple[KnownFace, StoredFace]] = {}

    def of(self, wanted: Sequence[KnownFace]) -> Mapping[str, StoredFace]:
        """By vault id, what can be read of these."""
        missing = [face for face in wanted if not self._has(face)]
        stored = self._stored([face.vault_id for face in missing]) if missing else {}
        for face in missing:
            if face.vault_id in stored:
                self._read[face.vault_id] = face, stored[face.vault_id]
        return {face.vault_id: self._read[face.vault_id][1] for face in wanted if self._has(face)}

    def keep_only(self, vault_ids: Iterable[str]) -> None:
        """Lets go of all others."""
        self._read = {one: self._read[one] for one in vault_ids if one in self._read}

    def _has(self, face: KnownFace) -> bool:
        known = self._read.get(face.vault_id)
        return known is not None and known[0] == face

    def _stored(self, vault_ids: list[str]) -> dict[str, StoredFace]:
        """A changed template is left out and logged: its owner has a PIN, all others a face."""
        wanted = set(vault_ids)
        while True:
            try:
                return self._faces.read_many(sorted(wanted))
            except ChangedTemplate as changed:
                log.warning("templates changed in the vault", people=len(changed.vault_ids))
                wanted -= set(changed.vault_ids)
            except ChangedKey as changed:
                log.warning("key changed in the vault")
                wanted -= {changed.vault_id}
