"""What a gate says of its own orders is kept; of nobody else's."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables import GateOrder, Unsent
from admin.ingest.answers import keep_answer
from admin.security.permissions import Role
from contracts.ids import BootId, GateId
from contracts.order import OrderFault, OrderOutcome, ResultV1
from tests.admin.conftest import NOON, Town, an_account


@pytest.fixture
def order(engine: Engine, town: Town) -> UUID:
    with writing(engine) as session:
        guard = an_account("guard", Role.GUARD, town.compound)
        session.add(guard)
        session.flush()
        row = GateOrder(
            id=uuid4(),
            gate_id=town.gates[0],
            operation="open",
            reason="visitor",
            account_id=guard.id,
            asked_at=NOON,
            state="sent",
            sent_at=NOON,
        )
        session.add(row)
        session.flush()
        return row.id


def said(
    engine: Engine, order: UUID, *outcomes: tuple[OrderOutcome, OrderFault | None], gate: str = "gate-main"
) -> tuple[str, str | None]:
    with writing(engine) as session:
        for outcome, why in outcomes:
            result = ResultV1(
                gate=GateId(gate),
                order=order,
                boot=BootId("b1"),
                at=NOON,
                monotonic_ms=1,
                outcome=outcome,
                why=why,
            )
            keep_answer(session, result, NOON + timedelta(seconds=1))
    with reading(engine) as session:
        row = session.scalars(select(GateOrder).where(GateOrder.id == order)).one()
        return row.state, row.why


DONE = (OrderOutcome.DONE, None)
REPEATED = (OrderOutcome.REFUSED, OrderFault.REPEATED)


def test_a_refusal_is_kept_with_its_reason(engine: Engine, order: UUID) -> None:
    assert said(engine, order, (OrderOutcome.REFUSED, OrderFault.OTHER_BOOT)) == ("refused", "other_boot")


def test_an_opening_stands_whatever_a_copy_of_its_order_meets(engine: Engine, order: UUID) -> None:
    assert said(engine, order, DONE, REPEATED) == ("done", None)
    assert said(engine, order, REPEATED) == ("done", None)


def test_an_opening_whose_forged_copy_came_first_is_an_opening(engine: Engine, order: UUID) -> None:
    forged = (OrderOutcome.REFUSED, OrderFault.BAD_SIGNATURE)
    assert said(engine, order, forged, REPEATED) == ("refused", "bad_signature")
    assert said(engine, order, DONE) == ("done", None)


def test_a_late_answer_ends_a_silence(engine: Engine, order: UUID) -> None:
    with writing(engine) as session:
        row = session.scalars(select(GateOrder)).one()
        row.state, row.why = "unknown", Unsent.NO_ANSWER.value
    assert said(engine, order, (OrderOutcome.EXPIRED, None)) == ("expired", None)


def test_another_gate_answers_for_itself_alone(engine: Engine, order: UUID) -> None:
    assert said(engine, order, DONE, gate="gate-other") == ("sent", None)
