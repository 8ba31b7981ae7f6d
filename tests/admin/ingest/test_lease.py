"""One ingest is on duty; another takes over when it dies, and within ten seconds."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from admin.db.session import make_engine, reading
from admin.db.tables import Lease
from admin.ingest.lease import ASK_EACH_S, LASTS, RENEWED_EACH, Duty, IngestLease, has_died, own_name
from tests.admin.conftest import Clock


class FakePost:
    """A broker's session: open or not."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def open(self) -> None:
        self.log.append("open")

    def close(self) -> None:
        self.log.append("close")


Two = tuple[Duty, Duty, FakePost, FakePost]


@pytest.fixture
def two(engine: Engine, clock: Clock) -> Two:
    posts = FakePost(), FakePost()
    first, second = (
        Duty(IngestLease(engine, name), post, clock)
        for name, post in zip(("elsewhere.1.a", "elsewhere.2.b"), posts, strict=True)
    )
    return first, second, *posts


def test_the_second_stands_by_while_the_first_renews(two: Two, clock: Clock) -> None:
    first, second, _, standing = two
    for _ in range(20):
        assert first.is_ours()
        assert not second.is_ours()
        clock.pass_by(timedelta(seconds=1))
    assert standing.log == []


@pytest.mark.promise(2)
def test_the_second_takes_over_within_ten_seconds_of_the_firsts_death(two: Two, clock: Clock) -> None:
    first, second, _, standing = two
    assert first.is_ours()
    waited = timedelta()
    while not second.is_ours():
        clock.pass_by(timedelta(seconds=ASK_EACH_S))
        waited += timedelta(seconds=ASK_EACH_S)
    assert waited <= LASTS + timedelta(seconds=ASK_EACH_S) < timedelta(seconds=10)
    assert standing.log == ["open"]


def test_who_lost_the_lease_leaves_the_broker_and_stands_by(two: Two, clock: Clock) -> None:
    first, second, post, _ = two
    assert first.is_ours()
    clock.pass_by(LASTS)  # stopped by a debugger, or a disk that hung
    assert second.is_ours()
    assert not first.is_ours()
    assert post.log == ["open", "close"]
    clock.pass_by(RENEWED_EACH)
    assert second.is_ours()
    assert not first.is_ours()


def test_a_clean_end_lets_the_next_begin_at_once(two: Two) -> None:
    first, second, post, _ = two
    assert first.is_ours()
    first.end()
    assert post.log == ["open", "close"]
    assert second.is_ours()


def test_the_end_of_one_that_stood_by_takes_nothing_from_the_other(two: Two, clock: Clock) -> None:
    first, second, post, _ = two
    assert first.is_ours()
    assert not second.is_ours()
    second.end()
    clock.pass_by(RENEWED_EACH)
    assert first.is_ours()
    assert post.log == ["open"]


def test_a_process_of_this_machine_that_died_is_not_waited_for(engine: Engine, clock: Clock) -> None:
    here = own_name().split(".")[0]
    assert IngestLease(engine, f"{here}.4194305.a").take(clock())  # beyond the largest process number
    assert IngestLease(engine, own_name()).take(clock())
    assert not IngestLease(engine, "elsewhere.4194305.b").take(clock())


def test_only_a_dead_neighbour_counts_as_dead() -> None:
    here = own_name().split(".")[0]
    assert has_died(f"{here}.4194305.a")
    assert not has_died(own_name())
    assert not has_died("elsewhere.4194305.a")
    assert not has_died("")


def test_while_the_database_is_away_nothing_changes_hands(tmp_path: Path, clock: Clock) -> None:
    lost = make_engine(f"sqlite:///{tmp_path / 'nowhere' / 'register.sqlite3'}")
    post = FakePost()
    assert not Duty(IngestLease(lost, "a.1.b"), post, clock).is_ours()
    assert post.log == []
    lost.dispose()


def test_the_row_names_the_holder(engine: Engine, clock: Clock) -> None:
    IngestLease(engine, "a.1.b").take(clock())
    with reading(engine) as session:
        row = session.get_one(Lease, "ingest")
    assert (row.holder, row.until) == ("a.1.b", clock() + LASTS)
