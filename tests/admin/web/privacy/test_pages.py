"""How long the log is kept, legal hold, and erasing a person's passages."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.jobs import JobKind, arguments_of, finish
from admin.db.session import reading, writing
from admin.db.tables import Audit, Compound, Job, PartPurge
from admin.security.permissions import Role
from admin.settings import WebSettings
from tests.admin.conftest import NOON, Town
from tests.admin.web.rows import a_host, a_passage, a_visit

Login = Callable[..., FlaskClient]


@pytest.fixture
def host(engine: Engine, town: Town, web_settings: WebSettings) -> UUID:
    """Somebody with two passages and a visitor's, beside a stranger's."""
    with writing(engine) as session:
        host = a_host(session, town.compound, town.units["3-1"])
        visit = a_visit(session, web_settings, town.compound, host_id=host).visit
        for seq, columns in enumerate(
            ({"person_id": host}, {"person_id": host}, {"visit_id": visit.id}, {}), start=1
        ):
            a_passage(session, "gate-main", seq, **columns)
    return host


def acts(engine: Engine) -> list[tuple[str, str, str | None]]:
    with reading(engine) as session:
        return [
            (entry.act, entry.principal.split(":")[0], entry.purpose)
            for entry in session.scalars(select(Audit).order_by(Audit.seq))
            if entry.act.startswith(("log_", "erasure"))
        ]


def compound(engine: Engine, town: Town) -> Compound:
    with reading(engine) as session:
        return session.get_one(Compound, town.compound)


@pytest.mark.promise(12)
def test_a_manager_erases_a_persons_passages_knowing_how_many(
    town: Town, engine: Engine, host: UUID, logged_in: Login
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    page = browser.get(f"/residents/{host}").text
    assert "Erase 3 passages" in page
    assert "cannot be undone" in page
    assert browser.post(f"/privacy/people/{host}/erase").status_code == 302
    assert "Being erased" in browser.get(f"/residents/{host}").text
    assert acts(engine) == [("erasure_asked", "account", None)]
    with writing(engine) as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.ERASE_PASSAGES.value)).one()
        assert (job.subject, arguments_of(job)) == (f"person:{host}", {})
        finish(job, "done", {"faults": [], "passages": 3}, NOON)
    assert "3 erased" in browser.get(f"/residents/{host}").text


@pytest.mark.promise(10)
def test_staff_and_managers_elsewhere_erase_nothing(
    town: Town, engine: Engine, host: UUID, logged_in: Login
) -> None:
    staff = logged_in(Role.STAFF, town.compound)
    assert "Erase" not in staff.get(f"/residents/{host}").text
    assert staff.post(f"/privacy/people/{host}/erase").status_code == 403
    assert (
        logged_in(Role.MANAGER, town.other_compound).post(f"/privacy/people/{host}/erase").status_code == 404
    )
    assert acts(engine) == []


@pytest.mark.promise(12)
def test_retention_is_chosen_for_a_compound_and_audited(town: Town, engine: Engine, logged_in: Login) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    assert browser.post(f"/privacy/{town.compound}/days", data={"days": "7"}).status_code == 302
    assert browser.post(f"/privacy/{town.compound}/days", data={"days": "3650"}).status_code == 400
    assert compound(engine, town).log_days == 7
    assert acts(engine) == [("log_kept_for", "account", None)]
    assert '<option value="7" selected>' in browser.get("/privacy/").text


@pytest.mark.promise(12)
def test_a_legal_hold_says_why_and_stands_in_the_way_of_erasing(
    town: Town, engine: Engine, host: UUID, logged_in: Login
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    assert browser.post(f"/privacy/{town.compound}/hold", data={"why": "because"}).status_code == 400
    browser.post(f"/privacy/{town.compound}/hold", data={"why": "authority"})
    assert compound(engine, town).log_held_at == NOON
    assert "Legal hold since" in browser.get("/privacy/").text
    page = browser.get(f"/residents/{host}").text
    assert "nothing of it can be erased" in page
    assert "Erase these" not in page
    browser.post(f"/privacy/{town.compound}/lift")
    assert compound(engine, town).log_held_at is None
    assert acts(engine) == [("log_held", "account", "authority"), ("log_released", "account", None)]


@pytest.mark.promise(10)
@pytest.mark.parametrize("act", ["days", "hold", "lift"])
def test_another_compounds_log_is_not_ones_own_to_keep(town: Town, logged_in: Login, act: str) -> None:
    data = {"days": "7", "why": "authority"}
    elsewhere = logged_in(Role.MANAGER, town.other_compound)
    assert elsewhere.post(f"/privacy/{town.compound}/{act}", data=data).status_code == 404
    assert logged_in(Role.STAFF, town.compound).post(f"/privacy/{town.compound}/{act}").status_code == 403


@pytest.mark.promise(10)
def test_a_building_does_not_decide_for_its_compound(town: Town, logged_in: Login) -> None:
    part = logged_in(Role.MANAGER, town.units["3-1"])
    assert part.get("/privacy/").status_code == 404
    assert part.post(f"/privacy/{town.compound}/days", data={"days": "7"}).status_code == 404


@pytest.mark.promise(12)
def test_what_was_removed_is_listed_as_numbers(town: Town, engine: Engine, logged_in: Login) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    assert "Nothing was removed yet" in browser.get("/privacy/").text
    place = {"gate_id": "gate-main", "epoch": "e", "first": 2, "last": 8, "at": NOON}
    with writing(engine) as session:
        session.add_all(PartPurge(part=part, why="expired", **place) for part in ("who", "what"))
        session.add(PartPurge(part="who", why="erased", **place))
    page = browser.get("/privacy/").text
    assert page.count("<td>7</td>") == 2
    assert "Older than they are kept" in page
    assert "Nothing was removed yet" in logged_in(Role.MANAGER, town.other_compound).get("/privacy/").text
