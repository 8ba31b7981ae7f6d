"""What people do with a message that was set aside. Each act is audited in the transaction that makes it."""

from datetime import datetime

from sqlalchemy.orm import Session

from admin.db.chain import discard
from admin.db.tables.passages import Quarantine
from admin.security.audit import Act, record
from admin.security.principals import Principal


def try_again(session: Session, by: Principal, message: Quarantine, now: datetime) -> None:
    """Ingest reads it once more: after an update, or once its gate is registered."""
    message.again = True
    record(session, by, _act("quarantine_again", message), now)


def delete(session: Session, by: Principal, message: Quarantine, now: datetime) -> None:
    """For good. The chain of its gate still verifies."""
    record(session, by, _act("quarantine_deleted", message), now)
    discard(session, [message], now)


def _act(name: str, message: Quarantine) -> Act:
    return Act(name, f"quarantine:{message.id}", {"gate": message.gate_id, "fault": message.fault})
