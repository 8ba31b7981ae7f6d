"""The audit trail: written in the transaction of what it records, each entry naming the hash of the one before."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.tables.accounts import Audit, AuditHead
from admin.security.principals import Principal

NOTHING_BEFORE = "0" * 64
HEAD = 1
Detail = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Act:
    """What was done to what. `subject` is "person:ID"; `details` hold ids and codes, never names or numbers."""

    name: str
    subject: str
    details: Mapping[str, Detail] | None = None
    purpose: str | None = None


def record(session: Session, by: Principal, act: Act, now: datetime) -> None:
    """Adds the entry; it is committed or rolled back with what it is about."""
    head = session.scalars(select(AuditHead).where(AuditHead.id == HEAD).with_for_update()).one_or_none()
    if head is None:
        head = AuditHead(id=HEAD, seq=0, hash=NOTHING_BEFORE)
        session.add(head)
    entry = Audit(
        seq=head.seq + 1,
        at=now,
        principal=str(by),
        act=act.name,
        subject=act.subject,
        details=json.dumps(dict(act.details or {}), sort_keys=True, separators=(",", ":")),
        purpose=act.purpose,
        previous=head.hash,
    )
    entry.hash = entry_hash(entry)
    head.seq, head.hash = entry.seq, entry.hash
    session.add(entry)
    session.flush()


def entry_hash(entry: Audit) -> str:
    """SHA-256 over every column but itself."""
    words = (
        str(entry.seq),
        entry.at.isoformat(),
        entry.principal,
        entry.act,
        entry.subject,
        entry.details,
        entry.purpose or "",
        entry.previous,
    )
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def first_bad_entry(session: Session) -> int | None:
    """The seq of the first entry that does not fit its hash or the one before; None where all fit."""
    previous, expected = NOTHING_BEFORE, 1
    for entry in session.scalars(select(Audit).order_by(Audit.seq)).yield_per(1000):
        if entry.seq != expected or entry.previous != previous or entry_hash(entry) != entry.hash:
            return entry.seq
        previous, expected = entry.hash, entry.seq + 1
    head = session.get(AuditHead, HEAD)
    return None if head is None or head.hash == previous else expected
