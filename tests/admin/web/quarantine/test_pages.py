"""Messages set aside: seen with their reason, tried again or deleted, and nothing of a person shown."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from admin.db.session import reading, writing
from admin.db.tables import Audit, Compound, LinkPurge, PurgeReason, Quarantine
from admin.security.permissions import Role
from admin.web.quarantine.outline import outline
from admin.web.quarantine.words import FAULTS, KINDS
from contracts.ids import GateId
from contracts.topics import TOPICS
from contracts.wire import Fault
from tests.admin.conftest import NOON, Town
from tests.chains import Chain

Login = Callable[..., FlaskClient]
SECRET = "欧阳娜娜"


def a_message(
    number: int = 1, gate: str | None = "gate-main", content: bytes = b"{}", **place: object
) -> Quarantine:
    return Quarantine(
        id=number,
        at=NOON + timedelta(minutes=number),
        topic=f"kaimen/v1/wutong/{gate or 'nobody'}/passage",
        gate_id=gate,
        fault="newer_version",
        detail="PassageV1: newer_version",
        content=content,
        **place,
    )


def put(engine: Engine, *messages: Quarantine) -> None:
    with writing(engine) as session:
        session.add_all(messages)


def acts(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        found = session.execute(select(Audit.act, Audit.subject).where(Audit.act.startswith("quarantine")))
        return [(act, subject) for act, subject in found]


def test_a_message_is_listed_with_gate_kind_and_reason(town: Town, engine: Engine, logged_in: Login) -> None:
    put(engine, a_message())
    page = logged_in(Role.MANAGER, town.compound).get("/quarantine").text
    assert "South gate" in page
    assert "From a gate with newer software" in page
    assert "12:01" in page


def test_without_any_the_page_says_what_would_stand_there(town: Town, logged_in: Login) -> None:
    assert "Nothing is set aside" in logged_in(Role.MANAGER, town.compound).get("/quarantine").text


@pytest.mark.promise(10)
def test_guards_and_staff_do_not_see_it(town: Town, logged_in: Login) -> None:
    for role in (Role.GUARD, Role.STAFF):
        assert logged_in(role, town.compound).get("/quarantine").status_code == 403


@pytest.mark.promise(10)
def test_another_compounds_messages_are_not_there(town: Town, engine: Engine, logged_in: Login) -> None:
    put(engine, a_message(), a_message(2, gate=None))
    elsewhere = logged_in(Role.MANAGER, town.other_compound)
    assert "Nothing is set aside" in elsewhere.get("/quarantine").text
    for address in ("/quarantine/1", "/quarantine/2"):
        assert elsewhere.get(address).status_code == 404
    assert elsewhere.post("/quarantine/1/delete").status_code == 404


@pytest.mark.promise(10)
def test_a_message_of_no_registered_gate_is_for_those_who_see_everything(
    town: Town, engine: Engine, logged_in: Login
) -> None:
    put(engine, a_message(gate=None))
    assert "Not registered" in logged_in(Role.MANAGER).get("/quarantine").text
    assert logged_in(Role.MANAGER, town.compound).get("/quarantine/1").status_code == 404


@pytest.mark.promise(9)
def test_a_page_shows_where_a_message_belongs_and_nothing_else_of_it(
    town: Town, engine: Engine, logged_in: Login
) -> None:
    chain = Chain(GateId("gate-main"))
    fields = json.loads(chain.passage().encode()) | {"v": 2, "name": SECRET, "gate": SECRET}
    put(engine, a_message(content=json.dumps(fields, ensure_ascii=False).encode()))
    page = logged_in(Role.MANAGER, town.compound).get("/quarantine/1").text
    assert chain.last[:32] in page
    assert SECRET not in page
    assert fields["who"]["text"] not in page
    assert "Update the server" in page


def test_one_is_tried_again_by_ingest_and_that_is_on_record(
    town: Town, engine: Engine, logged_in: Login
) -> None:
    put(engine, a_message())
    browser = logged_in(Role.MANAGER, town.compound)
    assert browser.post("/quarantine/1/again").status_code == 302
    with reading(engine) as session:
        assert session.get_one(Quarantine, 1).again
    assert acts(engine) == [("quarantine_again", "quarantine:1")]
    assert "is read again" in browser.get("/quarantine").text


@pytest.mark.promise(11)
def test_one_is_deleted_for_good_on_record_and_its_place_in_the_chain_is_noted(
    town: Town, engine: Engine, logged_in: Login
) -> None:
    put(engine, a_message(epoch="e1", seq=7, hash="ab" * 32))
    assert logged_in(Role.MANAGER, town.compound).post("/quarantine/1/delete").status_code == 302
    with reading(engine) as session:
        assert session.get(Quarantine, 1) is None
        (entry,) = session.scalars(select(LinkPurge))
    assert (entry.epoch, entry.first, entry.last, entry.why) == ("e1", 7, 7, PurgeReason.DISCARDED)
    assert acts(engine) == [("quarantine_deleted", "quarantine:1")]


def test_a_long_list_goes_on_below_its_last_line(town: Town, engine: Engine, logged_in: Login) -> None:
    put(engine, *(a_message(number) for number in range(1, 61)))
    browser = logged_in(Role.MANAGER, town.compound)
    first, second = browser.get("/quarantine").text, browser.get("/quarantine?below=11").text
    assert first.count("From a gate with newer software") == 50
    assert "below=11" in first
    assert second.count("From a gate with newer software") == 10


def test_every_reason_and_kind_has_words() -> None:
    assert FAULTS.keys() == {*Fault, "unstorable"}
    assert KINDS.keys() == {topic.name for topic in TOPICS if topic.way == "from gate"}


@given(st.binary(max_size=300))
def test_an_outline_is_made_of_any_bytes(content: bytes) -> None:
    assert outline(content).size == len(content)


@given(
    st.dictionaries(
        st.sampled_from(["v", "gate", "epoch", "seq", "hash", "previous", "who", "name"]),
        st.text(max_size=70) | st.integers() | st.booleans() | st.none(),
    )
)
def test_an_outline_holds_ids_hashes_and_numbers_only(fields: dict[str, object]) -> None:
    for name, value in outline(json.dumps(fields).encode()).fields:
        assert name not in ("who", "name")
        assert value.isascii()
        assert all(letter.isalnum() or letter == "-" for letter in value)


@pytest.mark.promise(12)
def test_a_legal_hold_keeps_a_message_from_being_deleted(
    town: Town, engine: Engine, logged_in: Login
) -> None:
    put(engine, a_message())
    with writing(engine) as session:
        session.get_one(Compound, town.compound).log_held_at = NOON
    browser = logged_in(Role.MANAGER, town.compound)
    page = browser.post("/quarantine/1/delete", follow_redirects=True).text
    assert "The log is under a legal hold" in page
    with reading(engine) as session:
        assert session.get(Quarantine, 1) is not None
    assert acts(engine) == []
