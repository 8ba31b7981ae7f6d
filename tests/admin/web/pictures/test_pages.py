"""A test picture: from its own gate, once, in time; seen once by somebody who may and says why; then gone."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from admin.db.erasing import expire
from admin.db.session import reading, writing
from admin.db.tables import Account, Audit, Compound, GateOrder, GatePicture
from admin.jobs.pictures import PictureRound
from admin.jobs.task import Ground
from admin.security.permissions import Role
from admin.web.pictures.jpeg import is_plain_jpeg
from contracts.ids import uuid7
from contracts.picture import LARGEST_PICTURE
from tests.admin.conftest import NOON, Clock, Town, an_account
from tests.admin.web.rows import CREDENTIAL, a_passage, another_gate, give_credential

Login = Callable[..., FlaskClient]
GATE = "gate-main"


def segment(kind: int, body: bytes) -> bytes:
    return bytes((0xFF, kind)) + (len(body) + 2).to_bytes(2, "big") + body


FRAME = segment(0xC0, bytes((8, 0, 48, 0, 64, 3)) + bytes(9))
SCAN = segment(0xDA, bytes(10)) + b"pixels of a face"
JPEG = b"\xff\xd8" + segment(0xE0, b"JFIF\0") + segment(0xDB, bytes(65)) + FRAME + SCAN + b"\xff\xd9"


@pytest.fixture
def order(engine: Engine, town: Town) -> UUID:
    """A test picture ordered of the main gate at noon."""
    give_credential(engine, GATE)
    with writing(engine) as session:
        account = an_account("boss", Role.MANAGER, town.compound)
        session.add(account)
        session.flush()
        return an_order(account)(session)


def an_order(account: Account, **columns: object) -> Callable[..., UUID]:
    plain = {"gate_id": GATE, "operation": "test_picture", "reason": "camera", "state": "done"}
    row = GateOrder(id=uuid7(), account_id=account.id, asked_at=NOON, **{**plain, **columns})

    def add(session: Session) -> UUID:
        session.add(row)
        return row.id

    return add


def send(
    client: FlaskClient, of: UUID, jpeg: bytes = JPEG, gate: str = GATE, credential: str = CREDENTIAL
) -> TestResponse:
    return client.post(
        f"/gate/v1/{gate}/pictures/test/{of}",
        data=jpeg,
        headers={"Authorization": f"Bearer {credential}", "Content-Type": "image/jpeg"},
    )


def kept(engine: Engine, of: UUID) -> GatePicture | None:
    with reading(engine) as session:
        return session.get(GatePicture, of)


def seen(engine: Engine) -> list[tuple[str, str | None]]:
    with reading(engine) as session:
        found = select(Audit.subject, Audit.purpose).where(Audit.act == "picture_seen")
        return [(subject, purpose) for subject, purpose in session.execute(found)]


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_a_picture_is_seen_once_with_a_purpose_and_is_gone(
    client: FlaskClient, engine: Engine, order: UUID, town: Town, logged_in: Login
) -> None:
    assert send(client, order).status_code == 201
    row = kept(engine, order)
    assert row is not None
    assert row.sealed is not None
    assert b"pixels of a face" not in row.sealed
    browser = logged_in(Role.MANAGER, town.compound)
    assert "Why are you looking" in browser.get(f"/orders/{order}").text
    assert seen(engine) == []
    answer = browser.post(f"/pictures/{order}", data={"purpose": "gate_trouble"})
    assert answer.status_code == 200
    assert "data:image/jpeg;base64,/9j/" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert seen(engine) == [(f"test:{order}", "gate_trouble")]
    gone = kept(engine, order)
    assert gone is not None
    assert gone.sealed is None
    assert browser.post(f"/pictures/{order}", data={"purpose": "gate_trouble"}).status_code == 410
    assert len(seen(engine)) == 1
    assert "was seen and is deleted" in browser.get(f"/orders/{order}").text


@pytest.mark.promise(10)
def test_without_a_purpose_permission_or_the_compound_nothing_is_shown(
    client: FlaskClient, engine: Engine, order: UUID, town: Town, logged_in: Login
) -> None:
    send(client, order)
    why = {"purpose": "gate_trouble"}
    browser = logged_in(Role.MANAGER, town.compound)
    assert browser.post(f"/pictures/{order}", data={"purpose": "curious"}).status_code == 400
    assert (
        logged_in(Role.MANAGER, town.other_compound).post(f"/pictures/{order}", data=why).status_code == 404
    )
    for role in (Role.STAFF, Role.GUARD):
        other = logged_in(role, town.compound)
        assert other.post(f"/pictures/{order}", data=why).status_code == 403
        assert other.post(f"/orders/{GATE}/test_picture", data={"reason": "camera"}).status_code == 403
    assert seen(engine) == []
    row = kept(engine, order)
    assert row is not None
    assert row.sealed is not None


@pytest.mark.promise(12)
def test_a_picture_nobody_looks_at_is_deleted(
    client: FlaskClient, engine: Engine, order: UUID, clock: Clock, logged_in: Login
) -> None:
    send(client, order)
    browser = logged_in(Role.MANAGER)
    clock.pass_by(timedelta(minutes=4))
    assert browser.post(f"/pictures/{order}", data={"purpose": "duty"}).status_code == 410
    sweep = PictureRound(Ground(engine, clock))
    sweep()
    sweep()
    row = kept(engine, order)
    assert row is not None
    assert row.sealed is None
    with reading(engine) as session:
        acts = session.scalars(select(Audit.act)).all()
    assert acts.count("pictures_expired") == 1
    assert "Nobody looked in time" in browser.get(f"/orders/{order}").text


BAD = {
    "empty": b"",
    "no picture": b"<svg onload=alert(1)>",
    "cut short": JPEG[:-2],
    "something behind it": JPEG + b"<script>",
    "EXIF": JPEG[:2] + segment(0xE1, b"Exif\0\0") + JPEG[2:],
    "a comment": JPEG[:2] + segment(0xFE, b"name") + JPEG[2:],
    "no frame": b"\xff\xd8" + SCAN + b"\xff\xd9",
    "two frames": b"\xff\xd8" + FRAME + FRAME + SCAN + b"\xff\xd9",
    "a huge frame": b"\xff\xd8" + segment(0xC0, bytes((8, 255, 255, 255, 255, 3))) + SCAN + b"\xff\xd9",
    "a length beyond the end": b"\xff\xd8\xff\xc0\xff\xff" + bytes(9) + b"\xff\xd9",
    "a comment behind the scan": JPEG[:-2] + segment(0xFE, b"a name") + JPEG[-2:],
    "a picture behind the picture": JPEG + JPEG,
    "many scans": JPEG[:-2] + SCAN + JPEG[-2:],
    "progressive": JPEG.replace(FRAME[:2], b"\xff\xc2"),
    "no scan": b"\xff\xd8" + FRAME + b"\xff\xd9",
}


@pytest.mark.parametrize("jpeg", BAD.values(), ids=BAD)
def test_what_is_no_plain_jpeg_is_refused(
    client: FlaskClient, engine: Engine, order: UUID, jpeg: bytes
) -> None:
    answer = send(client, order, jpeg)
    assert (answer.status_code, answer.json) == (400, {"error": "not_a_picture"})
    assert kept(engine, order) is None


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_they_are_judged(content: bytes) -> None:
    assert not is_plain_jpeg(content)
    is_plain_jpeg(JPEG[:2] + content + JPEG[-2:])
    is_plain_jpeg(JPEG[: len(content)] + content + JPEG[len(content) :])


def test_more_than_a_picture_may_have_is_refused(client: FlaskClient, engine: Engine, order: UUID) -> None:
    large = JPEG[:-2] + bytes(LARGEST_PICTURE) + JPEG[-2:]
    assert not is_plain_jpeg(large)
    assert send(client, order, large).status_code == 413
    assert kept(engine, order) is None


def test_a_second_picture_of_one_order_is_refused(client: FlaskClient, order: UUID) -> None:
    send(client, order)
    again = send(client, order)
    assert (again.status_code, again.json) == (409, {"error": "twice"})


def test_a_late_picture_is_refused(client: FlaskClient, engine: Engine, order: UUID, clock: Clock) -> None:
    clock.pass_by(timedelta(seconds=31))
    late = send(client, order)
    assert (late.status_code, late.json) == (410, {"error": "too_late"})
    assert kept(engine, order) is None


@pytest.mark.promise(9)
def test_another_gate_a_stranger_and_another_order_bring_no_picture(
    client: FlaskClient, engine: Engine, order: UUID, town: Town
) -> None:
    with writing(engine) as session:
        another_gate(session, town.compound, "gate-north")
        opening = an_order(session.get_one(Account, 1), operation="open")(session)
    assert send(client, order, gate="gate-north", credential="another").status_code == 404
    assert send(client, order, gate="gate-north").status_code == 401
    assert send(client, order, credential="guessed").status_code == 401
    assert send(client, opening).status_code == 404
    assert send(client, uuid7()).status_code == 404
    assert kept(engine, order) is None


def test_a_manager_orders_one_and_the_order_waits_for_dispatch(
    engine: Engine, order: UUID, town: Town, logged_in: Login
) -> None:
    browser = logged_in(Role.MANAGER, town.compound)
    answer = browser.post(f"/orders/{GATE}/test_picture", data={"reason": "camera"})
    assert answer.status_code == 302
    with reading(engine) as session:
        newest = session.scalars(select(GateOrder).order_by(GateOrder.number.desc())).first()
        assert newest is not None
        assert (newest.operation, newest.state) == ("test_picture", "asked")
        acts = session.scalars(select(Audit.act)).all()
    assert "gate_test_picture" in acts


@pytest.fixture
def refusal(engine: Engine, town: Town) -> UUID:
    """Somebody refused at the main gate at noon, whose compound keeps pictures of that for three days."""
    give_credential(engine, GATE)
    with writing(engine) as session:
        session.get_one(Compound, town.compound).picture_days = 3
        return a_passage(session, GATE, outcome="denied", reason="unknown").id


def send_refusal(client: FlaskClient, of: UUID, jpeg: bytes = JPEG) -> TestResponse:
    head = {"Authorization": f"Bearer {CREDENTIAL}", "Content-Type": "image/jpeg"}
    return client.post(f"/gate/v1/{GATE}/pictures/refusal/{of}", data=jpeg, headers=head)


@pytest.mark.promise(10)
def test_a_refusals_picture_is_seen_at_its_passage_each_time_with_a_purpose(
    client: FlaskClient, engine: Engine, refusal: UUID, town: Town, logged_in: Login
) -> None:
    assert send_refusal(client, refusal).status_code == 201
    assert send_refusal(client, refusal).status_code == 409
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post("/log/purpose", data={"purpose": "duty"})
    assert f"/pictures/{refusal}" in browser.get(f"/log?open={refusal}").text
    for _ in range(2):
        answer = browser.post(f"/pictures/{refusal}", data={"purpose": "incident"})
        assert "data:image/jpeg;base64," in answer.text
    assert seen(engine) == [(f"refusal:{refusal}", "incident")] * 2
    assert logged_in(Role.STAFF, town.compound).post(f"/pictures/{refusal}").status_code == 403


@pytest.mark.promise(12)
def test_a_refusals_picture_goes_after_its_days_and_when_fewer_are_chosen(
    client: FlaskClient, refusal: UUID, town: Town, clock: Clock, logged_in: Login
) -> None:
    engine = client.application.extensions["kaimen"].engine
    send_refusal(client, refusal)
    browser = logged_in(Role.MANAGER, town.compound)
    browser.post(f"/privacy/{town.compound}/pictures", data={"days": "1"})
    row = kept(engine, refusal)
    assert row is not None
    assert row.until == NOON + timedelta(days=1)
    clock.pass_by(timedelta(days=1))
    PictureRound(Ground(engine, clock))()
    row = kept(engine, refusal)
    assert row is not None
    assert row.sealed is None
    assert browser.post(f"/privacy/{town.compound}/pictures", data={"days": "8"}).status_code == 400


@pytest.mark.promise(12)
def test_none_is_kept_where_the_compound_keeps_none(
    client: FlaskClient, engine: Engine, refusal: UUID, town: Town, logged_in: Login
) -> None:
    send_refusal(client, refusal)
    logged_in(Role.MANAGER, town.compound).post(f"/privacy/{town.compound}/pictures", data={"days": "0"})
    row = kept(engine, refusal)
    assert row is not None
    assert row.sealed is None
    with writing(engine) as session:
        another = a_passage(session, GATE, 2, outcome="denied").id
    answer = send_refusal(client, another)
    assert (answer.status_code, answer.json) == (403, {"error": "not_kept"})


def test_only_refusals_of_faces_have_pictures_and_only_for_an_hour(
    client: FlaskClient, engine: Engine, refusal: UUID, clock: Clock
) -> None:
    with writing(engine) as session:
        granted = a_passage(session, GATE, 2).id
        typed = a_passage(session, GATE, 3, outcome="denied", method="pin").id
    assert [send_refusal(client, one).status_code for one in (granted, typed, uuid7())] == [404] * 3
    clock.pass_by(timedelta(hours=1, minutes=1))
    assert send_refusal(client, refusal).json == {"error": "too_late"}


@pytest.mark.promise(12)
def test_erasing_a_passage_takes_its_picture_along(
    client: FlaskClient, engine: Engine, refusal: UUID
) -> None:
    send_refusal(client, refusal)
    with writing(engine) as session:
        expire(session, [refusal], NOON)
    assert kept(engine, refusal) is None
