"""Acts at the live board."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from admin.security.audit import Act, record
from admin.security.principals import Principal, PrincipalKind
from admin.web.desk.queries import find_alarm


def see_alarm(session: Session, by: Principal, alarm_id: UUID, now: datetime) -> bool:
    """Takes an alarm off the board for everybody; False where it is not in the caller's scope."""
    alarm = find_alarm(session, by.scope, alarm_id)
    if alarm is None:
        return False
    if alarm.seen_at is None:
        alarm.seen_at = now
        alarm.seen_by = int(by.id) if by.kind is PrincipalKind.ACCOUNT else None
        record(session, by, Act("alarm_seen", f"alarm:{alarm.id}", {"kind": alarm.kind}), now)
    return True
