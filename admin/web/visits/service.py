"""Making and cancelling passes: for the desk, for residents, and for the demonstration."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.revision import raise_revision
from admin.db.tables.gates import Gate
from admin.db.tables.people import Membership
from admin.db.tables.places import Household, Place
from admin.db.tables.visits import Visit, VisitGate
from admin.security.audit import Act, record
from admin.security.principals import Principal, PrincipalKind
from admin.web.residents.queries import find_person
from admin.web.visits.passes import Seals, Secret
from admin.web.visits.queries import visible
from admin.web.visits.windows import FURTHEST, LONGEST
from contracts.ids import PassId
from contracts.pass_token import MOST_GATES

MOST_USES: Final = 255


class VisitFault(StrEnum):
    """Why no pass was made."""

    BACKWARDS = "backwards"  # it ends before it begins
    OVER = "over"  # it would have ended already
    TOO_LONG = "too_long"
    TOO_FAR = "too_far"  # it would begin too far ahead
    USES = "uses"
    NO_NAME = "no_name"
    OUT_OF_SCOPE = "out_of_scope"  # compound, host or gate is not the maker's to name


@dataclass(frozen=True, slots=True)
class NewVisit:
    """A pass wanted. No gates: those on the way to the host's home, the compound's entrance first."""

    compound_id: int
    visitor: str
    since: datetime
    until: datetime
    uses: int = 2  # in and out
    host_id: UUID | None = None
    gates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MadeVisit:
    """A pass made, and the secret of its link, which only the link shows in clear."""

    visit: Visit
    secret: Secret = field(repr=False)


def make_visit(
    session: Session, by: Principal, new: NewVisit, seals: Seals, now: datetime
) -> MadeVisit | VisitFault:
    """Adds the pass, asks dispatch to sign it, raises the rosters' revision; all in the caller's transaction."""
    fault = _fault(new, now) or _out_of_scope(session, by, new, now)
    if fault is not None:
        return fault
    secret, home = Secret.fresh(), _home(session, new.host_id, now)
    visit = _row(new, secret, seals, now)
    visit.household_id = home[0] if home else None
    visit.made_by = int(by.id) if by.kind is PrincipalKind.ACCOUNT else None
    session.add(visit)
    session.flush()
    gates = new.gates or _on_the_way(session, new.compound_id, home[1] if home else None)
    for position, gate in enumerate(gates):
        session.add(VisitGate(visit_id=visit.id, gate_id=gate, position=position))
    put(session, NewJob(Queue.DISPATCH, JobKind.SIGN_PASS, f"visit:{visit.id}"), str(by), now)
    raise_revision(session)
    record(session, by, Act("visit_made", f"visit:{visit.id}", {"uses": new.uses, "gates": len(gates)}), now)
    return MadeVisit(visit, secret)


def cancel_visit(session: Session, by: Principal, visit_id: UUID, now: datetime) -> Visit | None:
    """The pass, cancelled now or before; None where the principal has no such pass."""
    visit = session.scalars(select(Visit).where(Visit.id == visit_id, visible(by.scope))).one_or_none()
    if visit is None or visit.cancelled_at is not None:
        return visit
    visit.cancelled_at = now
    raise_revision(session)
    record(session, by, Act("visit_cancelled", f"visit:{visit.id}"), now)
    return visit


def _fault(new: NewVisit, now: datetime) -> VisitFault | None:
    if not new.visitor.strip():
        return VisitFault.NO_NAME
    if new.since >= new.until:
        return VisitFault.BACKWARDS
    if new.until <= now:
        return VisitFault.OVER
    if new.until - new.since > LONGEST:
        return VisitFault.TOO_LONG
    if new.since > now + FURTHEST:
        return VisitFault.TOO_FAR
    return None if 1 <= new.uses <= MOST_USES else VisitFault.USES


def _out_of_scope(session: Session, by: Principal, new: NewVisit, now: datetime) -> VisitFault | None:
    allowed = session.scalar(
        select(Place.id).where(Place.id == new.compound_id, Place.id.in_(by.scope.compounds))
    )
    if allowed is None or not _host_fits(session, by, new):
        return VisitFault.OUT_OF_SCOPE
    gates = select(Gate.id).where(
        Gate.id.in_(new.gates), Gate.compound_id == new.compound_id, Gate.revoked_at.is_(None)
    )
    known = len(session.scalars(gates).all()) == len(new.gates) <= MOST_GATES
    return None if known and _reaches(session, by, new, now) else VisitFault.OUT_OF_SCOPE


def _host_fits(session: Session, by: Principal, new: NewVisit) -> bool:
    if by.scope.person_id is not None and new.host_id != by.scope.person_id:
        return False
    if new.host_id is None:
        return True
    host = find_person(session, by.scope, new.host_id)
    return host is not None and host.compound_id == new.compound_id and host.left_at is None


def _reaches(session: Session, by: Principal, new: NewVisit, now: datetime) -> bool:
    """Over the whole compound any of its gates; else a host's guests, at gates on the way to the host alone."""
    whole = select(Place.id).where(Place.id == new.compound_id, Place.id.in_(by.scope.places))
    if by.scope.person_id is None and session.scalar(whole) is not None:
        return True
    home = _home(session, new.host_id, now)
    return home is not None and set(new.gates) <= set(_on_the_way(session, new.compound_id, home[1]))


def _row(new: NewVisit, secret: Secret, seals: Seals, now: datetime) -> Visit:
    return Visit(
        id=uuid4(),
        pass_id=PassId.random(),
        compound_id=new.compound_id,
        host_id=new.host_id,
        visitor=new.visitor.strip(),
        since=new.since,
        until=new.until,
        uses=new.uses,
        link_hash=secret.hash,
        link_sealed=secret.sealed_link(seals),
        pin_sealed=secret.sealed_pin(seals),
        made_at=now,
    )


def _home(session: Session, host: UUID | None, now: datetime) -> tuple[int, str] | None:
    """The host's household and the path of its unit."""
    row = session.execute(
        select(Household.id, Place.path)
        .join(Membership, Membership.household_id == Household.id)
        .join(Place, Place.id == Household.unit_id)
        .where(Membership.person_id == host, or_(Membership.until.is_(None), Membership.until > now))
        .order_by(Membership.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.id, row.path)


def _on_the_way(session: Session, compound_id: int, unit_path: str | None) -> list[str]:
    """Named one by one, so that the first can let the visitor in while it is cut off; none where they are too many."""
    question = (
        select(Gate.id)
        .join(Place, Place.id == Gate.place_id)
        .where(Gate.compound_id == compound_id, Gate.revoked_at.is_(None))
        .order_by(func.length(Place.path), Gate.added_at, Gate.id)
    )
    if unit_path is not None:
        question = question.where(literal(unit_path).startswith(Place.path))
    gates = list(session.scalars(question))
    return gates if len(gates) <= MOST_GATES else []
