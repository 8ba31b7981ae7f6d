"""Gates at the server's door: who they are, their sealed roster, and one use of a pass at a time."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.db.revision import raise_revision
from admin.db.tables.gates import Gate, SealedRoster
from admin.db.tables.visits import PassClaim, Visit, VisitGate
from admin.security.audit import Act, record
from admin.security.permissions import GATE
from admin.security.principals import Principal, PrincipalKind
from admin.security.scope import Scope
from admin.web.visits.passes import Terms, VisitState
from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.words import Reason

BEARER: Final = "Bearer "
REFUSALS: Final = {
    VisitState.CANCELLED: Reason.CANCELLED,
    VisitState.ENDED: Reason.EXPIRED,
    VisitState.SPENT: Reason.SPENT,
    VisitState.NOT_YET: Reason.TOO_EARLY,
}


@dataclass(frozen=True, slots=True)
class Body:
    """A sealed roster, and a name for exactly these bytes: a row's are written once."""

    sealed: bytes = field(repr=False)
    etag: str


def gate_behind(session: Session, gate_id: str, authorization: str) -> Principal | None:
    """The gate whose credential this is; None where it is unknown, revoked or another's."""
    shown = hashlib.sha256(authorization.removeprefix(BEARER).encode()).hexdigest()
    gate = session.get(Gate, gate_id)
    fits = compare_digest(shown, gate.credential_hash if gate else "")
    if gate is None or not fits or gate.revoked_at is not None or not authorization.startswith(BEARER):
        return None
    return Principal(PrincipalKind.GATE, gate.id, Scope("-", gate_id=gate.id), GATE)


def roster(session: Session, scope: Scope, version: int) -> Body | None:
    """The sealed bytes of the caller's own roster; None also in the moment before a new one's whole is sealed."""
    row = session.execute(
        select(SealedRoster.id, SealedRoster.digest, SealedRoster.sealed).where(
            SealedRoster.gate_id.in_(scope.gates), SealedRoster.version == version
        )
    ).one_or_none()
    if row is None or row.sealed is None:
        return None
    return Body(row.sealed, f"{row.id}-{row.digest}")


def step(session: Session, scope: Scope, digest: str) -> bytes | None:
    """The sealed step from the caller's own roster with this digest to the next."""
    return session.scalar(
        select(SealedRoster.step)
        .where(SealedRoster.gate_id.in_(scope.gates), SealedRoster.step_from == digest)
        .order_by(SealedRoster.version.desc())
        .limit(1)
    )


def claim_use(session: Session, by: Principal, claim: ClaimV1, now: datetime) -> ClaimAnswerV1:
    """Takes one use where there is one. The caller's transaction is a writer's: two gates never share a use."""
    visit = _visit(session, by.scope, claim)
    if visit is None:
        return ClaimAnswerV1(id=claim.id, refused=Reason.FORGED)
    before = session.get(PassClaim, claim.id)
    if before is not None:
        mine = before.visit_id == visit.id and before.gate_id == by.scope.gate_id
        return ClaimAnswerV1(id=claim.id, refused=None if mine else Reason.FORGED)
    refused = _refusal(session, visit, claim, now)
    if refused is None:
        session.add(PassClaim(id=claim.id, visit_id=visit.id, gate_id=claim.gate, at=now))
        raise_revision(session)
        record(session, by, Act("pass_used", f"visit:{visit.id}"), now)
    return ClaimAnswerV1(id=claim.id, refused=refused)


def _visit(session: Session, scope: Scope, claim: ClaimV1) -> Visit | None:
    """A pass of the gate's own compound, locked until the answer is committed."""
    compound = select(Gate.compound_id).where(Gate.id.in_(scope.gates)).scalar_subquery()
    return session.scalars(
        select(Visit).where(Visit.pass_id == claim.pass_id, Visit.compound_id == compound).with_for_update()
    ).one_or_none()


def _refusal(session: Session, visit: Visit, claim: ClaimV1, now: datetime) -> Reason | None:
    """By the server's clock; the gate has judged by its own."""
    used = session.scalar(select(func.count()).where(PassClaim.visit_id == visit.id)) or 0
    terms = Terms(visit.since, visit.until, visit.uses, used, visit.cancelled_at is not None)
    state = terms.state(now)
    if state in REFUSALS:
        return REFUSALS[state]
    gates = session.scalars(select(VisitGate.gate_id).where(VisitGate.visit_id == visit.id)).all()
    return Reason.WRONG_GATE if gates and claim.gate not in gates else None
