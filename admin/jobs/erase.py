"""A person's passages are erased: whose they were, never that they were."""

from sqlalchemy.orm import Session

from admin.db.erasing import erase
from admin.db.jobs import finish
from admin.db.session import writing
from admin.db.tables import Compound, Person
from admin.jobs.task import WORKER, Ground, Task, still_ours
from admin.security.audit import Act, Detail, record


class Erase:
    """ERASE_PASSAGES. Done twice it erases what came in between; the audit entry is the receipt."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def __call__(self, task: Task) -> None:
        with writing(self._ground.engine) as session:
            self._finish(session, task)

    def _finish(self, session: Session, task: Task) -> None:
        row, now = still_ours(session, task), self._ground.now()
        if row is None:
            return
        person = session.get(Person, task.person)
        fault = _forbidden(session, person)
        if person is None or fault is not None:
            finish(row, "refused", {"faults": [fault or "no_person"]}, now)
            return
        done = erase(session, person, now)
        counts: dict[str, Detail] = {"passages": done.passages, "messages": done.messages}
        details = {"job": task.id, "asked_by": task.asked_by, **counts}
        record(session, WORKER, Act("passages_erased", task.subject, details), now)
        finish(row, "done", {"faults": [], "passages": done.passages}, now)


def _forbidden(session: Session, person: Person | None) -> str | None:
    if person is None:
        return "no_person"
    compound = session.get(Compound, person.compound_id)
    return "legal_hold" if compound is not None and compound.log_held_at is not None else None
