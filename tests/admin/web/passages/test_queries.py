"""The access log's questions: what they find, in which order, along which index, and for whom not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from admin.db.session import reading, writing
from admin.settings import WebSettings
from admin.web.passages import queries
from admin.web.passages.filters import Span, Stretch, Wanted, wanted
from admin.web.passages.proof import Proof, proof
from contracts.words import Method, Outcome, Reason
from tests.admin.conftest import NOON, Town
from tests.admin.web.rows import HOUR, a_host, a_passage, a_visit, an_alarm, another_gate, staff

MINUTE = timedelta(minutes=1)
DAY = wanted({}, NOON)


def test_without_a_word_the_log_shows_the_last_day() -> None:
    assert DAY.span is Span.DAY
    assert DAY.time.since == NOON - 24 * HOUR


@pytest.mark.parametrize(
    ("arguments", "time"),
    [
        ({"when": "today"}, Stretch(NOON - 12 * HOUR, NOON + 12 * HOUR)),
        ({"when": "yesterday"}, Stretch(NOON - 36 * HOUR, NOON - 12 * HOUR)),
        (
            {"when": "dates", "from": "2026-11-23", "to": "2026-11-23"},
            Stretch(NOON - 12 * HOUR, NOON + 12 * HOUR),
        ),
        (
            {"when": "dates", "to": "2026-11-23", "from": "2020-01-01"},
            Stretch(NOON - 732 * HOUR, NOON + 12 * HOUR),
        ),
        ({"when": "dates", "from": "x"}, Stretch(NOON - 12 * HOUR, NOON + 12 * HOUR)),
    ],
)
def test_a_stretch_of_time_is_never_longer_than_a_month(arguments: dict[str, str], time: Stretch) -> None:
    assert wanted(arguments, NOON).time == time


def test_what_an_address_cannot_mean_counts_as_not_said() -> None:
    read = wanted({"when": "ever", "outcome": "maybe", "person": "me", "method": ""}, NOON)
    assert read == DAY


def test_pages_of_the_log_meet_without_gap_or_repeat(engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        for number in range(queries.PAGE * 2 + 5):
            a_passage(session, "gate-main", number + 1, at=NOON - (number // 3) * MINUTE)
        scope = staff(session, town.compound).scope
        first = queries.log(session, scope, town.compound, DAY)
        assert first.newer is None
        assert first.earlier is not None
        second = queries.log(
            session, scope, town.compound, DAY, queries.Cursor(first.earlier.at, first.earlier.id)
        )
        assert second.newer is not None
        assert second.earlier is not None
        third = queries.log(
            session, scope, town.compound, DAY, queries.Cursor(second.earlier.at, second.earlier.id)
        )
        assert third.earlier is None
        ids = [line.id for page in (first, second, third) for line in page.lines]
        assert len(ids) == len(set(ids)) == queries.PAGE * 2 + 5
        back = queries.log(
            session, scope, town.compound, DAY, queries.Cursor(second.newer.at, second.newer.id, newer=True)
        )
        assert back.lines == first.lines
        assert back.newer is None


@pytest.mark.parametrize(
    "only",
    [
        Wanted(Span.DAY, DAY.time, gate="gate-north"),
        Wanted(Span.DAY, DAY.time, outcome=Outcome.DENIED),
        Wanted(Span.DAY, DAY.time, reason=Reason.SPENT),
        Wanted(Span.DAY, DAY.time, method=Method.QR),
    ],
)
def test_each_filter_leaves_what_was_asked_for(engine: Engine, town: Town, only: Wanted) -> None:
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north")
        a_passage(session, "gate-main", 1)
        right = a_passage(session, "gate-north", 1, outcome="denied", reason="spent", method="qr")
        lines = queries.log(session, staff(session).scope, town.compound, only).lines
        assert [line.id for line in lines] == [right.id]


def test_a_persons_log_holds_own_passages_and_those_of_own_visitors(
    engine: Engine, web_settings: WebSettings, town: Town
) -> None:
    with writing(engine) as session:
        host = a_host(session, town.compound, town.units["3-1"])
        made = a_visit(session, web_settings, town.compound, host_id=host)
        own = a_passage(session, "gate-main", 1, person_id=host)
        guest = a_passage(session, "gate-main", 2, visit_id=made.visit.id, method="qr")
        a_passage(session, "gate-main", 3)
        only = Wanted(Span.DAY, DAY.time, person=host)
        lines = queries.log(session, staff(session).scope, town.compound, only).lines
        assert {line.id for line in lines} == {own.id, guest.id}
        assert [(line.name, line.host) for line in lines if line.id == guest.id] == [("刘晓彤", "王建国")]


@pytest.mark.promise(10)
def test_rows_of_another_compound_never_appear(engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        theirs = a_passage(session, another_gate(session, town.other_compound, "gate-yinxing").id)
        a_passage(session, "gate-main")
        scope = staff(session, town.other_compound).scope
        assert queries.log(session, scope, town.compound, DAY).lines == []
        assert [line.id for line in queries.log(session, scope, town.other_compound, DAY).lines] == [
            theirs.id
        ]
        assert [line.id for line in queries.recorded_since(session, scope, NOON - HOUR, 10)] == [theirs.id]
        assert queries.newest_at(session, scope, "gate-main", 5) == []
        mine = staff(session, town.compound).scope
        assert queries.story(session, mine, theirs.id) is None


@pytest.mark.promise(11)
def test_a_row_changed_after_the_fact_is_shown_as_broken(engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        row = a_passage(session, "gate-main")
        assert proof(row) is Proof.WHOLE
        text, salt = row.who_text, row.who_salt
        row.who_text = row.who_salt = None
        assert proof(row) is Proof.ERASED
        row.who_text, row.who_salt = text, salt
        row.outcome = "denied"
        assert proof(row) is Proof.BROKEN
        row.outcome, row.what_text = "granted", b'{"n":2}'
        assert proof(row) is Proof.BROKEN
        row.what_text = row.what_salt = None
        assert proof(row) is Proof.EXPIRED
        row.seq = 9
        assert proof(row) is Proof.BROKEN


@pytest.mark.promise(11)
def test_a_row_knows_whether_the_link_before_it_is_here(engine: Engine, town: Town) -> None:
    with writing(engine) as session:
        opened = an_alarm(session, "gate-main", 1, "journal_opened")
        good = a_passage(session, "gate-main", 2, previous=opened.hash)
        bad = a_passage(session, "gate-main", 3, previous="1" * 64)
        alone = a_passage(session, "gate-main", 9)
        scope = staff(session).scope
        found = [queries.story(session, scope, row.id) for row in (good, bad, alone)]
        assert [story.follows for story in found if story] == [True, False, None]


def test_the_log_walks_an_index_and_sorts_nothing(engine: Engine, town: Town) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("asks SQLite for its plan")
    asked: list[tuple[str, object]] = []
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north")
        scope = staff(session, town.compound).scope

    def keep(
        _connection: object, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    with reading(engine) as session:
        queries.log(session, scope, town.compound, DAY, queries.Cursor(NOON, uuid4()))
    event.remove(engine, "before_cursor_execute", keep)
    statement, parameters = next(one for one in asked if "FROM passage" in one[0])
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
    steps = " / ".join(str(step[-1]) for step in plan)
    assert "ix_passage_compound_id_at_id" in steps, steps
    assert "TEMP B-TREE" not in steps
