"""The queue: what was asked for is done once, and what cannot be done is given up with its photo."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from admin.db.jobs import (
    LEASE,
    MOST_ATTEMPTS,
    JobKind,
    NewJob,
    Queue,
    arguments_of,
    due,
    finish,
    postpone,
    put,
    result_of,
    take,
)
from admin.db.session import writing
from admin.db.tables import Job

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with writing(engine) as session:
        yield session


def a_job(subject: str = "person:1", queue: Queue = Queue.WORKER) -> NewJob:
    return NewJob(queue, JobKind.ENROL_FACE, subject, {"why": "test"}, b"sealed")


def test_jobs_are_taken_in_the_order_they_were_asked_for(session: Session) -> None:
    for subject in ("person:1", "person:2"):
        put(session, a_job(subject), "account:1", NOON)
    taken = [take(session, Queue.WORKER, NOON) for _ in range(3)]
    assert [row and row.subject for row in taken] == ["person:1", "person:2", None]


def test_each_queue_has_its_own_takers(session: Session) -> None:
    put(session, a_job(queue=Queue.DISPATCH), "account:1", NOON)
    assert not due(session, Queue.WORKER, NOON)
    assert take(session, Queue.WORKER, NOON) is None
    assert due(session, Queue.DISPATCH, NOON)


def test_a_job_whose_taker_died_is_taken_again_after_its_lease(session: Session) -> None:
    put(session, a_job(), "account:1", NOON)
    take(session, Queue.WORKER, NOON)
    assert take(session, Queue.WORKER, NOON + LEASE) is None
    again = take(session, Queue.WORKER, NOON + LEASE + SECOND)
    assert again is not None
    assert again.attempts == 2


def test_a_finished_job_keeps_its_result_and_loses_its_photo(session: Session) -> None:
    row = put(session, a_job(), "account:1", NOON)
    assert (arguments_of(row), result_of(row)) == ({"why": "test"}, {})
    take(session, Queue.WORKER, NOON)
    finish(row, "done", {"faults": [], "quality": {"yaw": 3.0}}, NOON)
    session.flush()
    assert (row.blob, row.done_at, row.leased_until) == (None, NOON, None)
    assert result_of(row) == {"faults": [], "quality": {"yaw": 3.0}}
    assert take(session, Queue.WORKER, NOON + 2 * LEASE) is None


def test_a_failing_job_waits_longer_each_time_and_is_given_up(session: Session) -> None:
    row, now, waits = put(session, a_job(), "account:1", NOON), NOON, []
    for _ in range(MOST_ATTEMPTS):
        assert take(session, Queue.WORKER, now) is row
        postpone(row, "no_eye", now)
        session.flush()
        waits.append((row.due_at - now).total_seconds())
        now = max(now, row.due_at)
    assert waits[:-1] == [2, 4, 8, 16]
    assert (row.state, row.blob, result_of(row)) == ("failed", None, {"trouble": "no_eye"})
    assert take(session, Queue.WORKER, now + timedelta(days=1)) is None


def test_a_job_asked_for_in_a_transaction_that_fails_was_never_asked_for(engine: Engine) -> None:
    def asked_in_vain() -> None:
        with writing(engine) as session:
            put(session, a_job(), "account:1", NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        asked_in_vain()
    with writing(engine) as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_a_job_prints_no_photo(session: Session) -> None:
    assert "sealed" not in repr(a_job())
