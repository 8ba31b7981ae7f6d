"""A box joins the real processes, is confirmed by somebody else, holds its roster, and is ended: also by TLS."""

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from admin.db.session import reading, writing
from admin.db.tables import (
    Account,
    Audit,
    Gate,
    GateJoin,
    GateRevocation,
    GateState,
    Membership,
    Person,
    SealedRoster,
)
from admin.db.tables.places import Household, Place
from admin.security.permissions import Role
from contracts.words import GateStatus
from gate.app import build
from gate.settings import GateSettings, read_settings
from kaimen.chaos.gate import Blind
from kaimen.house import House
from kaimen.install import Ports, prepare
from kaimen.join import JoinOptions, join
from kaimen.places import ensure_compound
from kaimen.state import CannotStart, StateFolder
from kaimen.weights import weights_folder
from tests.brokers import free_port
from tests.integration.brokers import until

pytestmark = pytest.mark.real
PASSWORD = "four plain words here"
FIGURES = re.compile(r"(?:[0-9A-F]{4} ){7}[0-9A-F]{4}")


@dataclass
class Browser:
    """Somebody of staff at the pages."""

    client: httpx.Client

    def send(self, page: str, to: str, **sent: str | int) -> httpx.Response:
        """The form of `page`, with its token, sent to `to`."""
        token = re.findall(r'name="csrf_token" value="([^"]+)"', self.client.get(page).text)[0]
        return self.client.post(to, data={"csrf_token": token, **sent})


@dataclass
class Site:
    """All processes of one machine, with a compound, a resident and two accounts."""

    house: House
    place: int
    ends: ExitStack = field(default_factory=ExitStack)

    def plain(self) -> httpx.Client:
        """Nobody yet, who trusts the site's own authority alone."""
        box = self.house.box
        trust = ssl.create_default_context(cafile=str(box.papers.authority)) if box.papers else False
        return httpx.Client(base_url=box.address, verify=trust, follow_redirects=True, trust_env=False)

    def browser(self, login: str) -> Browser:
        made = Browser(self.ends.enter_context(self.plain()))
        assert made.send("/login", "/login", login=login, password=PASSWORD).status_code == 200
        return made

    def ask(self, question):  # noqa: ANN001, ANN201 - any select
        with reading(self.house.box.engine) as session:
            return session.scalars(question).one_or_none()


@pytest.fixture(params=[None, "127.0.0.1"], ids=["one machine", "by TLS"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    ports = Ports(free_port(), free_port(), free_port())
    box = prepare(StateFolder(tmp_path / "server"), ports, weights_folder(), datetime.now(UTC), request.param)
    house = House.of(box)
    with ExitStack() as ends:
        ends.callback(house.stop)
        made = Site(house, people(house), ends)
        house.start_server()
        yield made


def people(house: House) -> int:
    now = datetime.now(UTC)
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with writing(house.box.engine) as session:
        compound = ensure_compound(session)
        unit = session.scalars(select(Place).where(Place.kind == "unit")).first()
        assert unit is not None
        home = Household(unit_id=unit.id, room="1-1-101")
        resident = Person(
            compound_id=compound, wire_id="w" * 32, vault_id="v" * 32, name="测试", added_at=now
        )
        session.add_all([home, resident])
        session.flush()
        session.add(Membership(person_id=resident.id, household_id=home.id, role="owner", since=now))
        for login, role in (("chen", Role.MANAGER), ("lin", Role.STAFF)):
            session.add(
                Account(
                    login=login,
                    name=login,
                    password_hash=hashed,
                    role=role.value,
                    language="en",
                    added_at=now,
                )
            )
    return compound


def joined(site: Site, code: str, folder: Path) -> tuple[threading.Thread, list[str], list[Path]]:
    """`kaimen gate join` as its own thread: what it says, and where gate.toml is once it is there."""
    said: list[str] = []
    files: list[Path] = []
    wanted = JoinOptions(code, folder, "0", free_port(), 60.0)
    thread = threading.Thread(target=lambda: files.append(join(wanted, said.append)))
    thread.start()
    return thread, said, files


def running(site: Site, file: Path) -> None:
    """The gate's own code without a camera, until the test's end."""
    gate, stop = build(read_settings(file), see=Blind), threading.Event()
    thread = threading.Thread(target=gate.run, args=(stop,))
    thread.start()
    site.ends.callback(thread.join)
    site.ends.callback(stop.set)


def confirmed(second: Browser, page: str, said: list[str]) -> None:
    """The second person compares what the box says with the page, and confirms."""
    until(lambda: "Confirm this box" in second.client.get(page).text)
    text = second.client.get(page).text
    figures = FIGURES.findall("".join(said))[0]
    assert re.findall(r"<li>([0-9A-F]{4})</li>", text) == figures.split()
    seen = re.findall(r'name="fingerprint" value="([^"]+)"', text)[0]
    assert second.send(page, f"{page}/confirm", fingerprint=seen, same="1").status_code == 200


@pytest.mark.promise(9, 10)
def test_a_box_joins_is_confirmed_holds_its_roster_and_is_ended(site: Site, tmp_path: Path) -> None:
    manager, second = site.browser("chen"), site.browser("lin")
    page, code = a_code(site, manager)
    thread, said, files = joined(site, code, tmp_path / "box")
    until(lambda: site.ask(select(GateJoin.step)) == "checked")
    nothing_flows_yet(site, manager, page)
    with pytest.raises(CannotStart, match="used before"):  # the code is good for one box
        join(JoinOptions(code, tmp_path / "laptop", "0", free_port(), 1.0), lambda _: None)
    assert "Another device came with the same code" in second.client.get(page).text
    confirmed(second, page, said)
    thread.join(20)

    running(site, files[0])
    until(lambda: (site.ask(select(GateState.held_version)) or 0) >= 1)
    gate = read_settings(files[0])
    assert fetched(site, gate) == 200
    assert manager.send("/gates", f"/gates/{gate.gate}/revoke", reason="stolen").status_code == 200
    assert fetched(site, gate) == 401
    until(lambda: site.ask(select(GateRevocation.cut_off_at)) is not None, 5)
    until(
        lambda: site.ask(select(GateState.status)) == GateStatus.OFFLINE.value
    )  # its will: the session is over
    assert "Cut off" in manager.client.get("/gates").text
    assert site.ask(select(func.count()).select_from(SealedRoster)) == 0
    assert acts(site) == [
        "gate_join_made",
        "gate_join_asked",
        "gate_join_reused",
        "gate_join_confirmed",
        "gate.register",
        "gate_revoked",
        "gate_cut_off",
    ]


def a_code(site: Site, manager: Browser) -> tuple[str, str]:
    """The page of a new gate, and the code that it shows."""
    sent = {"name_zh": "北门", "name_en": "North gate", "direction": "in", "place": site.place}
    page = manager.send("/gates/new", "/gates/new", **sent).url.path
    text = re.findall(r"gates-code-text[^>]*>(.*?)</p>", manager.client.get(page).text)[0]
    return page, text.replace("<wbr>", "")


def nothing_flows_yet(site: Site, maker: Browser, page: str) -> None:
    """Not even when the maker tries to confirm: there is no gate to make a roster for."""
    seen = str(site.ask(select(GateJoin.fingerprint)))
    assert maker.send(page, f"{page}/confirm", fingerprint=seen, same="1").status_code == 422
    assert site.ask(select(func.count()).select_from(Gate)) == 0
    assert site.ask(select(func.count()).select_from(SealedRoster)) == 0


def fetched(site: Site, gate: GateSettings) -> int:
    """What the server answers to the gate's own credential that asks for its roster."""
    version = site.ask(select(func.max(SealedRoster.version))) or 1
    credential = gate.server.credential_file.read_text()
    with site.plain() as client:
        answer = client.get(
            f"/gate/v1/{gate.gate}/roster/{version}", headers={"Authorization": f"Bearer {credential}"}
        )
    return answer.status_code


def acts(site: Site) -> list[str]:
    with reading(site.house.box.engine) as session:
        of_gates = select(Audit.act).where(Audit.subject.startswith("gate:")).order_by(Audit.seq)
        return list(session.scalars(of_gates))
