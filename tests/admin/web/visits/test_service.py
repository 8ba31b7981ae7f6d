"""Passes: who can make which, and what making and cancelling one leaves behind."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select

from admin.db.revision import revision
from admin.db.session import reading, writing
from admin.db.tables.accounts import Audit
from admin.db.tables.jobs import Job
from admin.db.tables.places import Place
from admin.db.tables.visits import Visit, VisitGate
from admin.security.keys import load_sealing_key
from admin.security.permissions import Role
from admin.settings import WebSettings
from admin.web.visits import queries
from admin.web.visits.passes import PIN, Secret, VisitState, hash_of, open_link
from admin.web.visits.service import MadeVisit, NewVisit, VisitFault, cancel_visit, make_visit
from contracts.sealing import unseal
from tests.admin.conftest import NOON, Town
from tests.admin.web.rows import HOUR, a_host, a_visit, another_gate, resident, seals, staff

FAR_OFF = datetime.max.replace(tzinfo=UTC)  # what a browser's field takes: 9999-12-31


def test_a_pass_made_is_sealed_queued_for_signing_and_audited(
    engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        before = revision(session)
        made = a_visit(session, web_settings, town.compound)
    with reading(engine) as session:
        row = session.get_one(Visit, made.visit.id)
        job = session.scalars(select(Job)).one()
        assert (job.queue, job.kind, job.subject) == ("dispatch", "sign_pass", f"visit:{row.id}")
        assert revision(session) == before + 1
        assert session.scalars(select(Audit.act)).all() == ["visit_made"]
        assert row.link_hash == hash_of(made.secret.text)
        assert open_link(row.link_sealed, load_sealing_key(web_settings.own_keys / "web.key")) == made.secret
        dispatch = load_sealing_key(web_settings.own_keys.parent / "keys-dispatch" / "dispatch.key")
        assert unseal(dispatch, PIN, row.pin_sealed).decode() == made.secret.pin


def test_a_pin_follows_from_the_link_and_has_eight_digits() -> None:
    secret = Secret("the word in a link")
    assert secret.pin == Secret("the word in a link").pin
    assert len(secret.pin) == 8
    assert secret.pin.isdigit()


def test_a_secret_is_in_no_representation(engine: Engine, web_settings: WebSettings, town: Town) -> None:
    with writing(engine) as session:
        made = a_visit(session, web_settings, town.compound)
        assert made.secret.text not in repr(made)
        assert made.secret.text not in repr(made.secret)


def test_a_pass_without_gates_names_those_on_the_way_to_the_host(
    engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        far = another_gate(session, town.compound, "gate-far")
        far.place_id = town.units["5-1"]
        near = another_gate(session, town.compound, "gate-near")
        near.place_id = town.units["3-1"]
        host = a_host(session, town.compound, town.units["3-1"])
        made = a_visit(session, web_settings, town.compound, host_id=host)
        gates = select(VisitGate.gate_id).where(VisitGate.visit_id == made.visit.id)
        assert session.scalars(gates.order_by(VisitGate.position)).all() == ["gate-main", "gate-near"]
        assert made.visit.household_id is not None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"visitor": "  "}, VisitFault.NO_NAME),
        ({"until": NOON - HOUR}, VisitFault.BACKWARDS),
        ({"since": NOON - 2 * HOUR, "until": NOON - HOUR}, VisitFault.OVER),
        ({"until": NOON + timedelta(days=32)}, VisitFault.TOO_LONG),
        ({"since": FAR_OFF - HOUR, "until": FAR_OFF}, VisitFault.TOO_FAR),
        ({"uses": 0}, VisitFault.USES),
        ({"uses": 256}, VisitFault.USES),
        ({"gates": ("gate-nowhere",)}, VisitFault.OUT_OF_SCOPE),
        ({"host_id": uuid4()}, VisitFault.OUT_OF_SCOPE),
    ],
)
def test_a_pass_that_makes_no_sense_is_not_made(
    engine: Engine, web_settings: WebSettings, town: Town, changed: dict[str, object], fault: VisitFault
) -> None:
    wanted = {"visitor": "刘晓彤", "since": NOON, "until": NOON + HOUR, **changed}
    with writing(engine) as session:
        new = NewVisit(town.compound, **wanted)  # type: ignore[arg-type]
        assert make_visit(session, staff(session), new, seals(web_settings), NOON) is fault
        assert session.scalars(select(Job)).all() == []


@pytest.mark.promise(10)
def test_staff_of_one_compound_make_and_see_no_pass_of_another(
    engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        made = a_visit(session, web_settings, town.compound)
        stranger = staff(session, town.other_compound)
        new = NewVisit(town.compound, "刘晓彤", NOON, NOON + HOUR)
        assert make_visit(session, stranger, new, seals(web_settings), NOON) is VisitFault.OUT_OF_SCOPE
        assert queries.current(session, stranger.scope, NOON).lines == []
        assert queries.one(session, stranger.scope, made.visit.id) is None
        assert cancel_visit(session, stranger, made.visit.id, NOON) is None


@pytest.mark.promise(10)
def test_the_guard_of_one_building_lets_guests_of_that_building_in_and_opens_no_other_gate(
    engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-own").place_id = town.units["3-1"]
        another_gate(session, town.compound, "gate-other").place_id = town.units["5-1"]
        host = a_host(session, town.compound, town.units["3-1"])
        stranger = a_host(session, town.compound, town.units["5-1"], "李秀英", "5-1-0402")
        guard = staff(session, session.get_one(Place, town.units["3-1"]).parent_id, Role.GUARD)
        refused = (
            NewVisit(town.compound, "刘晓彤", NOON, NOON + HOUR),
            NewVisit(town.compound, "刘晓彤", NOON, NOON + HOUR, gates=("gate-other",)),
            NewVisit(town.compound, "刘晓彤", NOON, NOON + HOUR, host_id=stranger),
            NewVisit(town.compound, "刘晓彤", NOON, NOON + HOUR, host_id=host, gates=("gate-other",)),
        )
        for new in refused:
            assert make_visit(session, guard, new, seals(web_settings), NOON) is VisitFault.OUT_OF_SCOPE
        new = NewVisit(town.compound, "刘晓彤", NOON, NOON + HOUR, host_id=host)
        made = make_visit(session, guard, new, seals(web_settings), NOON)
        assert isinstance(made, MadeVisit)
        assert queries.one(session, guard.scope, made.visit.id) is not None


@pytest.mark.promise(10)
def test_a_resident_invites_for_oneself_and_sees_only_the_own_household(
    engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        host = a_host(session, town.compound, town.units["3-1"])
        neighbour = a_host(session, town.compound, town.units["3-2"], "李秀英", "3-2-0402")
        theirs = a_visit(session, web_settings, town.compound, host_id=neighbour)
        me = resident(session, town.compound, host)
        for_neighbour = NewVisit(town.compound, "刘晓彤", NOON, NOON + HOUR, host_id=neighbour)
        assert make_visit(session, me, for_neighbour, seals(web_settings), NOON) is VisitFault.OUT_OF_SCOPE
        own = NewVisit(town.compound, "刘晓彤", NOON, NOON + HOUR, host_id=host)
        made = make_visit(session, me, own, seals(web_settings), NOON)
        assert isinstance(made, MadeVisit)
        assert [line.id for line in queries.current(session, me.scope, NOON).lines] == [made.visit.id]
        assert cancel_visit(session, me, theirs.visit.id, NOON) is None


def test_a_pass_is_cancelled_once(engine: Engine, web_settings: WebSettings, town: Town) -> None:
    with writing(engine) as session:
        made, by = a_visit(session, web_settings, town.compound), staff(session)
        before = revision(session)
        for _ in range(2):
            cancelled = cancel_visit(session, by, made.visit.id, NOON)
            assert cancelled is not None
            assert cancelled.cancelled_at == NOON
        assert revision(session) == before + 1
        line = queries.one(session, by.scope, made.visit.id)
        assert line is not None
        assert line.state(NOON) is VisitState.CANCELLED


def test_lists_of_passes_go_on_where_the_page_before_ended(
    engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        for number in range(queries.PAGE + 3):
            a_visit(session, web_settings, town.compound, until=NOON + HOUR + timedelta(minutes=number // 2))
        scope = staff(session).scope
        first = queries.current(session, scope, NOON)
        assert first.earlier is not None
        rest = queries.current(session, scope, NOON, first.earlier)
        assert rest.earlier is None
        ids = [line.id for line in (*first.lines, *rest.lines)]
        assert len(ids) == len(set(ids)) == queries.PAGE + 3
        assert queries.past(session, scope, NOON + 5 * HOUR).lines[0].id == ids[0]
