"""What gates ask over HTTP, and what a gate cannot get."""

import json
import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from werkzeug.test import TestResponse

from admin.db.revision import revision
from admin.db.session import reading, writing
from admin.db.tables.gates import Gate, SealedRoster
from admin.db.tables.visits import PassClaim, Visit
from admin.settings import WebSettings
from contracts.claim import ClaimV1
from contracts.ids import GateId, PassId, uuid7
from tests.admin.conftest import NOON, Clock, Town, a_roster
from tests.admin.web.rows import CREDENTIAL, HOUR, a_visit, another_gate, give_credential

GATE = "gate-main"


@pytest.fixture
def gate(engine: Engine, town: Town) -> str:
    give_credential(engine, GATE)
    return GATE


@pytest.fixture
def one_use(engine: Engine, web_settings: WebSettings, gate: str, town: Town) -> str:
    """The pass id of a pass for one use."""
    with writing(engine) as session:
        return a_visit(session, web_settings, town.compound, uses=1).visit.pass_id


def ask(client: FlaskClient, claim: ClaimV1, gate: str = GATE, credential: str = CREDENTIAL) -> TestResponse:
    return client.post(
        f"/gate/v1/{gate}/claims",
        data=claim.encode(),
        headers={"Authorization": f"Bearer {credential}", "Content-Type": "application/json"},
    )


def a_claim(pass_id: str, gate: str = GATE, at: datetime = NOON, claim_id: UUID | None = None) -> ClaimV1:
    return ClaimV1(id=claim_id or uuid7(), gate=GateId(gate), pass_id=PassId(pass_id), at=at)


def refusal(answer: TestResponse) -> str | None:
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text).get("refused")


def test_a_use_is_given_once_and_the_same_claim_gets_the_same_answer(
    client: FlaskClient, engine: Engine, one_use: str
) -> None:
    claim = a_claim(one_use)
    with reading(engine) as session:
        before = revision(session)
    assert [refusal(ask(client, claim)) for _ in range(3)] == [None, None, None]
    assert refusal(ask(client, a_claim(one_use))) == "spent"
    with reading(engine) as session:
        assert session.scalars(select(PassClaim.id)).all() == [claim.id]
        assert revision(session) == before + 1


@pytest.mark.real
def test_two_claims_for_the_last_use_at_the_same_time_get_it_once(app: Flask, one_use: str) -> None:
    answers: list[str | None] = []
    together = threading.Barrier(4)

    def claim() -> None:
        with app.test_client() as client:
            together.wait()
            answers.append(refusal(ask(client, a_claim(one_use))))

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer or "given" for answer in answers) == ["given", "spent", "spent", "spent"]


def test_a_pass_too_early_ended_or_cancelled_is_refused_by_name(
    client: FlaskClient, engine: Engine, one_use: str, clock: Clock
) -> None:
    clock.now = NOON - HOUR
    assert refusal(ask(client, a_claim(one_use))) == "too_early"
    clock.now = NOON + HOUR
    assert refusal(ask(client, a_claim(one_use))) == "expired"
    clock.now = NOON
    with writing(engine) as session:
        session.scalars(select(Visit)).one().cancelled_at = NOON
    assert refusal(ask(client, a_claim(one_use))) == "cancelled"


def test_a_pass_that_nobody_made_is_forged(client: FlaskClient, gate: str) -> None:
    assert refusal(ask(client, a_claim("0" * 32))) == "forged"


def test_a_pass_for_another_gate_is_refused(
    client: FlaskClient, engine: Engine, web_settings: WebSettings, gate: str, town: Town
) -> None:
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north")
        made = a_visit(session, web_settings, town.compound, gates=("gate-north",))
    assert refusal(ask(client, a_claim(made.visit.pass_id))) == "wrong_gate"


@pytest.mark.promise(10)
def test_a_gate_of_another_compound_claims_nothing_here(
    client: FlaskClient, engine: Engine, one_use: str, town: Town
) -> None:
    with writing(engine) as session:
        another_gate(session, town.other_compound, "gate-yinxing", "theirs")
    assert refusal(ask(client, a_claim(one_use, "gate-yinxing"), "gate-yinxing", "theirs")) == "forged"


@pytest.mark.promise(10)
def test_a_gate_speaks_for_itself_alone(
    client: FlaskClient, engine: Engine, one_use: str, town: Town
) -> None:
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north", "northern")
    assert ask(client, a_claim(one_use, GATE), "gate-north", "northern").status_code == 403
    assert ask(client, a_claim(one_use, GATE), GATE, "northern").status_code == 401
    assert ask(client, a_claim(one_use, "gate-north"), "gate-nowhere", "northern").status_code == 401


def test_a_revoked_gate_and_a_missing_credential_are_turned_away(
    client: FlaskClient, engine: Engine, one_use: str
) -> None:
    assert client.post(f"/gate/v1/{GATE}/claims", data=b"{}").status_code == 401
    bare = client.get(f"/gate/v1/{GATE}/roster/1", headers={"Authorization": CREDENTIAL})
    assert (bare.status_code, bare.json) == (401, {"error": "unauthorized"})
    with writing(engine) as session:
        session.get_one(Gate, GATE).revoked_at = NOON
    assert ask(client, a_claim(one_use)).status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"not json", 400, "not_json"),
        (b"{}", 400, "malformed"),
        (b'{"v":2}', 400, "newer_version"),
        (b"x" * 20_000, 413, "too_large"),
    ],
)
def test_a_claim_that_is_none_is_refused_by_code(
    client: FlaskClient, gate: str, body: bytes, status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {CREDENTIAL}"}
    answer = client.post(f"/gate/v1/{gate}/claims", data=body, headers=headers)
    assert (answer.status_code, answer.json) == (status, {"error": code})


@pytest.fixture
def sealed(engine: Engine, gate: str, town: Town) -> bytes:
    content = bytes(range(256)) * 8
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north", "northern")
        for gate_id, version, body in ((gate, 7, content), ("gate-north", 8, b"theirs")):
            session.add(a_roster(gate_id, version, size=2000, sealed=body, step_from="e" * 64, step=body[:5]))
    return content


def fetch(client: FlaskClient, version: int, **headers: str) -> TestResponse:
    return client.get(
        f"/gate/v1/{GATE}/roster/{version}", headers={"Authorization": f"Bearer {CREDENTIAL}", **headers}
    )


def test_a_gate_fetches_its_sealed_roster_whole_in_parts_or_not_again(
    client: FlaskClient, sealed: bytes
) -> None:
    whole = fetch(client, 7)
    assert (whole.data, whole.mimetype) == (sealed, "application/octet-stream")
    part = fetch(client, 7, Range="bytes=100-")
    assert (part.status_code, part.data) == (206, sealed[100:])
    assert fetch(client, 7, **{"If-None-Match": whole.headers["ETag"]}).status_code == 304


def test_an_interrupted_roster_is_continued_only_while_it_is_the_same(
    client: FlaskClient, sealed: bytes
) -> None:
    etag = fetch(client, 7).headers["ETag"]
    rest = fetch(client, 7, **{"Range": "bytes=500-", "If-Range": etag})
    assert (rest.status_code, rest.data) == (206, sealed[500:])
    assert rest.headers["Content-Range"] == f"bytes 500-{len(sealed) - 1}/{len(sealed)}"
    other = fetch(client, 7, **{"Range": "bytes=500-", "If-Range": '"another"'})
    assert (other.status_code, other.data) == (200, sealed)


def after(client: FlaskClient, digest: str, gate: str = GATE) -> TestResponse:
    headers = {"Authorization": f"Bearer {CREDENTIAL}"}
    return client.get(f"/gate/v1/{gate}/roster/after/{digest}", headers=headers)


@pytest.mark.promise(10)
def test_a_gate_fetches_the_step_from_what_it_holds_and_no_other_gates(
    client: FlaskClient, sealed: bytes
) -> None:
    assert after(client, "e" * 64).data == sealed[:5]
    assert after(client, "f" * 64).status_code == 404
    assert after(client, "e" * 64, gate="gate-north").status_code in (401, 403, 404)


def test_a_roster_whose_whole_is_still_to_come_is_not_there_yet(
    client: FlaskClient, sealed: bytes, engine: Engine
) -> None:
    with writing(engine) as session:
        session.execute(update(SealedRoster).values(sealed=None))
    assert fetch(client, 7).status_code == 404


@pytest.mark.promise(10)
def test_a_gate_fetches_no_roster_of_another(client: FlaskClient, sealed: bytes) -> None:
    assert fetch(client, 8).status_code == 404


def test_the_health_address_answers_anybody(client: FlaskClient, engine: Engine) -> None:
    assert client.get("/healthz").text == "ok\n"


def test_time_of_the_claim_is_the_servers(
    client: FlaskClient, engine: Engine, one_use: str, clock: Clock
) -> None:
    clock.pass_by(timedelta(minutes=5))
    ask(client, a_claim(one_use, at=NOON - HOUR))
    with reading(engine) as session:
        assert session.scalars(select(PassClaim.at)).one() == NOON + timedelta(minutes=5)
