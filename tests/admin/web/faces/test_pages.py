"""Enrolment at the desk: consent first, a sealed photo, a PIN for who declines, and forgetting."""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.jobs import JobKind
from admin.db.session import reading, writing
from admin.db.tables.accounts import Audit
from admin.db.tables.gates import GateState
from admin.db.tables.jobs import Job
from admin.db.tables.people import Consent, Face, Membership, Person
from admin.db.tables.places import Household
from admin.db.tables.server import Server
from admin.security.keys import load_sealing_key
from admin.security.permissions import Role
from admin.settings import WebSettings
from contracts.sealing import unseal
from tests.admin.conftest import a_roster

Login = Callable[..., FlaskClient]
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PHOTO = b"not really a photo; the worker says so"


def add(engine: Engine, town: Any, name: str, born: date | None = None) -> UUID:
    """Somebody who lives in 3-2-1201."""
    with writing(engine) as session:
        home = session.scalars(select(Household)).first() or Household(
            unit_id=town.units["3-2"], room="3-2-1201"
        )
        person = Person(
            compound_id=town.compound,
            wire_id=uuid4().hex,
            vault_id=uuid4().hex,
            name=name,
            born=born,
            added_at=NOON,
        )
        session.add_all([home, person])
        session.flush()
        session.add(Membership(person_id=person.id, household_id=home.id, role="owner", since=NOON))
        return person.id


@pytest.fixture
def person(engine: Engine, town: Any) -> UUID:
    return add(engine, town, "欧阳娜娜")


@pytest.fixture
def desk(logged_in: Login, town: Any) -> FlaskClient:
    return logged_in(Role.STAFF, town.compound)


def text_shown(desk: FlaskClient, person: UUID) -> str:
    found = re.search(r'name="text" value="(\d+)"', desk.get(f"/enrol/{person}").text)
    return found[1] if found else ""


def say(desk: FlaskClient, person: UUID, answer: str, **more: str) -> int:
    shown = {"answer": answer, "text": text_shown(desk, person), **more}
    return desk.post(f"/enrol/{person}/consent", data=shown).status_code


def agree(desk: FlaskClient, person: UUID, **more: str) -> None:
    assert [say(desk, person, "yes", **more) for _ in range(2)] == [302, 302]


def send(desk: FlaskClient, person: UUID, content: bytes = PHOTO, **more: str) -> int:
    photo = {"photo": (io.BytesIO(content), "face.jpg"), **more}
    return desk.post(f"/enrol/{person}/photo", data=photo).status_code


def jobs(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(Job.kind).order_by(Job.id)))


@pytest.mark.promise(5)
def test_a_photo_without_consent_is_not_kept(desk: FlaskClient, person: UUID, engine: Engine) -> None:
    assert send(desk, person) == 422
    assert say(desk, person, "yes") == 302
    assert send(desk, person) == 422
    assert jobs(engine) == []


@pytest.mark.promise(5)
def test_both_consents_are_asked_one_by_one_in_both_languages(
    desk: FlaskClient, person: UUID, engine: Engine
) -> None:
    page = desk.get(f"/enrol/{person}").text
    assert "同意书 face" in page
    assert "Consent face" in page
    assert page.count("btn btn-outline-secondary") == 2
    say(desk, person, "yes")
    assert "同意书 central" in desk.get(f"/enrol/{person}").text
    say(desk, person, "yes")
    assert 'type="file"' in desk.get(f"/enrol/{person}").text
    with reading(engine) as session:
        given = session.scalars(select(Consent).order_by(Consent.id)).all()
        assert [(one.kind, one.agreed, one.channel, one.witness_id) for one in given] == [
            ("face", True, "desk", 1),
            ("central", True, "desk", 1),
        ]
        assert session.scalars(select(Audit.act).where(Audit.subject == f"person:{person}")).all() == [
            "consent_answered",
            "consent_answered",
        ]


@pytest.mark.promise(9)
def test_a_photo_is_sealed_to_the_worker(
    desk: FlaskClient, person: UUID, engine: Engine, web_settings: WebSettings
) -> None:
    agree(desk, person)
    assert send(desk, person) == 302
    with reading(engine) as session:
        job = session.scalars(select(Job)).one()
    assert (job.queue, job.kind, job.subject) == ("worker", JobKind.ENROL_FACE.value, f"person:{person}")
    assert PHOTO not in (job.blob or b"")
    worker = load_sealing_key(web_settings.own_keys.parent / "keys-worker" / "worker.key")
    assert unseal(worker, "photo", job.blob or b"") == PHOTO


def test_an_empty_file_is_asked_for_again(desk: FlaskClient, person: UUID, engine: Engine) -> None:
    agree(desk, person)
    assert send(desk, person, b"") == 422
    assert desk.post(f"/enrol/{person}/photo").status_code == 422
    assert jobs(engine) == []


@pytest.mark.promise(4)
def test_who_declines_gets_a_pin_at_once(desk: FlaskClient, person: UUID, engine: Engine) -> None:
    answer = desk.post(
        f"/enrol/{person}/consent",
        data={"answer": "no", "text": text_shown(desk, person)},
        follow_redirects=True,
    )
    assert f'action="/residents/{person}/pin"' in answer.text
    assert "the same gates, the same hours" in answer.text
    assert desk.post(f"/residents/{person}/pin").status_code == 200
    with reading(engine) as session:
        assert session.scalars(select(Consent.agreed)).all() == [False]


@pytest.mark.promise(5)
def test_who_declines_the_second_consent_is_not_enrolled(
    desk: FlaskClient, person: UUID, engine: Engine
) -> None:
    say(desk, person, "yes")
    say(desk, person, "no")
    assert send(desk, person) == 422
    assert JobKind.ENROL_FACE.value not in jobs(engine)


@pytest.mark.promise(5)
def test_a_child_needs_a_guardian_of_the_same_home(
    desk: FlaskClient, person: UUID, engine: Engine, town: Any
) -> None:
    child = add(engine, town, "小明", date(2016, 5, 1))
    sister = add(engine, town, "小红", date(2010, 5, 1))
    page = desk.get(f"/enrol/{child}").text
    assert "欧阳娜娜" in page
    assert "小红" not in page
    assert say(desk, child, "yes") == 422
    assert say(desk, child, "yes", guardian=str(sister)) == 422
    assert say(desk, child, "yes", guardian=str(child)) == 422
    assert say(desk, child, "yes", guardian="nobody") == 400
    agree(desk, child, guardian=str(person))
    assert send(desk, child) == 302
    with reading(engine) as session:
        assert set(session.scalars(select(Consent.guardian_id))) == {person}


@pytest.mark.promise(5)
def test_a_child_may_decline_without_a_guardian(desk: FlaskClient, engine: Engine, town: Any) -> None:
    child = add(engine, town, "小明", date(2016, 5, 1))
    assert say(desk, child, "no") == 302


def test_a_wording_that_is_not_in_force_is_not_agreed_to(desk: FlaskClient, person: UUID) -> None:
    answer = desk.post(f"/enrol/{person}/consent", data={"answer": "yes", "text": "99"})
    assert answer.status_code == 422
    assert "The wording has changed" in answer.text


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_no_other_answer_is_an_answer(desk: FlaskClient, person: UUID, engine: Engine, answer: str) -> None:
    assert desk.post(f"/enrol/{person}/consent", data={"answer": answer, "text": "1"}).status_code == 400
    with reading(engine) as session:
        assert session.scalars(select(Consent)).all() == []


@pytest.mark.promise(5)
def test_a_consent_withdrawn_is_forgotten_everywhere(desk: FlaskClient, person: UUID, engine: Engine) -> None:
    agree(desk, person)
    page = desk.get(f"/residents/{person}").text
    assert f'action="/enrol/{person}/withdraw"' in page
    assert "on every gate" in page
    assert desk.post(f"/enrol/{person}/withdraw").status_code == 302
    assert jobs(engine) == [JobKind.FORGET_FACE.value]
    with reading(engine) as session:
        assert None not in set(session.scalars(select(Consent.withdrawn_at)))
        assert session.get_one(Server, 1).revision == 2
        last = session.scalars(select(Audit.act).order_by(Audit.seq.desc())).first()
        assert last == "consent_withdrawn"
    assert send(desk, person) == 422


def status(desk: FlaskClient, person: UUID) -> dict[str, Any]:
    return desk.get(f"/enrol/{person}/status").get_json()


def finish(engine: Engine, state: str, result: dict[str, object]) -> None:
    with writing(engine) as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.ENROL_FACE.value)).one()
        job.state, job.result, job.blob = state, json.dumps(result), None


def test_a_refused_photo_says_what_to_do_and_offers_another(
    desk: FlaskClient, person: UUID, engine: Engine
) -> None:
    agree(desk, person)
    send(desk, person)
    assert "is being looked at" in desk.get(f"/enrol/{person}/progress").text
    waiting = status(desk, person)
    finish(engine, "refused", {"faults": ["blurred", "from_a_newer_worker"]})
    page = desk.get(f"/enrol/{person}/progress").text
    assert "The face is blurred. Hold still." in page
    assert "Take another" in page
    assert "from_a_newer_worker" not in page
    assert status(desk, person)["mark"] != waiting["mark"]


def test_a_refused_photo_leaves_the_face_enrolled_before(
    desk: FlaskClient, person: UUID, engine: Engine
) -> None:
    agree(desk, person)
    send(desk, person)
    finish(engine, "refused", {"faults": ["blurred"]})
    with writing(engine) as session:
        session.add(Face(person_id=person, model="m", templates=1, enrolled_at=NOON))
    page = desk.get(f"/enrol/{person}/progress").text
    assert "Picture not used" in page
    assert "goes on opening the gates" in page
    assert "Not enrolled" not in page


def test_an_enrolled_photo_with_shut_eyes_is_remarked(
    desk: FlaskClient, person: UUID, engine: Engine
) -> None:
    agree(desk, person)
    send(desk, person)
    finish(engine, "done", {"faults": [], "remarks": ["eyes_closed"]})
    page = desk.get(f"/enrol/{person}/progress").text
    assert "The eyes look closed in this picture. A further look with open eyes helps." in page
    assert "The mouth is wide open" not in page


def test_a_further_look_is_asked_for_and_said(desk: FlaskClient, person: UUID, engine: Engine) -> None:
    agree(desk, person)
    assert "A further look" not in desk.get(f"/enrol/{person}?adds=1").text  # there is none yet
    with writing(engine) as session:
        session.add(Face(person_id=person, model="m", templates=1, enrolled_at=NOON))
    assert "replaces the face" in desk.get(f"/enrol/{person}").text
    assert "A further look" in desk.get(f"/enrol/{person}?adds=1").text
    send(desk, person, adds="1")
    assert jobs(engine) == [JobKind.ADD_LOOK.value]
    assert "1 look" in desk.get(f"/residents/{person}").text


def test_a_face_whose_consent_was_withdrawn_is_being_deleted(
    desk: FlaskClient, person: UUID, engine: Engine
) -> None:
    agree(desk, person)
    with writing(engine) as session:
        session.add(Face(person_id=person, model="m", templates=1, enrolled_at=NOON))
    desk.post(f"/enrol/{person}/withdraw")
    page = desk.get(f"/residents/{person}").text
    assert "Being deleted" in page
    assert "Enrol again" not in page


def test_gates_are_counted_as_they_learn_the_face(
    desk: FlaskClient, person: UUID, engine: Engine, town: Any
) -> None:
    agree(desk, person)
    send(desk, person)
    finish(engine, "done", {"faults": []})
    gate = town.gates[0]
    with writing(engine) as session:
        session.add(Face(person_id=person, model="m", templates=1, enrolled_at=NOON))
        session.add(GateState(gate_id=gate, held_version=4))
        session.add_all(
            [a_roster(gate, 4, made_at=NOON - timedelta(minutes=1)), a_roster(gate, 5, made_at=NOON)]
        )
    assert status(desk, person)["knowing"] == []
    assert "0 of 1" in desk.get(f"/enrol/{person}/progress").text
    with writing(engine) as session:
        session.get_one(GateState, gate).held_version = 5
    assert status(desk, person)["knowing"] == [gate]
    assert "1 of 1" in desk.get(f"/enrol/{person}/progress").text


def test_the_progress_of_nothing_is_not_there(desk: FlaskClient, person: UUID) -> None:
    assert desk.get(f"/enrol/{person}/progress").status_code == 404


def test_who_is_searched_and_the_newcomer_is_enrolled_next(
    desk: FlaskClient, person: UUID, town: Any
) -> None:
    assert f'href="/enrol/{person}"' in desk.get("/enrol/?q=欧阳").text
    typed = {"name": "新人", "unit": town.units["3-2"], "door": "101", "role": "owner", "enrol": "1"}
    assert desk.post("/residents/new", data=typed).headers["Location"].startswith("/enrol/")


@pytest.mark.promise(10)
def test_a_guard_enrols_nobody(logged_in: Login, person: UUID, town: Any) -> None:
    guard = logged_in(Role.GUARD, town.compound)
    assert guard.get(f"/enrol/{person}").status_code == 403
    assert guard.post(f"/enrol/{person}/withdraw").status_code == 403
