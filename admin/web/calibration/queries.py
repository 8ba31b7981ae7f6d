"""A compound's last report, joined with the names and gates that the caller may see."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from admin.db.calibration import Door, Last, OutlierKind, Report, last, subject_of
from admin.db.jobs import JobKind, result_of
from admin.db.tables.confusions import Confusion
from admin.db.tables.gates import Gate, GateState
from admin.db.tables.jobs import Job
from admin.db.tables.people import Face, Person
from admin.db.tables.places import Place
from admin.security.scope import Scope
from admin.web.gates.standing import standing
from admin.web.residents.queries import in_scope
from contracts.ids import PersonId

WAITS = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last time a report was asked for. `fault` is a code where none came of it."""

    job: int
    state: str
    since: datetime
    fault: str | None

    @property
    def waits(self) -> bool:
        return self.state in WAITS


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of a report. `asked`: gates ask this face for a second credential."""

    id: UUID
    name: str
    asked: bool


@dataclass(frozen=True, slots=True)
class PairLine:
    """Two people who lie near each other; somebody outside the scope, or gone since, is None."""

    first: Someone | None
    second: Someone | None
    distance: float
    near: bool
    marked: bool

    @property
    def asked(self) -> bool:
        """Whether gates ask both for a second credential: each as a look-alike, or both as a pair staff named."""
        return self.marked or all(one is None or one.asked for one in (self.first, self.second))


@dataclass(frozen=True, slots=True)
class OutlierLine:
    """Somebody to enrol again."""

    person: Someone | None
    kind: OutlierKind
    other: Someone | None
    distance: float | None
    own: float | None


@dataclass(frozen=True, slots=True)
class DoorLine:
    """A gate as measured, and the distance that the gate itself says it runs; None where it has not said."""

    name: tuple[str, str]  # Chinese, English
    measured: Door
    runs: float | None


def compounds(session: Session, scope: Scope) -> list[Place]:
    """Compounds that lie inside the scope whole: a report is about everybody in one."""
    inside = select(Place).where(Place.kind == "compound", Place.id.in_(scope.places))
    return list(session.scalars(inside.order_by(Place.id)))


def newest(session: Session, scope: Scope, compound: int) -> Last | None:
    """The last report of a compound inside the scope."""
    known = {place.id for place in compounds(session, scope)}
    return last(session, compound) if compound in known else None


def attempt(session: Session, compound: int) -> Attempt | None:
    """None where nobody, and no night, has asked yet."""
    asked = select(Job).where(Job.subject == subject_of(compound), Job.kind == JobKind.AUDIT_GALLERY.value)
    job = session.scalars(asked.order_by(Job.id.desc()).limit(1)).first()
    if job is None:
        return None
    return Attempt(job.id, job.state, job.done_at or job.made_at, _fault(job))


def pairs(session: Session, scope: Scope, report: Report) -> list[PairLine]:
    """The closest first; pairs of which the caller may see nobody are left out."""
    closest, near = report.likeness.closest, report.likeness.near
    people = _people(session, scope, {one for pair in closest for one in (pair.first, pair.second)})
    marked = _marked(session, [one.id for one in people.values()])
    lines = [
        PairLine(
            people.get(one.first),
            people.get(one.second),
            one.distance,
            one.distance <= near,
            frozenset((one.first, one.second)) in marked,
        )
        for one in closest
    ]
    return [line for line in lines if line.first or line.second]


def outliers(session: Session, scope: Scope, report: Report) -> list[OutlierLine]:
    """Whom the caller may see and enrol again."""
    found = report.likeness.outliers
    people = _people(session, scope, {one for line in found for one in (line.person, line.other) if one})
    return [
        OutlierLine(
            people[one.person],
            one.kind,
            people.get(one.other) if one.other else None,
            one.distance,
            one.own,
        )
        for one in found
        if one.person in people
    ]


def doors(session: Session, scope: Scope, report: Report, now: datetime) -> list[DoorLine]:
    """The gates of the report that are still there, in its order."""
    rows = session.execute(
        select(Gate, GateState)
        .outerjoin(GateState, GateState.gate_id == Gate.id)
        .where(Gate.id.in_(scope.gates), Gate.revoked_at.is_(None))
    )
    known = {gate.id: (gate, standing(state, now).health) for gate, state in rows}
    lines: list[DoorLine] = []
    for door in report.doors:
        if door.gate in known:
            gate, health = known[door.gate]
            lines.append(DoorLine((gate.name_zh, gate.name_en), door, health.distance if health else None))
    return lines


def _people(session: Session, scope: Scope, wanted: Collection[PersonId]) -> dict[PersonId, Someone]:
    rows = session.execute(
        select(Person.wire_id, Person.id, Person.name, Face.look_alike)
        .outerjoin(Face, Face.person_id == Person.id)
        .where(Person.wire_id.in_(wanted), in_scope(scope))
    )
    return {PersonId(row.wire_id): Someone(row.id, row.name, bool(row.look_alike)) for row in rows}


def _marked(session: Session, people: Collection[UUID]) -> set[frozenset[PersonId]]:
    """The pairs that gates are told of as easily taken for each other."""
    one, other = aliased(Person), aliased(Person)
    rows = session.execute(
        select(one.wire_id.label("first"), other.wire_id.label("second"))
        .select_from(Confusion)
        .join(one, one.id == Confusion.person_id)
        .join(other, other.id == Confusion.other_id)
        .where(Confusion.person_id.in_(people), Confusion.other_id.in_(people))
    )
    return {frozenset((PersonId(row.first), PersonId(row.second))) for row in rows}


def _fault(job: Job) -> str | None:
    result = result_of(job)
    faults = result.get("faults")
    if job.state == "refused" and isinstance(faults, list) and faults:
        return str(faults[0])
    return "trouble" if job.state == "failed" else None
