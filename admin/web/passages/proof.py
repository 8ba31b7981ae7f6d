"""Whether a row still is the link its gate sent. Pure."""

from enum import StrEnum

from admin.db.reading import reads_as_committed
from admin.db.tables.passages import Passage
from contracts.chain import commitment, link_hash
from contracts.ids import EpochId


class Proof(StrEnum):
    """What recomputing a row's link shows."""

    WHOLE = "whole"
    ERASED = "erased"  # the person was forgotten; the commitment still holds the chain together
    EXPIRED = "expired"  # older than it is kept: what happened was removed as well
    BROKEN = "broken"


def proof(row: Passage) -> Proof:
    """BROKEN where the hash is not the link's, a text not its commitment's, or a column says something else."""
    made = link_hash(EpochId(row.epoch), row.seq, row.previous, row.who_commitment, row.what_commitment)
    parts = (
        (row.who_commitment, row.who_salt, row.who_text),
        (row.what_commitment, row.what_salt, row.what_text),
    )
    if made != row.hash or not all(_holds(*part) for part in parts):
        return Proof.BROKEN
    if not reads_as_committed(row):
        return Proof.BROKEN
    if row.what_text is None:
        return Proof.EXPIRED
    return Proof.WHOLE if row.who_text is not None else Proof.ERASED


def _holds(committed: str, salt: bytes | None, text: bytes | None) -> bool:
    if salt is None or text is None:
        return salt is None and text is None
    return commitment(salt, text.decode()) == committed
