"""What an enrolment keeps, who may see it, and how a refusal is said."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.session import reading, writing
from admin.db.tables.accounts import Audit
from admin.db.tables.jobs import Job
from admin.db.tables.people import Consent, ConsentText
from admin.security.permissions import Role
from admin.words import ENROL_FAULTS, EnrolFault
from tests.admin.conftest import NOON, Town, a_household, a_person

Login = Callable[..., FlaskClient]
PHOTO = b"a photo that may lie nowhere in clear " * 40


@pytest.fixture
def person(engine: Engine, town: Town) -> UUID:
    with writing(engine) as session:
        home = a_household(session, town.units["3-2"], "3-2-1201")
        return a_person(session, town.compound, "欧阳娜娜", home).id


@pytest.fixture
def neighbour(engine: Engine, town: Town) -> UUID:
    """Somebody of the other compound, whose face was sent."""
    with writing(engine) as session:
        home = a_household(session, town.other_unit, "1-1-101")
        person = a_person(session, town.other_compound, "邻居", home)
        put(session, NewJob(Queue.WORKER, JobKind.ENROL_FACE, f"person:{person.id}"), "process:test", NOON)
        return person.id


def newest(session_engine: Engine, kind: str) -> int:
    with reading(session_engine) as session:
        wordings = select(ConsentText.id).where(ConsentText.kind == kind)
        return session.scalars(wordings.order_by(ConsentText.text_version.desc())).first() or 0


def agree(desk: FlaskClient, engine: Engine, person: UUID) -> None:
    for kind in ("face", "central"):
        said = {"answer": "yes", "text": newest(engine, kind)}
        assert desk.post(f"/enrol/{person}/consent", data=said).status_code == 302


@pytest.mark.promise(5)
def test_a_consent_names_the_wording_in_force_and_its_witness(
    logged_in: Login, engine: Engine, town: Town, person: UUID
) -> None:
    with writing(engine) as session:
        session.add(ConsentText(kind="face", text_version=2, zh="新同意书", en="New wording", added_at=NOON))
    desk = logged_in(Role.STAFF, town.compound)
    assert "New wording" in desk.get(f"/enrol/{person}").text
    agree(desk, engine, person)
    with reading(engine) as session:
        kept = session.scalars(select(Consent).where(Consent.kind == "face")).one()
        assert session.get_one(ConsentText, kept.text_id).text_version == 2
        assert kept.witness_id is not None
        told = session.scalars(select(Audit.details).where(Audit.act == "consent_answered")).first()
    assert '"version":2' in str(told).replace(" ", "").replace("'", '"')


@pytest.mark.promise(9)
def test_a_photo_lies_nowhere_in_clear(
    logged_in: Login, engine: Engine, town: Town, person: UUID, tmp_path: Path
) -> None:
    desk = logged_in(Role.STAFF, town.compound)
    agree(desk, engine, person)
    photo = {"photo": (io.BytesIO(PHOTO), "ouyang-nana.jpg")}
    assert desk.post(f"/enrol/{person}/photo", data=photo).status_code == 302
    with reading(engine) as session:
        assert session.scalars(select(Job).where(Job.blob.is_not(None))).one().blob
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert PHOTO[:32] not in kept
    assert b"ouyang-nana" not in kept


@pytest.mark.promise(10)
def test_staff_of_one_compound_enrol_and_see_nobody_of_another(
    logged_in: Login, engine: Engine, town: Town, neighbour: UUID
) -> None:
    desk = logged_in(Role.STAFF, town.compound)
    for page in ("", "/progress", "/status", "/declined"):
        answer = desk.get(f"/enrol/{neighbour}{page}")
        assert (answer.status_code, "邻居" in answer.text) == (404, False), page
    assert "邻居" not in desk.get("/enrol/", query_string={"q": "邻"}).text
    said = {"answer": "yes", "text": newest(engine, "face")}
    photo = {"photo": (io.BytesIO(PHOTO), "face.jpg")}
    for act, sent in (("consent", said), ("photo", photo), ("withdraw", {})):
        assert desk.post(f"/enrol/{neighbour}/{act}", data=sent).status_code == 404, act
    with reading(engine) as session:
        assert session.scalars(select(Consent)).all() == []
        assert len(session.scalars(select(Job)).all()) == 1


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_every_refusal_of_a_photo_is_said_in_words(
    logged_in: Login, engine: Engine, town: Town, person: UUID, language: str
) -> None:
    with writing(engine) as session:
        job = put(session, NewJob(Queue.WORKER, JobKind.ENROL_FACE, f"person:{person}"), "process:test", NOON)
        job.state = "refused"
        job.result = json.dumps({"faults": [fault.value for fault in EnrolFault]})
    page = logged_in(Role.STAFF, town.compound, language).get(f"/enrol/{person}/progress").text
    remedies = page.split('class="km-remedies"')[1].split("</ul>")[0]
    assert remedies.count("<li>") == len(EnrolFault)
    assert [fault.value for fault in EnrolFault if f">{fault.value}<" in remedies] == []
    english = [str(words) for words in ENROL_FAULTS.values() if f"<li>{words}</li>" in remedies]
    assert len(english) == (len(EnrolFault) if language == "en" else 0)
