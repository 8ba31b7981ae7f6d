"""A compound is measured on its own faces; the report holds ids and figures, never a template or a name."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from admin.db import calibration
from admin.db.calibration import Report, last, subject_of
from admin.db.jobs import JobKind, NewJob, Queue, put, result_of
from admin.db.session import reading, writing
from admin.db.tables import (
    Audit,
    Compound,
    ConfusedBy,
    Confusion,
    Face,
    Gate,
    GateState,
    Job,
    Person,
)
from admin.jobs.audit import AuditGallery
from admin.jobs.rounds import AuditRound, audit_due
from admin.jobs.task import Ground
from admin.jobs.worker import ROUND, Worker
from contracts.ids import BootId, GateId
from contracts.state import HealthV1, StageMs
from contracts.words import CameraState, DoorState
from enrollment import advice, audit
from gate.vision.match import TAILS
from tests.admin.web.rows import a_passage

House = Any
MODEL = next(iter(TAILS))
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
NIGHT = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)  # 3:30 in Shanghai


def rows(people: int) -> NDArray[np.float32]:
    """Unit vectors that lie apart as those of different people do."""
    found = (0.24 + np.random.default_rng(3).standard_normal((people, 256)) * 0.1).astype("<f4")
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def enrol(house: House, vector: NDArray[np.float32]) -> UUID:
    person = house.person()
    house.vault.keep(house.vault_id(person), MODEL, [vector.tobytes()])
    with writing(house.engine) as session:
        session.add(Face(person_id=person, model=str(MODEL), templates=1, enrolled_at=NOON))
    return cast(UUID, person)


def a_gate(house: House, target: float | None = None, model: str | None = str(MODEL)) -> None:
    health = HealthV1(
        gate=GateId("south"),
        boot=BootId("b1"),
        at=NOON,
        monotonic_ms=1,
        camera=CameraState.SEEING,
        door=DoorState.SHUT,
        frames_per_s=15,
        stages=StageMs(),
        unsent=0,
        disk_free_mb=1,
        rss_mb=1,
        roster_version=1,
        people=1,
        target_fpir=target,
    )
    with writing(house.engine) as session:
        session.add(
            Compound(place_id=house.compound, wire_id="plum", operator_zh="物业", operator_en="P", phone="0")
        )
        session.add(
            Gate(
                id="south",
                compound_id=house.compound,
                place_id=house.compound,
                name_zh="南门",
                name_en="South gate",
                credential_hash="0" * 64,
                seal_key=bytes(32),
                added_at=NOON - timedelta(days=90),
            )
        )
        session.flush()
        session.add(GateState(gate_id="south", model=model, health=health.encode().decode()))


def measured(house: House, now: datetime = NOON) -> tuple[str, dict[str, object], Report | None]:
    """One audit by the worker: the job's state, its result, and the report that is kept."""
    ground = Ground(house.engine, lambda: now)
    worker = Worker(ground, {"audit_gallery": AuditGallery(ground, house.vault)}, lambda _: True)
    with writing(house.engine) as session:
        job = NewJob(Queue.WORKER, JobKind.AUDIT_GALLERY, subject_of(house.compound))
        number = put(session, job, "account:1", now).id
    worker.step()
    with reading(house.engine) as session:
        row, kept = session.get_one(Job, number), last(session, house.compound)
        return row.state, dict(result_of(row)), kept.report if kept else None


def test_a_compound_is_measured_with_its_strangers_and_its_gates_own_target(house: House) -> None:
    a_gate(house, target=0.002)
    for vector in rows(60):
        enrol(house, vector)
    with writing(house.engine) as session:
        for seq in range(4):
            a_passage(session, "south", seq, at=NOON, outcome="denied", reason="unknown")
        a_passage(session, "south", 5, at=NOON, outcome="denied", reason="unknown", times=2)
        a_passage(session, "south", 6, at=NOON, outcome="denied", reason="poor_quality")
        a_passage(session, "south", 7, at=NOON - timedelta(days=31), outcome="denied", reason="unknown")
    state, result, report = measured(house)
    assert (state, result["people"]) == ("done", 60)
    assert report is not None
    assert report.measured is not None
    (door,) = report.doors
    assert (door.people, door.seen, door.days, door.target_fpir) == (60, 6, 30, 0.002)
    assert report.measured.false_accepts.low <= report.measured.false_accepts.value < 1
    assert report.advice.step is calibration.Step.KEEP


@pytest.mark.promise(9)
def test_neither_template_nor_name_is_in_what_is_kept_or_in_the_audit_trail(house: House) -> None:
    a_gate(house)
    vectors = rows(50)
    for vector in vectors:
        enrol(house, vector)
    _, _, report = measured(house)
    assert report is not None
    kept = report.model_dump_json()
    with reading(house.engine) as session:
        kept += " ".join(session.scalars(select(Audit.details)))
    assert "测试" not in kept
    figures = {figure for figure in numbers(json.loads(report.model_dump_json())) if figure != int(figure)}
    assert figures.isdisjoint(float(figure) for figure in vectors.ravel())
    assert len(figures) < 100


def numbers(part: object) -> list[float]:
    if isinstance(part, dict):
        return [figure for each in part.values() for figure in numbers(each)]
    if isinstance(part, list):
        return [figure for each in part for figure in numbers(each)]
    return [float(part)] if isinstance(part, int | float) else []


@pytest.mark.promise(5)
def test_whoever_withdrew_consent_is_not_measured(house: House) -> None:
    a_gate(house)
    enrol(house, rows(1)[0])
    unwilling = house.person(consents=())
    house.vault.keep(house.vault_id(unwilling), MODEL, [rows(2)[1].tobytes()])
    with writing(house.engine) as session:
        session.add(Face(person_id=unwilling, model=str(MODEL), templates=1, enrolled_at=NOON))
    _, _, report = measured(house)
    assert report is not None
    assert (report.people, report.measured, report.advice.why) == (1, None, calibration.Why.TOO_FEW)


def test_whoever_was_taken_for_another_keeps_the_setting_from_being_loosened(house: House) -> None:
    a_gate(house)
    people = [enrol(house, vector) for vector in rows(60)]
    with writing(house.engine) as session:
        session.add(Confusion(person_id=people[0], known_by=ConfusedBy.PASSAGE.value, at=NOON))
        session.add(
            Confusion(person_id=people[1], other_id=people[2], known_by=ConfusedBy.TWINS.value, at=NOON)
        )
    _, _, report = measured(house)
    assert report is not None
    assert (report.mistakes, report.advice.why) == (1, calibration.Why.MISTAKEN)


def test_without_a_gate_that_has_reported_nothing_can_be_measured(house: House) -> None:
    assert measured(house) == ("refused", {"faults": ["no_gate"]}, None)


def test_a_model_nobody_measured_is_refused_and_what_was_kept_before_stays(house: House) -> None:
    a_gate(house)
    enrol(house, rows(1)[0])
    _, _, before = measured(house)
    with writing(house.engine) as session:
        session.get_one(GateState, "south").model = "unheard-of.9"
    assert measured(house) == ("refused", {"faults": ["unknown_model"]}, before)
    assert before is not None


def test_one_changed_template_keeps_nobody_from_being_measured(house: House) -> None:
    a_gate(house)
    for vector in rows(3):
        enrol(house, vector)
    with writing(house.engine) as session:
        broken = session.scalars(select(Person.vault_id)).first()
    house.vault._store.execute("UPDATE template SET sealed = ? WHERE vault_id = ?", (b"x" * 40, broken))
    _, _, report = measured(house)
    assert report is not None
    assert report.people == 2


def test_the_kept_form_holds_all_that_was_measured() -> None:
    assert [one.value for one in calibration.Step] == [one.value for one in advice.Step]
    assert [one.value for one in calibration.Why] == [one.value for one in advice.Why]
    assert [one.value for one in calibration.OutlierKind] == [one.value for one in audit.OutlierKind]
    nothing = audit.audit({}, MODEL, [])
    assert Report.model_validate(asdict(nothing)).model_dump() == asdict(nothing)


def test_a_report_of_another_version_is_as_none(house: House) -> None:
    with writing(house.engine) as session:
        session.add(calibration.Calibration(compound_id=house.compound, made_at=NOON, report='{"people": 3}'))
    with reading(house.engine) as session:
        assert last(session, house.compound) is None


def due(house: House, now: datetime) -> bool:
    with reading(house.engine) as session:
        return audit_due(session, house.compound, now)


def test_the_first_face_is_measured_soon_and_then_each_night(house: House) -> None:
    a_gate(house)
    assert not due(house, NOON)
    enrol(house, rows(1)[0])
    assert due(house, NOON)
    measured(house)
    assert not due(house, NOON + timedelta(days=2))
    assert due(house, NIGHT + timedelta(days=1))


def test_many_new_faces_are_measured_by_day_once_an_hour(house: House) -> None:
    a_gate(house)
    enrol(house, rows(1)[0])
    measured(house, NOON - timedelta(hours=2))
    for vector in rows(18):
        enrol(house, vector)
    assert not due(house, NOON)
    enrol(house, rows(1)[0])
    assert due(house, NOON)
    measured(house, NOON - timedelta(minutes=5))
    assert not due(house, NOON)


def test_the_worker_goes_round_at_its_start_and_every_ten_minutes_and_queues_once(house: House) -> None:
    a_gate(house)
    enrol(house, rows(1)[0])
    now = [NOON]
    ground = Ground(house.engine, lambda: now[0])
    worker = Worker(ground, {}, lambda _: True, (AuditRound(ground),))
    worker.go_round()
    worker.go_round()
    now[0] += ROUND
    worker.go_round()
    with reading(house.engine) as session:
        jobs = session.scalars(select(Job.subject).where(Job.kind == "audit_gallery")).all()
        assert jobs == [subject_of(house.compound)]


def test_a_round_that_fails_does_not_end_the_worker(house: House) -> None:
    rounds = []

    def bad_round() -> None:
        rounds.append(1)
        raise OSError("disk")

    worker = Worker(Ground(house.engine, lambda: NOON), {}, lambda _: bool(rounds), (bad_round,))
    worker.run()
    assert rounds == [1]
