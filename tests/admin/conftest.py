"""A compound to look at, accounts to look with, and the pages themselves."""

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from admin.db.joins import CODE_LASTS
from admin.db.session import writing
from admin.db.tables.accounts import Account
from admin.db.tables.gates import Gate, SealedRoster
from admin.db.tables.joins import GateJoin
from admin.db.tables.people import ConsentText, Membership, Person
from admin.db.tables.places import Compound, Household, Place
from admin.security.keys import make_sealing_key, make_secret
from admin.security.permissions import Role
from admin.settings import WebSettings
from admin.web import passwords
from admin.web.app import create_app
from admin.web.ground import TRANSLATIONS, Surroundings
from tests.databases import a_register, database, postgresql_address, postgresql_register, postgresql_server

__all__ = ["database", "postgresql_address", "postgresql_register", "postgresql_server"]

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
PASSWORD = "four plain words here"
HASH = passwords._HASHER.__class__(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Clock:
    """Time that passes when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Town:
    """Two compounds of one street. Ids only, so that tests may open sessions as they like."""

    street: int
    compound: int
    units: dict[str, int]
    other_compound: int
    other_unit: int
    gates: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def translations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue compiled as the set-up compiles it."""
    root = tmp_path_factory.mktemp("translations")
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        target = root / source.relative_to(TRANSLATIONS).with_suffix(".mo")
        target.parent.mkdir(parents=True)
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=source.parent.parent.name))
        target.write_bytes(compiled.getvalue())
    return root


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def web_settings(tmp_path: Path, database: str) -> WebSettings:
    own, public = tmp_path / "keys-web", tmp_path / "public"
    make_sealing_key(own / "web.key", public / "web.pub")
    make_sealing_key(tmp_path / "keys-worker" / "worker.key", public / "worker.pub")
    make_sealing_key(tmp_path / "keys-dispatch" / "dispatch.key", public / "dispatch.pub")
    make_secret(own / "session.secret")
    return WebSettings(
        database=database,
        own_keys=own,
        public_keys=public,
        port=8750,
        base_url="http://localhost",
        secure_cookies=False,
    )


@pytest.fixture
def engine(web_settings: WebSettings) -> Iterator[Engine]:
    engine = a_register(web_settings.database)
    yield engine
    engine.dispose()


@pytest.fixture
def town(engine: Engine) -> Town:
    with writing(engine) as session:
        return build_town(session)


MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app() -> Iterator[MakeApp]:
    """`make_app(settings, around)`: an app whose connections to the database end with the test."""
    made: list[Flask] = []

    def make(settings: WebSettings, around: Surroundings | None = None) -> Flask:
        made.append(create_app(settings, around))
        return made[-1]

    yield make
    for thread in threading.enumerate():
        if thread.name == "desk-feed":  # asks the database a moment longer than anybody watches
            thread.join()
    for app in made:
        app.extensions["kaimen"].engine.dispose()


@pytest.fixture
def app(
    web_settings: WebSettings, engine: Engine, clock: Clock, translations: Path, make_app: MakeApp
) -> Flask:
    app = make_app(web_settings, Surroundings(clock=clock, translations=translations))
    app.config["WTF_CSRF_ENABLED"] = False
    app.config["WTF_CSRF_METHODS"] = set()
    app.testing = False  # errors become pages, as they do for people
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


Login = Callable[..., FlaskClient]


@pytest.fixture
def logged_in(app: Flask, engine: Engine) -> Login:
    """`logged_in(Role.STAFF, town.compound)`: a browser in which such an account is logged in, in English."""

    def as_role(role: Role = Role.MANAGER, place: int | None = None, language: str = "en") -> FlaskClient:
        login = f"{role.value}{place or ''}"
        with writing(engine) as session:
            session.add(an_account(login, role, place, language))
        browser = app.test_client()
        answer = browser.post("/login", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return browser

    return as_role


def an_account(login: str, role: Role, place: int | None = None, language: str | None = None) -> Account:
    return Account(
        login=login,
        name=login,
        password_hash=HASH,
        must_change=False,
        role=role.value,
        place_id=place,
        language=language,
        session_number=1,
        added_at=NOON,
    )


def a_place(session: Session, kind: str, names: tuple[str, str], parent: Place | None = None) -> Place:
    place = Place(
        kind=kind, name_zh=names[0], name_en=names[1], parent_id=parent.id if parent else None, path="/"
    )
    session.add(place)
    session.flush()
    place.path = f"{parent.path if parent else '/'}{place.id}/"
    session.flush()
    return place


def a_compound(session: Session, street: Place, names: tuple[str, str], wire_id: str) -> Place:
    place = a_place(session, "compound", names, street)
    session.add(
        Compound(
            place_id=place.id,
            wire_id=wire_id,
            operator_zh="红旗物业",
            operator_en="Red Flag Property",
            phone="0571-0000000",
        )
    )
    return place


def build_town(session: Session) -> Town:
    """Compound 1: buildings 3 and 5, units 1 and 2 each, a main gate. Compound 2: one unit."""
    street = a_place(session, "street", ("梧桐街道", "Wutong Street"))
    compound = a_compound(session, street, ("梧桐苑", "Wutong Court"), "wutong")
    units: dict[str, int] = {}
    for building in ("3", "5"):
        house = a_place(session, "building", (f"{building}号楼", f"Building {building}"), compound)
        for unit in ("1", "2"):
            units[f"{building}-{unit}"] = a_place(session, "unit", (f"{unit}单元", f"Unit {unit}"), house).id
    other = a_compound(session, street, ("银杏里", "Ginkgo Lane"), "yinxing")
    house = a_place(session, "building", ("1号楼", "Building 1"), other)
    unit = a_place(session, "unit", ("1单元", "Unit 1"), house)
    for kind in ("face", "central", "internet"):
        session.add(
            ConsentText(kind=kind, text_version=1, zh=f"同意书 {kind}", en=f"Consent {kind}", added_at=NOON)
        )
    gate = a_gate(session, compound)
    return Town(street.id, compound.id, units, other.id, unit.id, [gate.id])


def a_gate(session: Session, compound: Place, gate_id: str = "gate-main") -> Gate:
    gate = Gate(
        id=gate_id,
        compound_id=compound.id,
        place_id=compound.id,
        name_zh="南门",
        name_en="South gate",
        direction="in",
        credential_hash="0" * 64,
        seal_key=bytes(32),
        added_at=NOON,
    )
    session.add(gate)
    session.flush()
    return gate


def a_household(session: Session, unit: int, room: str) -> Household:
    household = Household(unit_id=unit, room=room)
    session.add(household)
    session.flush()
    return household


def a_person(session: Session, compound: int, name: str, household: Household | None = None) -> Person:
    person = Person(
        compound_id=compound, wire_id=_hex(name, "w"), vault_id=_hex(name, "v"), name=name, added_at=NOON
    )
    session.add(person)
    session.flush()
    if household is not None:
        session.add(Membership(person_id=person.id, household_id=household.id, role="owner", since=NOON))
        session.flush()
    return person


def _hex(name: str, salt: str) -> str:
    import hashlib

    return hashlib.sha256(f"{salt}{name}".encode()).hexdigest()[:32]


def a_roster(gate: str, version: int = 1, **columns: Any) -> SealedRoster:
    """A sealed roster as far as the register knows it, unless said otherwise."""
    plain: dict[str, Any] = {
        "generation": 1,
        "digest": f"{version:064x}",
        "size": 1,
        "content_key": "0",
        "people": 1,
        "made_at": NOON,
        "sealed": b"0",
    }
    return SealedRoster(gate_id=gate, version=version, **plain | columns)


def a_join(made_by: int, place: int, lookup: str, **columns: Any) -> GateJoin:
    """A code that was just made, unless said otherwise."""
    plain: dict[str, Any] = {
        "key_sealed": b"for dispatch",
        "code_sealed": b"for web",
        "gate_id": "gate-north",
        "name_zh": "北门",
        "name_en": "North gate",
        "direction": "both",
        "made_at": NOON,
        "ends_at": NOON + CODE_LASTS,
    }
    return GateJoin(lookup=lookup, made_by=made_by, place_id=place, **plain | columns)
