"""A box at the server's door: its code is taken once, and nothing is given away to anybody else."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from admin.db.joins import CODE_LASTS, CONFIRM_WITHIN
from admin.db.session import reading, writing
from admin.db.tables import Audit, GateJoin, JoinStep
from admin.security.authority import AUTHORITY_CERTIFICATE, make_authority
from admin.security.permissions import Role
from admin.settings import WebSettings
from admin.web.join.service import GUESSES
from contracts.join import JoinAnswerV1, JoinCode, JoinFault, JoinRequestV1, JoinState, Newcomer, request
from tests.admin.conftest import NOON, Clock, Town, a_join, an_account

CODE = JoinCode("http://127.0.0.1:8750", None, b"sixteen secret b")
OTHER = JoinCode("http://127.0.0.1:8750", None, b"another secret..")


def a_request(code: JoinCode = CODE, key: bytes = b"s" * 32) -> JoinRequestV1:
    return request(
        Newcomer(code=code.lookup, seal_key=b64encode(key).decode(), csr="a certificate request"), code.key
    )


@pytest.fixture
def join(engine: Engine, town: Town) -> int:
    """A code that was just made."""
    with writing(engine) as session:
        maker = an_account("chen", Role.MANAGER)
        session.add(maker)
        session.flush()
        row = a_join(maker.id, town.compound, CODE.lookup)
        session.add(row)
        session.flush()
        return row.id


def ask(client: FlaskClient, asked: JoinRequestV1, address: str = "192.168.1.20") -> TestResponse:
    return client.post(
        "/gate/v1/join",
        data=asked.encode(),
        environ_base={"REMOTE_ADDR": address},
        content_type="application/json",
    )


def answer(response: TestResponse) -> JoinAnswerV1:
    assert response.status_code == 200, response.text
    return JoinAnswerV1.decode(response.data)


def refusal(why: JoinFault) -> JoinAnswerV1:
    return JoinAnswerV1(state=JoinState.REFUSED, why=why)


def set_to(engine: Engine, join: int, **columns: object) -> None:
    with writing(engine) as session:
        row = session.get_one(GateJoin, join)
        for name, value in columns.items():
            setattr(row, name, value)


def test_a_request_is_kept_once_and_the_same_box_may_ask_again(
    client: FlaskClient, engine: Engine, join: int, clock: Clock
) -> None:
    assert answer(ask(client, a_request())) == JoinAnswerV1(state=JoinState.WAITING)
    clock.pass_by(timedelta(minutes=20))  # longer than the code; the second person may take a while
    assert answer(ask(client, a_request())) == JoinAnswerV1(state=JoinState.WAITING)
    with reading(engine) as session:
        row = session.get_one(GateJoin, join)
        assert (row.step, row.asked_from, row.asked_at) == (JoinStep.ASKED, "192.168.1.20", NOON)
        assert JoinRequestV1.decode((row.request or "").encode()) == a_request()
        assert (row.code_sealed, row.ends_at) == (None, NOON + CONFIRM_WITHIN)
        assert [(line.principal, line.act) for line in session.scalars(select(Audit))] == [
            (f"join:{join}", "gate_join_asked")
        ]


def test_a_second_box_with_the_code_is_refused_recorded_and_alarms(
    client: FlaskClient, engine: Engine, join: int
) -> None:
    ask(client, a_request())
    second = a_request(key=b"t" * 32)
    assert answer(ask(client, second, "192.168.1.66")).why is JoinFault.USED
    with reading(engine) as session:
        row = session.get_one(GateJoin, join)
        assert JoinRequestV1.decode((row.request or "").encode()) == a_request()
        assert row.reused_at == NOON
        assert session.scalars(select(Audit.act)).all() == ["gate_join_asked", "gate_join_reused"]


def test_a_code_ends_after_its_quarter_of_an_hour(client: FlaskClient, join: int, clock: Clock) -> None:
    clock.pass_by(CODE_LASTS)
    assert answer(ask(client, a_request())).why is JoinFault.EXPIRED


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"step": "checked"}, JoinAnswerV1(state=JoinState.CONFIRM)),
        ({"step": "confirmed"}, JoinAnswerV1(state=JoinState.CONFIRM)),
        ({"step": "cancelled"}, refusal(JoinFault.CANCELLED)),
        ({"step": "refused", "why": "wrong_proof"}, refusal(JoinFault.WRONG_PROOF)),
        ({"step": "refused", "why": "not_the_box"}, refusal(JoinFault.NOT_THE_BOX)),
        ({"step": "done", "answer_sealed": None}, refusal(JoinFault.USED)),
    ],
)
def test_the_box_learns_how_far_it_has_come(
    client: FlaskClient, engine: Engine, join: int, columns: dict[str, object], told: JoinAnswerV1
) -> None:
    ask(client, a_request())
    set_to(engine, join, **columns)
    assert answer(ask(client, a_request())) == told


def test_nobody_but_the_box_gets_the_sealed_answer(client: FlaskClient, engine: Engine, join: int) -> None:
    ask(client, a_request())
    set_to(engine, join, step="done", answer_sealed=b"sealed to the box")
    told = answer(ask(client, a_request()))
    assert (told.state, told.sealed) == (JoinState.ADMITTED, b64encode(b"sealed to the box").decode())
    assert answer(ask(client, a_request(key=b"t" * 32))).sealed is None


def test_a_cancelled_code_takes_no_box(client: FlaskClient, engine: Engine, join: int) -> None:
    set_to(engine, join, step="cancelled")
    assert answer(ask(client, a_request())).why is JoinFault.CANCELLED
    with reading(engine) as session:
        assert session.get_one(GateJoin, join).request is None


def test_guesses_are_limited_by_address_and_a_right_code_elsewhere_is_still_taken(
    client: FlaskClient, join: int, clock: Clock
) -> None:
    guesses = [ask(client, a_request(OTHER), "192.168.1.66").status_code for _ in range(GUESSES.tries)]
    assert guesses == [401] * GUESSES.tries
    limited = ask(client, a_request(OTHER), "192.168.1.66")
    assert (limited.status_code, json.loads(limited.text)) == (429, {"error": "too_many_requests"})
    assert ask(client, a_request(), "192.168.1.66").status_code == 429
    assert answer(ask(client, a_request())).state is JoinState.WAITING
    clock.pass_by(GUESSES.within)
    assert ask(client, a_request(), "192.168.1.66").status_code == 200


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"body":"{}","proof":"' + b"0" * 64 + b'"}', b"\xff"])
def test_what_is_no_request_is_refused_by_a_code(client: FlaskClient, body: bytes) -> None:
    refused = client.post("/gate/v1/join", data=body)
    assert (refused.status_code, list(json.loads(refused.text))) == (400, ["error"])


def test_the_authority_is_shown_to_whoever_asks_and_nothing_where_there_is_none(
    client: FlaskClient, web_settings: WebSettings
) -> None:
    assert client.get("/gate/v1/ca").status_code == 404
    make_authority(web_settings.own_keys.parent / "dispatch", web_settings.public_keys, "Wutong", NOON)
    shown = client.get("/gate/v1/ca")
    assert shown.data == (web_settings.public_keys / AUTHORITY_CERTIFICATE).read_bytes()
    assert b"PRIVATE" not in shown.data
