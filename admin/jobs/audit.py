"""A compound's gates are measured on its own faces, and the report kept without names or templates.

Beside `enrol` the only file of the server that imports `enrollment`: templates never leave the worker.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from admin.db.calibration import MONTH_DAYS, Report, compound_of, keep
from admin.db.jobs import finish
from admin.db.session import reading, writing
from admin.db.tables import ConfusedBy, Confusion, Gate, GateState, Passage, Person
from admin.dispatch.roster import Draft, draft
from admin.jobs.stored import readable
from admin.jobs.task import WORKER, Ground, Task, still_ours
from admin.security.audit import Act, Detail, record
from admin.vault import Vault
from contracts.ids import GateId, ModelId, PersonId
from contracts.state import HealthV1
from contracts.wire import WireError
from contracts.words import Method, Outcome, Reason
from enrollment.audit import audit
from enrollment.doors import USUAL_TARGET_FPIR, Door

MONTH: Final = timedelta(days=MONTH_DAYS)


class NotMeasurable(Exception):
    """Why a compound cannot be measured at all: a code for the page."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class AuditGallery:
    """AUDIT_GALLERY. Done twice it measures twice; the later report stays."""

    def __init__(self, ground: Ground, vault: Vault) -> None:
        self._ground, self._vault = ground, vault

    def __call__(self, task: Task) -> None:
        compound = compound_of(task.subject)
        try:
            answer = measure(self._ground.engine, self._vault, compound, self._ground.now())
        except NotMeasurable as not_yet:
            answer = not_yet.fault
        with writing(self._ground.engine) as session:
            self._finish(session, task, compound, answer)

    def _finish(self, session: Session, task: Task, compound: int, answer: Report | str) -> None:
        row, now = still_ours(session, task), self._ground.now()
        if row is None:
            return
        if isinstance(answer, str):
            finish(row, "refused", {"faults": [answer]}, now)
            return
        keep(session, compound, answer, now)
        details: dict[str, Detail] = {"job": task.id, "asked_by": task.asked_by, "people": answer.people}
        record(session, WORKER, Act("gallery_audited", task.subject, details), now)
        finish(row, "done", {"faults": [], "people": answer.people}, now)


def measure(engine: Engine, vault: Vault, compound: int, now: datetime) -> Report:
    """The report of what the compound's gates know now. Raises NotMeasurable."""
    with reading(engine) as session:
        known = _known(session, compound, now)
    stored = readable(vault, list(known.vault_ids.values()))
    faces = {
        person: stored[vault_id].rows for person, vault_id in known.vault_ids.items() if vault_id in stored
    }
    try:
        report = audit(faces, known.model, known.doors, known.mistakes)
    except KeyError:
        raise NotMeasurable("unknown_model") from None
    return Report.model_validate(asdict(report))


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom the gates know by the model that most of them run, what they see, and how often they were wrong."""

    model: ModelId
    vault_ids: Mapping[PersonId, str]
    doors: tuple[Door, ...]
    mistakes: int


def _known(session: Session, compound: int, now: datetime) -> _Known:
    gates = session.execute(
        select(Gate, GateState)
        .join(GateState, GateState.gate_id == Gate.id)
        .where(Gate.compound_id == compound, Gate.revoked_at.is_(None))
        .order_by(Gate.id)
    ).all()
    drafts = [found for gate, _ in gates if (found := draft(session, GateId(gate.id), now)) is not None]
    if not drafts:
        raise NotMeasurable("no_gate")
    ((model, _),) = Counter(one.entry.model for one in drafts).most_common(1)
    drafts = [one for one in drafts if one.entry.model == model]
    seen = _strangers(session, [one.entry.id for one in drafts], now)
    states = {gate.id: (gate.added_at, _target(state)) for gate, state in gates}
    doors = [_door(one, seen.get(one.entry.id, 0), *states[one.entry.id], now) for one in drafts]
    vault_ids = {person: vault_id for one in drafts for person, vault_id in _faces(one).items()}
    return _Known(model, vault_ids, tuple(doors), _mistakes(session, compound))


def _faces(known: Draft) -> dict[PersonId, str]:
    return {one.id: one.face.vault_id for one in known.people if one.face is not None}


def _door(known: Draft, seen: int, added_at: datetime, target: float, now: datetime) -> Door:
    days = min(MONTH, max(timedelta(days=1), now - added_at)) / timedelta(days=1)
    return Door(known.entry.id, frozenset(_faces(known)), seen, round(days, 1), target)


def _strangers(session: Session, gates: Sequence[str], now: datetime) -> dict[str, int]:
    """Faces that came close and were nobody's, by gate, within a month."""
    rows = session.execute(
        select(Passage.gate_id, func.sum(Passage.times).label("seen"))
        .where(
            Passage.gate_id.in_(gates),
            Passage.at >= now - MONTH,
            Passage.outcome == Outcome.DENIED.value,
            Passage.reason == Reason.UNKNOWN.value,
            Passage.method == Method.FACE.value,
        )
        .group_by(Passage.gate_id)
    )
    return {row.gate_id: row.seen for row in rows}


def _mistakes(session: Session, compound: int) -> int:
    """How many passages staff marked as another's, and have not taken back."""
    marked = select(func.count()).select_from(Confusion).join(Person, Person.id == Confusion.person_id)
    return (
        session.scalar(
            marked.where(Person.compound_id == compound, Confusion.known_by == ConfusedBy.PASSAGE.value)
        )
        or 0
    )


def _target(state: GateState) -> float:
    """What the gate says it is set to, else the usual."""
    try:
        said = HealthV1.decode(state.health.encode()).target_fpir if state.health else None
    except WireError:
        said = None
    return said or USUAL_TARGET_FPIR
