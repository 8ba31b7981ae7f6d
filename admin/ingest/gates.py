"""What gates say of themselves: alive or not, how they are, which roster they hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.revision import raise_revision
from admin.db.tables import Compound, Gate, GateState
from admin.ingest.answers import keep_answer
from admin.ingest.arrival import Taken
from contracts.ids import CompoundId, GateId
from contracts.manifest import HaveV1
from contracts.order import ResultV1
from contracts.state import HealthV1, StateV1
from contracts.words import GateStatus

HEALTH_EACH: Final = timedelta(seconds=2)  # gates report every 30 s; a flood costs no more than this
LONGEST_HEALTH: Final = 4000


@dataclass(frozen=True, slots=True)
class KnownGate:
    """A gate of the register, and the compound whose id its topics carry."""

    id: GateId
    compound_id: int
    compound: CompoundId


def known_gates(session: Session, ids: Iterable[GateId]) -> dict[GateId, KnownGate]:
    """Those of `ids` that are registered. A revoked gate's last words are still its own."""
    rows = session.execute(
        select(Gate.id, Gate.compound_id, Compound.wire_id)
        .join(Compound, Compound.place_id == Gate.compound_id)
        .where(Gate.id.in_(set(ids)))
    )
    gates = (KnownGate(GateId(row.id), row.compound_id, CompoundId(row.wire_id)) for row in rows)
    return {gate.id: gate for gate in gates}


def hear(session: Session, taken: Taken, now: datetime) -> bool:
    """Keeps a report. True where it was a birth: the gate should be told its receipt."""
    row = session.get(GateState, taken.address.gate)
    if row is None:
        row = GateState(gate_id=taken.address.gate, status=GateStatus.OFFLINE.value, connection=0)
        row.held_version = row.held_generation = 0
        session.add(row)
    match taken.content:
        case StateV1() as state:
            return _hear_state(session, row, state)
        case HealthV1():
            _hear_health(row, taken.arrival.payload, now)
        case HaveV1() as have:
            _hear_have(row, have, now)
        case ResultV1() as result:
            keep_answer(session, result, now)
        case _:
            raise TypeError("a link of the chain is recorded, not heard")
    return False


def is_news(row: GateState, state: StateV1) -> bool:
    """Whether a birth or will is about this gate's last connection or a later one.

    A will names the boot and connection it was made for, so the will of a connection that a newer birth has
    replaced is old; so is a birth that the broker kept and sends again.
    """
    if row.boot is None or row.boot == state.boot:
        return state.connection >= row.connection
    return row.born_at is None or state.at >= row.born_at


def _hear_state(session: Session, row: GateState, state: StateV1) -> bool:
    if not is_news(row, state):
        return False
    if row.model != state.model:
        raise_revision(session)  # a roster holds the templates of the model its gate runs
    row.status, row.boot, row.connection = state.status.value, state.boot, state.connection
    row.software, row.model = state.software, state.model
    if state.status is GateStatus.ONLINE:
        row.born_at = state.at
    return state.status is GateStatus.ONLINE


def _hear_health(row: GateState, payload: bytes, now: datetime) -> None:
    if row.health_at is not None and now - row.health_at < HEALTH_EACH:
        return
    if len(payload) <= LONGEST_HEALTH:
        row.health_at, row.health = now, payload.decode()


def _hear_have(row: GateState, have: HaveV1, now: datetime) -> None:
    row.held_generation, row.held_version = have.generation, have.version
    row.held_digest, row.trouble, row.held_at = have.digest, have.trouble, now
