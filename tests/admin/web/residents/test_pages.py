"""The list, one person's page, and who may change what."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind
from admin.db.session import reading, writing
from admin.db.tables.accounts import Audit
from admin.db.tables.jobs import Job
from admin.db.tables.people import Face, Membership, Person, Pin
from admin.db.tables.places import Household
from admin.db.tables.server import Server
from admin.db.tables.visits import ResidentLink, Visit
from admin.security.audit import first_bad_entry
from admin.security.keys import load_sealing_key
from admin.security.permissions import Role
from admin.settings import WebSettings
from contracts.sealing import unseal

Login = Callable[..., FlaskClient]
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NAMES = {"欧阳娜娜": "ou yang na na", "王晓明": "wang xiao ming", "古丽娜尔·买买提": "gu li na er mai mai ti"}


def a_resident(session: Session, town: Any, name: str, room: str = "3-2-1201", **more: Any) -> Person:
    """Somebody with a home; `more` are columns of the person."""
    building, unit, _ = room.split("-")
    inside = f"{building}-{unit}" in town.units
    unit_id = town.units[f"{building}-{unit}"] if inside else town.other_unit
    household = session.scalars(select(Household).where(Household.room == room)).one_or_none()
    if household is None:
        household = Household(unit_id=unit_id, room=room)
        session.add(household)
    pinyin = NAMES.get(name, "")
    person = Person(
        compound_id=town.compound if inside else town.other_compound,
        wire_id=uuid4().hex,
        vault_id=uuid4().hex,
        name=name,
        pinyin=pinyin,
        initials="".join(word[0] for word in pinyin.split()),
        added_at=NOON,
        **more,
    )
    session.add(person)
    session.flush()
    session.add(Membership(person_id=person.id, household_id=household.id, role="owner", since=NOON))
    session.flush()
    return person


@pytest.fixture
def people(engine: Engine, town: Any) -> dict[str, UUID]:
    """Three people of the first compound, one of the second."""
    with writing(engine) as session:
        return {
            "欧阳娜娜": a_resident(session, town, "欧阳娜娜", phone="+8613812345678").id,
            "王晓明": a_resident(session, town, "王晓明", "3-1-301").id,
            "古丽娜尔·买买提": a_resident(session, town, "古丽娜尔·买买提", "5-1-101").id,
            "邻居": a_resident(session, town, "邻居", "1-1-101").id,
        }


def names(page: str) -> list[str]:
    return re.findall(r'class="km-name" translate="no">([^<]+)<', page)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("欧阳", ["欧阳娜娜"]),
        ("娜", ["古丽娜尔·买买提", "欧阳娜娜"]),
        ("wxm", ["王晓明"]),
        ("wangxiao", ["王晓明"]),
        ("wang xiao", ["王晓明"]),
        ("OYNN", ["欧阳娜娜"]),
        ("3-2-1201", ["欧阳娜娜"]),
        ("1201", ["欧阳娜娜"]),
        ("3－1", ["王晓明"]),
        ("5678", ["欧阳娜娜"]),
        ("欧阳 1201", ["欧阳娜娜"]),
        ("欧阳 301", []),
        ("%", []),
        ("_", []),
    ],
)
def test_people_are_found_as_staff_call_them(
    logged_in: Login, people: dict[str, UUID], words: str, found: list[str]
) -> None:
    page = logged_in(Role.MANAGER).get("/residents/", query_string={"q": words}).text
    assert names(page) == found


def test_an_empty_search_says_what_to_try(logged_in: Login, people: dict[str, UUID]) -> None:
    page = logged_in(Role.MANAGER).get("/residents/?q=zzz").text
    assert "Nobody fits “zzz”" in page
    assert "Try the family name" in page


def test_the_list_pages_through_everybody_once_and_back(logged_in: Login, engine: Engine, town: Any) -> None:
    with writing(engine) as session:
        for number in range(120):
            a_resident(session, town, f"某{number:03d}", "3-1-301")
    browser = logged_in(Role.MANAGER)
    seen, address, page = [], "/residents/", ""
    pages = []
    while address:
        page = browser.get(address).text
        pages.append(names(page))
        seen += names(page)
        further = re.search(r'rel="next" href="([^"]+)"', page)
        address = further[1].replace("&amp;", "&") if further else ""
        assert "某" not in address
    assert sorted(seen) == [f"某{number:03d}" for number in range(120)]
    before = re.search(r'rel="prev" href="([^"]+)"', page)
    assert before is not None
    assert names(browser.get(before[1]).text) == pages[-2]


@pytest.mark.promise(10)
def test_staff_of_one_compound_see_nothing_of_another(
    logged_in: Login, people: dict[str, UUID], town: Any
) -> None:
    browser = logged_in(Role.STAFF, town.compound)
    assert "邻居" not in browser.get("/residents/").text
    assert "邻居" not in browser.get("/residents/?q=邻居", follow_redirects=True).text.split("<main")[
        1
    ].replace("“邻居”", "")
    neighbour = people["邻居"]
    for address in ("", "/edit", "/homes"):
        assert browser.get(f"/residents/{neighbour}{address}").status_code == 404
    for address in (f"/enrol/{neighbour}", f"/enrol/{neighbour}/declined", f"/enrol/{neighbour}/progress"):
        assert browser.get(address).status_code == 404


@pytest.mark.promise(10)
def test_staff_of_one_compound_change_nothing_of_another(
    logged_in: Login, people: dict[str, UUID], town: Any, engine: Engine
) -> None:
    browser, neighbour = logged_in(Role.STAFF, town.compound), people["邻居"]
    with reading(engine) as session:
        home = session.scalars(select(Membership.id).where(Membership.person_id == neighbour)).one()
        before = session.scalars(select(Audit.seq)).all()
    acts = (
        f"/residents/{neighbour}/edit",
        f"/residents/{neighbour}/homes",
        f"/residents/{neighbour}/homes/{home}/end",
        f"/residents/{people['欧阳娜娜']}/homes/{home}/end",
        f"/residents/{neighbour}/pin",
        f"/residents/{neighbour}/link",
        f"/enrol/{neighbour}/photo",
        f"/enrol/{neighbour}/withdraw",
    )
    for act in acts:
        assert browser.post(act, data={"name": "他"}).status_code == 404, act
    consent = browser.post(f"/enrol/{neighbour}/consent", data={"answer": "yes", "text": "1"})
    assert consent.status_code == 404
    with reading(engine) as session:
        assert session.scalars(select(Audit.seq)).all() == before
        assert session.scalars(select(Job)).all() == []
        assert session.get_one(Person, neighbour).name == "邻居"


@pytest.mark.promise(10)
def test_nobody_is_housed_in_another_compound(
    logged_in: Login, people: dict[str, UUID], town: Any, engine: Engine
) -> None:
    browser = logged_in(Role.STAFF, town.compound)
    home = {"unit": town.other_unit, "door": "101", "role": "owner"}
    assert browser.post(f"/residents/{people['王晓明']}/homes", data=home).status_code == 422
    assert browser.post("/residents/new", data={"name": "新人", **home}).status_code == 422


def test_a_person_is_added_with_a_home_and_spelt_by_the_worker(
    logged_in: Login, town: Any, engine: Engine
) -> None:
    typed = {
        "name": "  Bartholomew   Featherstonehaugh ",
        "phone": "138 1234 5678",
        "born": "1990-02-03",
        "unit": town.units["3-2"],
        "door": "1201a",
        "role": "tenant",
    }
    answer = logged_in(Role.STAFF, town.compound).post("/residents/new", data=typed)
    assert answer.status_code == 302
    with reading(engine) as session:
        person = session.scalars(select(Person)).one()
        assert (person.name, person.phone) == ("Bartholomew Featherstonehaugh", "+8613812345678")
        assert person.born == date(1990, 2, 3)
        assert person.compound_id == town.compound
        assert session.scalars(select(Household.room)).one() == "3-2-1201A"
        job = session.scalars(select(Job)).one()
        assert (job.kind, job.subject) == (JobKind.WRITE_PINYIN.value, f"person:{person.id}")
        assert session.get_one(Server, 1).revision == 2
        assert first_bad_entry(session) is None
        assert {"person_added", "home_added"} <= set(session.scalars(select(Audit.act)))
    assert answer.headers["Location"] == f"/residents/{person.id}"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "<script>"),
        ("name", "王" * 65),
        ("phone", "call me"),
        ("phone", "12"),
        ("born", "2027-01-01"),
        ("born", "1800-01-01"),
        ("door", ""),
        ("door", "12-01"),
        ("role", "king"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    logged_in: Login, town: Any, engine: Engine, field: str, typed: str
) -> None:
    good = {"name": "新人", "unit": town.units["3-2"], "door": "1201", "role": "owner", field: typed}
    answer = logged_in(Role.MANAGER).post("/residents/new", data=good)
    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    with reading(engine) as session:
        assert session.scalars(select(Person)).all() == []


def test_only_a_new_name_is_spelt_anew(logged_in: Login, people: dict[str, UUID], engine: Engine) -> None:
    browser, person = logged_in(Role.MANAGER), people["王晓明"]
    browser.post(f"/residents/{person}/edit", data={"name": "王晓明", "phone": "13900000000"})
    with reading(engine) as session:
        assert session.scalars(select(Job)).all() == []
    browser.post(f"/residents/{person}/edit", data={"name": "王小明"})
    with reading(engine) as session:
        assert session.scalars(select(Job.kind)).all() == [JobKind.WRITE_PINYIN.value]
        details = session.scalars(select(Audit.details).where(Audit.act == "person_changed")).all()
    assert not any("王" in one or "139" in one for one in details)


def test_a_last_home_that_ends_takes_face_pin_link_and_passes_along(
    logged_in: Login, people: dict[str, UUID], engine: Engine, town: Any
) -> None:
    person = people["王晓明"]
    with writing(engine) as session:
        session.add(Face(person_id=person, model="m", templates=1, enrolled_at=NOON))
        home = session.scalars(select(Membership).where(Membership.person_id == person)).one()
        session.add(a_visit(town, person, home.household_id))
        number = home.id
    browser = logged_in(Role.MANAGER)
    browser.post(f"/residents/{person}/pin")
    browser.post(f"/residents/{person}/link")
    assert browser.post(f"/residents/{person}/homes/{number}/end").status_code == 302
    with reading(engine) as session:
        assert session.get_one(Person, person).left_at is not None
        assert session.get(Pin, person) is None
        assert session.scalars(select(ResidentLink)).one().ended_at is not None
        assert session.scalars(select(Visit)).one().cancelled_at is not None
        assert session.scalars(select(Job.kind)).all() == [JobKind.FORGET_FACE.value]
    assert "Moved away" in browser.get(f"/residents/{person}").text
    assert names(browser.get("/residents/?gone=1").text) == ["王晓明"]


def test_one_of_two_homes_ends_alone(
    logged_in: Login, people: dict[str, UUID], engine: Engine, town: Any
) -> None:
    browser, person = logged_in(Role.MANAGER), people["王晓明"]
    added = {"unit": town.units["5-2"], "door": "601", "role": "owner"}
    assert browser.post(f"/residents/{person}/homes", data=added).status_code == 302
    with reading(engine) as session:
        homes = session.scalars(select(Membership.id).where(Membership.person_id == person)).all()
    browser.post(f"/residents/{person}/homes/{homes[0]}/end")
    with reading(engine) as session:
        assert session.get_one(Person, person).left_at is None


@pytest.mark.promise(4)
def test_a_pin_is_shown_once_and_only_dispatch_can_read_it(
    logged_in: Login, people: dict[str, UUID], engine: Engine, web_settings: WebSettings
) -> None:
    browser, person = logged_in(Role.STAFF), people["欧阳娜娜"]
    page = browser.post(f"/residents/{person}/pin").text
    shown = re.search(r'km-figures" translate="no">(\d{6})<', page)
    assert shown is not None
    assert shown[1] not in browser.get(f"/residents/{person}").text
    with reading(engine) as session:
        sealed = session.get_one(Pin, person).sealed
        assert session.get_one(Server, 1).revision == 2
        assert not any(shown[1] in entry.details for entry in session.scalars(select(Audit)))
    dispatch: X25519PrivateKey = load_sealing_key(
        web_settings.own_keys.parent / "keys-dispatch" / "dispatch.key"
    )
    assert unseal(dispatch, "pin", sealed).decode() == shown[1]


def test_a_new_personal_link_ends_the_one_before(
    logged_in: Login, people: dict[str, UUID], engine: Engine, app: Any
) -> None:
    browser, person = logged_in(Role.STAFF), people["欧阳娜娜"]
    links = [
        re.search(r'readonly value="http://localhost([^"]+)"', browser.post(f"/residents/{person}/link").text)
        for _ in range(2)
    ]
    phone = app.test_client()
    assert [phone.get(link[1]).status_code for link in links if link] == [404, 200]
    with reading(engine) as session:
        assert len([row for row in session.scalars(select(ResidentLink)) if row.ended_at is None]) == 1


def test_a_phone_number_is_shown_whole_on_the_persons_page_alone(
    logged_in: Login, people: dict[str, UUID]
) -> None:
    browser = logged_in(Role.STAFF)
    assert "ends in 5678" in browser.get("/residents/").text
    assert "138 1234 5678" not in browser.get("/residents/").text
    assert "138 1234 5678" in browser.get(f"/residents/{people['欧阳娜娜']}").text


def a_visit(town: Any, host: UUID, household: int) -> Visit:
    return Visit(
        pass_id=uuid4().hex,
        compound_id=town.compound,
        host_id=host,
        household_id=household,
        visitor="客人",
        since=NOON,
        until=datetime(2026, 11, 24, tzinfo=UTC),
        uses=2,
        link_hash="0",
        link_sealed=b"",
        pin_sealed=b"",
        made_at=NOON,
    )
