"""The feed behind the live boards: every row once, to those who may see it, none lost to a late commit."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from admin.db.session import reading, writing
from admin.web.desk import feed as desk_feed
from admin.web.desk.feed import Closed, Feed, News, Subscription
from admin.web.desk.queries import AlarmLine
from admin.web.gates.queries import GateLine
from admin.web.passages.queries import PassageLine
from tests.admin.conftest import NOON, Clock, Town
from tests.admin.web.rows import a_passage, an_alarm, another_gate

MAIN = frozenset({"gate-main"})
SECOND = timedelta(seconds=1)


@pytest.fixture
def feed(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Looked at by hand: no poller runs."""

    def ask(question: Callable[[Session], list[News]]) -> list[News]:
        with reading(engine) as session:
            return question(session)

    made = Feed(ask, clock)
    made._runs = True
    return made


def taken(subscription: Subscription) -> list[UUID | str]:
    found: list[UUID | str] = []
    while not subscription.news.empty():
        one = subscription.news.get_nowait()
        if isinstance(one, PassageLine | AlarmLine):
            found.append(one.id)
        elif isinstance(one, Closed):
            found.append("closed")
    return found


def test_each_row_comes_once_to_every_board(feed: Feed, engine: Engine, town: Town, clock: Clock) -> None:
    boards = [feed.subscribe("account:1", MAIN), feed.subscribe("account:2", MAIN)]
    clock.pass_by(SECOND)
    with writing(engine) as session:
        row = a_passage(session, "gate-main", 1, recorded_at=clock.now)
        alarm = an_alarm(session, "gate-main", 2, "forced", clock.now)
    for _ in range(3):
        feed.look()
        clock.pass_by(SECOND)
    assert [taken(board) for board in boards] == [[row.id, alarm.id], [row.id, alarm.id]]


def test_a_row_committed_late_under_an_earlier_time_still_comes(
    feed: Feed, engine: Engine, town: Town, clock: Clock
) -> None:
    board = feed.subscribe("account:1", MAIN)
    clock.pass_by(SECOND)
    feed.look()
    with writing(engine) as session:
        row = a_passage(session, "gate-main", 1, recorded_at=NOON + SECOND / 2)
    clock.pass_by(SECOND)
    feed.look()
    assert taken(board) == [row.id]


@pytest.mark.promise(10)
def test_a_board_gets_nothing_of_gates_outside_its_scope(
    feed: Feed, engine: Engine, town: Town, clock: Clock
) -> None:
    board = feed.subscribe("account:1", MAIN)
    clock.pass_by(SECOND)
    with writing(engine) as session:
        theirs = another_gate(session, town.other_compound, "gate-yinxing")
        a_passage(session, theirs.id, 1, recorded_at=clock.now)
        an_alarm(session, theirs.id, 2, "forced", clock.now)
    feed.look()
    assert taken(board) == []


def test_a_gate_is_news_only_when_its_head_changes(
    feed: Feed, engine: Engine, town: Town, clock: Clock
) -> None:
    board = feed.subscribe("account:1", MAIN)
    for _ in range(4):
        feed.look()
        clock.pass_by(timedelta(seconds=5))
    assert board.news.qsize() == 1
    assert isinstance(board.news.get_nowait(), GateLine)


def test_a_board_too_slow_is_told_to_come_again(
    feed: Feed, engine: Engine, town: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_feed, "LONGEST_QUEUE", 2)
    board = feed.subscribe("account:1", MAIN)
    clock.pass_by(SECOND)
    with writing(engine) as session:
        for number in range(4):
            a_passage(session, "gate-main", number + 1, recorded_at=clock.now)
    feed.look()
    assert taken(board)[-1] == "closed"
    assert feed.watching("account:1") == 0


def test_routine_marks_of_the_chain_are_no_alarms(
    feed: Feed, engine: Engine, town: Town, clock: Clock
) -> None:
    board = feed.subscribe("account:1", MAIN)
    clock.pass_by(SECOND)
    with writing(engine) as session:
        an_alarm(session, "gate-main", 1, "journal_opened", clock.now)
    feed.look()
    assert taken(board) == []
