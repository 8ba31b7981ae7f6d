"""What people do with a message that was set aside. Each act is audited in the transaction that makes it."""

from datetime import datetime

from sqlalchemy.orm import Session

from admin.db.chain import discard, held_gates
from admin.db.tables.gates import Gate
from admin.db.tables.passages import Quarantine
from admin.security.audit import Act, record
from admin.security.principals import Principal


def try_again(session: Session, by: Principal, message: Quarantine, now: datetime) -> None:
    """Ingest reads it once more: after an update, or once its gate is registered."""
    message.again = True
    record(session, by, _act("quarantine_again", message), now)


def delete(session: Session, by: Principal, message: Quarantine, now: datetime) -> bool:
    """For good. The chain of its gate still verifies. False where a legal hold keeps it."""
    if session.scalar(held_gates().where(Gate.id == message.gate_id)) is not None:
        return False
    record(session, by, _act("quarantine_deleted", message), now)
    discard(session, [message], now)
    return True


def _act(name: str, message: Quarantine) -> Act:
    return Act(name, f"quarantine:{message.id}", {"gate": message.gate_id, "fault": message.fault})
