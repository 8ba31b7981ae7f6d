"""The loop goes on, whatever one job does."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from admin.db.jobs import LEASE, MOST_ATTEMPTS, JobKind, NewJob, Queue, put, result_of, take
from admin.db.session import reading, writing
from admin.db.tables import Job
from admin.jobs.task import Ground, Task
from admin.jobs.worker import Worker, code_of
from tests.databases import a_register

NOON = datetime.fromisoformat("2026-11-20T12:00:00+08:00")


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Doer:
    """Fails as often as told, then finishes nothing: the row is looked at by the test."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.done: list[Task] = []

    def __call__(self, task: Task) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.done.append(task)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = a_register(database)
    yield engine
    engine.dispose()


def asked(engine: Engine, kind: str = "enrol_face") -> int:
    with writing(engine) as session:
        return put(
            session, NewJob(Queue.WORKER, JobKind(kind), "person:x", blob=b"sealed"), "account:1", NOON
        ).id


def looked_at(engine: Engine, number: int) -> Job:
    with reading(engine) as session:
        return session.get_one(Job, number)


def a_worker(engine: Engine, doer: Doer, clock: Clock) -> Worker:
    return Worker(Ground(engine, clock), {"enrol_face": doer}, pause=lambda _: True)


def test_without_work_it_rests(engine: Engine) -> None:
    assert not a_worker(engine, Doer(), Clock()).step()


def test_it_stops_when_told_after_the_job_in_hand(engine: Engine) -> None:
    asked(engine)
    asked(engine)
    doer, waits = Doer(), []
    worker = Worker(Ground(engine, Clock()), {"enrol_face": doer}, pause=lambda s: waits.append(s) or True)
    worker.run()
    assert (len(doer.done), waits) == (1, [0])


def test_a_job_that_fails_is_tried_again_later(engine: Engine) -> None:
    number, clock, doer = asked(engine), Clock(), Doer(RuntimeError("who knows"))
    worker = a_worker(engine, doer, clock)
    assert not worker.step()
    row = looked_at(engine, number)
    assert (row.state, result_of(row), row.blob) == ("queued", {"trouble": "runtime_error"}, b"sealed")
    assert not worker.step()
    clock.now += timedelta(seconds=2)
    assert worker.step()
    assert doer.done[0].attempt == 2


def test_a_job_that_always_fails_is_given_up_and_its_photo_is_gone(engine: Engine) -> None:
    number, clock = asked(engine), Clock()
    worker = a_worker(engine, Doer(*[RuntimeError()] * 9), clock)
    for _ in range(MOST_ATTEMPTS):
        worker.step()
        clock.now += timedelta(minutes=1)
    row = looked_at(engine, number)
    assert (row.state, row.blob, row.attempts) == ("failed", None, MOST_ATTEMPTS)


def test_a_job_nobody_knows_is_refused(engine: Engine) -> None:
    number = asked(engine, "sign_pass")
    assert a_worker(engine, Doer(), Clock()).step()
    row = looked_at(engine, number)
    assert (row.state, result_of(row), row.blob) == ("refused", {"faults": ["unknown_kind"]}, None)


def test_a_job_that_another_took_meanwhile_is_left_to_them(engine: Engine) -> None:
    number, clock = asked(engine), Clock()

    class Slow(Doer):
        def __call__(self, task: Task) -> None:
            clock.now += LEASE + timedelta(seconds=1)
            with writing(engine) as session:
                assert take(session, Queue.WORKER, clock.now) is not None
            raise RuntimeError

    a_worker(engine, Slow(), clock).step()
    row = looked_at(engine, number)
    assert (row.state, row.attempts) == ("running", 2)


def test_a_locked_or_absent_database_does_not_end_the_worker(engine: Engine) -> None:
    asked(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE job RENAME TO away")
    worker = a_worker(engine, Doer(), Clock())
    assert not worker.step()
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO job")
    assert worker.step()


def test_nothing_of_an_errors_message_is_logged(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    asked(engine)
    a_worker(engine, Doer(ValueError("王小明")), Clock()).step()
    said = capsys.readouterr().out
    assert "value_error" in said
    assert "王小明" not in said


def test_codes_are_the_errors_names() -> None:
    assert code_of(OperationalError("", {}, Exception())) == "operational_error"
