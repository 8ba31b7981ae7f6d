"""A sealed photo in, a template in the vault, a face in the register; end to end on a real database."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from admin.db.jobs import JobKind
from admin.db.revision import revision
from admin.db.session import reading, writing
from admin.db.tables import Audit, Confusion, Consent, ConsentText, Face, Person, Place
from admin.jobs.app import build
from admin.jobs.enrol import Enrol
from admin.jobs.task import Ground
from admin.jobs.worker import Worker
from admin.security.audit import first_bad_entry
from admin.security.keys import load_sealing_key
from enrollment.enrol import Eye, Studio, open_eye
from gate.vision.eye import SEARCH_PIXELS
from tests.faces import picture

House = Any
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def worker(house: House) -> Worker:
    return build(house.settings, house.engine, pause=lambda _: True)


def photo(name: str) -> bytes:
    return picture(name).read_bytes()


def face_of(house: House, person: object) -> Face | None:
    with reading(house.engine) as session:
        return session.get(Face, person)


def acts(house: House) -> list[tuple[str, str]]:
    with reading(house.engine) as session:
        assert first_bad_entry(session) is None
        return [(each.act, each.principal) for each in session.scalars(select(Audit).order_by(Audit.seq))]


def revision_of(house: House) -> int:
    with reading(house.engine) as session:
        return revision(session)


def test_a_resident_is_enrolled(house: House, worker: Worker) -> None:
    person = house.person()
    before = revision_of(house)
    number = house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    assert worker.step()
    row, result = house.job(number)
    assert (row.state, row.blob) == ("done", None)
    assert (result["faults"], result["remarks"], result["look_alike"]) == ([], [], False)
    assert result["quality"]["inter_eye_px"] == 116
    assert result["quality"]["eyes_open"] > 0.15
    face, stored = face_of(house, person), house.vault.read_many([house.vault_id(person)])
    assert face is not None
    (kept,) = stored.values()
    assert (face.model, face.templates, face.look_alike) == (str(kept.model), 1, False)
    assert len(kept.rows[0]) == 256 * 4
    assert revision_of(house) == before + 1
    assert acts(house) == [("face_enrolled", "process:worker")]


@pytest.mark.promise(9)
def test_neither_photo_nor_template_is_left_in_the_register(
    house: House, worker: Worker, tmp_path: Path
) -> None:
    person = house.person()
    house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    worker.step()
    (kept,) = house.vault.read_many([house.vault_id(person)]).values()
    with reading(house.engine) as session:
        texts = " ".join(session.scalars(select(Audit.details)))
    everything = b"".join(path.read_bytes() for path in tmp_path.glob("**/*.sqlite3*"))
    assert kept.rows[0][:16] not in everything
    assert "0." not in texts


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"hello", "not_a_picture"), (None, "unreadable")],
)
def test_a_bad_photo_is_refused_and_deleted(
    house: House, worker: Worker, content: bytes | None, code: str
) -> None:
    person = house.person()
    number = house.ask(JobKind.ENROL_FACE, person, content)
    assert worker.step()
    row, result = house.job(number)
    assert (row.state, row.blob, result) == ("refused", None, {"faults": [code]})
    assert face_of(house, person) is None
    assert house.vault.read_many([house.vault_id(person)]) == {}
    assert acts(house) == [("face_refused", "process:worker")]


def test_a_turned_face_is_refused_with_its_code(house: House, worker: Worker) -> None:
    number = house.ask(JobKind.ENROL_FACE, house.person(), photo("obama2.jpg"))
    worker.step()
    assert house.job(number)[1] == {"faults": ["turned"]}


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("more", "consents", "code"),
    [
        ({}, (), "no_face_consent"),
        ({}, ("face",), "no_central_consent"),
        ({"born": date(2016, 1, 1)}, ("face", "central"), "no_guardian_consent"),
        ({"left_at": NOON}, ("face", "central"), "person_left"),
    ],
)
def test_without_consent_no_template_is_made(
    house: House, worker: Worker, more: dict[str, object], consents: tuple[str, ...], code: str
) -> None:
    person = house.person(consents=consents, **more)
    number = house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    worker.step()
    row, result = house.job(number)
    assert (row.state, row.blob, result["faults"]) == ("refused", None, [code])
    assert house.vault.read_many([house.vault_id(person)]) == {}


@pytest.mark.promise(5)
def test_a_childs_guardian_consents(house: House, worker: Worker) -> None:
    parent, child = house.person(), house.person(consents=(), born=date(2016, 1, 1))
    with writing(house.engine) as session:
        for kind in ("face", "central"):
            text = session.scalars(select(ConsentText.id).where(ConsentText.kind == kind)).one()
            given = {"at": NOON, "channel": "desk", "guardian_id": parent, "text_id": text}
            session.add(Consent(person_id=child, kind=kind, agreed=True, **given))
    number = house.ask(JobKind.ENROL_FACE, child, photo("obama.jpg"))
    worker.step()
    assert house.job(number)[0].state == "done"


class MeanwhileEye:
    """Something happens while it looks."""

    def __init__(self, eye: Eye, happens: Callable[[], None]) -> None:
        self.model, self._eye, self._happens = eye.model, eye, happens

    def find(self, frame: Any, search_pixels: int = SEARCH_PIXELS) -> Any:
        self._happens()
        return self._eye.find(frame, search_pixels)

    def describe(self, frame: Any, face: Any) -> Any:
        return self._eye.describe(frame, face)


@pytest.mark.promise(5)
def test_consent_withdrawn_while_the_template_is_made_keeps_nothing(house: House) -> None:
    def withdraw() -> None:
        with writing(house.engine) as session:
            session.execute(update(Consent).values(withdrawn_at=NOON))

    eye = MeanwhileEye(open_eye(house.settings.weights), withdraw)
    key = load_sealing_key(house.settings.own_keys / "worker.key")
    ground = Ground(house.engine, lambda: NOON)
    enrol = Enrol(ground, house.vault, key, lambda: Studio(eye))
    worker = Worker(ground, {"enrol_face": enrol}, pause=lambda _: True)
    person = house.person()
    number = house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    assert worker.step()
    assert house.job(number)[1] == {"faults": ["no_face_consent"]}
    assert house.vault.read_many([house.vault_id(person)]) == {}


def test_one_face_under_two_names_is_flagged_on_both(house: House, worker: Worker) -> None:
    people = [house.person("甲"), house.person("乙"), house.person("丙")]
    numbers = [
        house.ask(JobKind.ENROL_FACE, person, photo(name))
        for person, name in zip(people, ("obama.jpg", "biden.jpg", "obama3.jpg"), strict=True)
    ]
    for _ in people:
        worker.step()
    assert [house.job(number)[1]["look_alike"] for number in numbers] == [False, False, True]
    with reading(house.engine) as session:
        flags = [session.get_one(Face, person).look_alike for person in people]
    assert flags == [True, False, True]


def flags(house: House, *people: object) -> list[bool]:
    with reading(house.engine) as session:
        return [session.get_one(Face, person).look_alike for person in people]


def enrol_all(house: House, worker: Worker, **photos: str) -> list[Any]:
    """People by name, each enrolled with a photo."""
    people = [house.person(name) for name in photos]
    for person, name in zip(people, photos.values(), strict=True):
        house.ask(JobKind.ENROL_FACE, person, photo(name))
        worker.step()
    return people


@pytest.mark.promise(6)
def test_it_is_kept_who_looks_like_whom(house: House, worker: Worker) -> None:
    first, second = enrol_all(house, worker, 甲="obama.jpg", 乙="obama3.jpg")
    with reading(house.engine) as session:
        found = session.execute(select(Confusion.person_id, Confusion.other_id, Confusion.known_by)).all()
    assert found == [(second, first, "likeness")]


def test_who_is_enrolled_anew_and_no_longer_near_unmarks_both(house: House, worker: Worker) -> None:
    people = enrol_all(house, worker, 甲="obama.jpg", 乙="obama3.jpg")
    assert flags(house, *people) == [True, True]
    house.ask(JobKind.ENROL_FACE, people[0], photo("biden.jpg"))
    worker.step()
    assert flags(house, *people) == [False, False]


@pytest.mark.promise(5)
def test_with_a_forgotten_face_goes_what_was_measured_on_it_and_a_third_stays_marked(
    house: House, worker: Worker
) -> None:
    first, second, third = enrol_all(house, worker, 甲="obama.jpg", 乙="obama3.jpg", 丙="obama.jpg")
    house.ask(JobKind.FORGET_FACE, first)
    worker.step()
    assert flags(house, second, third) == [True, True]
    house.ask(JobKind.FORGET_FACE, third)
    worker.step()
    assert flags(house, second) == [False]


def test_faces_of_other_compounds_are_not_searched(house: House, worker: Worker) -> None:
    first = house.person()
    house.ask(JobKind.ENROL_FACE, first, photo("obama.jpg"))
    worker.step()
    with writing(house.engine) as session:
        elsewhere = Place(kind="compound", name_zh="别处", name_en="Elsewhere", path="/2/")
        session.add(elsewhere)
        session.flush()
        place = elsewhere.id
    number = house.ask(JobKind.ENROL_FACE, house.person(compound_id=place), photo("obama3.jpg"))
    worker.step()
    assert house.job(number)[1]["look_alike"] is False


def test_enrolling_again_replaces_and_does_not_find_oneself(house: House, worker: Worker) -> None:
    person = house.person()
    for name in ("obama.jpg", "obama3.jpg"):
        number = house.ask(JobKind.ENROL_FACE, person, photo(name))
        worker.step()
    assert house.job(number)[1]["look_alike"] is False
    assert len(house.vault.read_many([house.vault_id(person)])) == 1


def test_a_further_look_is_kept_beside_the_first(house: House, worker: Worker) -> None:
    person = house.person()
    house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    number = house.ask(JobKind.ADD_LOOK, person, photo("obama3.jpg"))
    worker.step()
    worker.step()
    row, result = house.job(number)
    assert (row.state, row.blob, result["faults"]) == ("done", None, [])
    (kept,) = house.vault.read_many([house.vault_id(person)]).values()
    face = face_of(house, person)
    assert face is not None
    assert (face.templates, len(kept.rows), len(set(kept.rows))) == (2, 2, 2)


@pytest.mark.promise(6)
def test_somebody_elses_face_is_no_further_look(house: House, worker: Worker) -> None:
    """Staff who mistake one resident for another must not give the one the other's door."""
    person = house.person()
    house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    number = house.ask(JobKind.ADD_LOOK, person, photo("biden.jpg"))
    worker.step()
    worker.step()
    assert house.job(number)[1] == {"faults": ["other_person"]}
    (kept,) = house.vault.read_many([house.vault_id(person)]).values()
    assert len(kept.rows) == 1


def test_a_further_look_of_somebody_without_a_face_is_the_first(house: House, worker: Worker) -> None:
    person = house.person()
    number = house.ask(JobKind.ADD_LOOK, person, photo("obama.jpg"))
    worker.step()
    assert house.job(number)[0].state == "done"
    face = face_of(house, person)
    assert face is not None
    assert face.templates == 1


@pytest.mark.promise(5)
def test_a_forgotten_face_is_gone_everywhere_and_leaves_a_receipt(house: House, worker: Worker) -> None:
    person = house.person()
    house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    worker.step()
    before = revision_of(house)
    numbers = [house.ask(JobKind.FORGET_FACE, person) for _ in range(2)]
    worker.step()
    worker.step()
    assert [house.job(number)[1]["had_face"] for number in numbers] == [True, False]
    assert face_of(house, person) is None
    assert house.vault.read_many([house.vault_id(person)]) == {}
    assert revision_of(house) > before
    assert [act for act, _ in acts(house)] == ["face_enrolled", "face_forgotten", "face_forgotten"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the trigger speaks its language
def test_a_register_that_does_not_commit_leaves_no_template(house: House, worker: Worker) -> None:
    person = house.person()
    number = house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    with writing(house.engine) as session:
        session.connection().exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON face BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    assert not worker.step()
    assert house.job(number)[0].state == "queued"
    assert house.vault.read_many([house.vault_id(person)]) == {}


def test_one_changed_template_keeps_nobody_from_enrolling(house: House, worker: Worker) -> None:
    house.ask(JobKind.ENROL_FACE, house.person(), photo("biden.jpg"))
    worker.step()
    with sqlite3.connect(house.settings.vault.templates) as thief:
        thief.execute("UPDATE template SET sealed = zeroblob(400)")
    number = house.ask(JobKind.ENROL_FACE, house.person(), photo("obama.jpg"))
    worker.step()
    assert house.job(number)[0].state == "done"


def test_a_name_is_spelt_by_its_job(house: House, worker: Worker) -> None:
    person = house.person("王小明")
    number = house.ask(JobKind.WRITE_PINYIN, person)
    worker.step()
    assert house.job(number)[0].state == "done"
    with reading(house.engine) as session:
        row = session.get_one(Person, person)
        assert (row.pinyin, row.initials) == ("wang xiaoming", "wxm")


def test_a_job_about_nobody_is_refused(house: House, worker: Worker) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for kind in (JobKind.WRITE_PINYIN, JobKind.ENROL_FACE):
        number = house.ask(kind, nobody, b"photo")
        worker.step()
        assert house.job(number)[1] == {"faults": ["no_person"]}


def test_missing_weights_stop_faces_alone(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Faces wait and are tried again; names are spelt meanwhile."""
    bad = tmp_path / "weights"
    bad.mkdir()
    for name in ("sface-float32.1.onnx", "sface-float32.1.onnx.sha256"):
        (bad / name).write_bytes(b"damaged")
    settings = house.settings.model_copy(update={"weights": bad})
    worker = build(settings, house.engine, pause=lambda _: True)
    assert "sface-float32.1.onnx" in capsys.readouterr().out
    person = house.person("王小明")
    face = house.ask(JobKind.ENROL_FACE, person, photo("obama.jpg"))
    name = house.ask(JobKind.WRITE_PINYIN, person)
    assert not worker.step()
    assert worker.step()
    assert house.job(face)[1] == {"trouble": "no_eye"}
    assert house.job(name)[0].state == "done"
    assert timedelta(0) < house.job(face)[0].due_at - datetime.now(UTC) < timedelta(seconds=3)
