"""A face is forgotten: the key first, then the template, then every mention but the receipt."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from admin.db.jobs import finish
from admin.db.likeness import forget_likeness
from admin.db.revision import raise_revision
from admin.db.session import reading, writing
from admin.db.tables.people import Face, Person
from admin.jobs.task import WORKER, Ground, Task, still_ours
from admin.security.audit import Act, record
from admin.vault import Vault


class Forget:
    """FORGET_FACE. Done twice it forgets once; the audit entry is the receipt."""

    def __init__(self, ground: Ground, vault: Vault) -> None:
        self._ground, self._vault = ground, vault

    def __call__(self, task: Task) -> None:
        with reading(self._ground.engine) as session:
            person = session.get(Person, task.person)
        if person is not None:
            self._vault.forget(person.vault_id)
        with writing(self._ground.engine) as session:
            self._finish(session, task)

    def _finish(self, session: Session, task: Task) -> None:
        row = still_ours(session, task)
        if row is None:
            return
        now = self._ground.now()
        removed = session.execute(
            delete(Face).where(Face.person_id == task.person).returning(Face.person_id)
        ).all()
        forget_likeness(session, task.person)
        raise_revision(session)
        details = {"job": task.id, "asked_by": task.asked_by, "had_face": bool(removed)}
        record(session, WORKER, Act("face_forgotten", task.subject, details), now)
        finish(row, "done", {"faults": [], "had_face": bool(removed)}, now)
