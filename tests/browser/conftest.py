"""The web process as it is served, on a demonstration compound, and a browser whose camera sees a real face."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from sqlalchemy import Engine, select

from admin.db.base import Base
from admin.db.consent_texts import ensure_consent_texts
from admin.db.session import make_engine, reading, writing
from admin.db.tables.accounts import Account
from admin.db.tables.people import Person
from admin.db.tables.server import Server
from admin.security.keys import make_sealing_key, make_secret
from admin.security.permissions import Role
from kaimen.demo import compound
from tests.brokers import free_port
from tests.faces import picture

PASSWORD = "four plain words here"
READY_S = 20
CHROMIUM = Path("/usr/bin/chromium")
WIDE = {"width": 1366, "height": 768}


@dataclass(frozen=True, slots=True)
class House:
    """A web process, its database, and where it listens."""

    url: str
    engine: Engine

    def person(self, name: str) -> UUID:
        with reading(self.engine) as session:
            return session.scalars(select(Person.id).where(Person.name == name)).one()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    port = free_port()
    engine = make_engine(f"sqlite:///{folder / 'register.sqlite3'}")
    furnish(engine)
    process = subprocess.Popen([sys.executable, "-m", "admin.web", "--config", str(configure(folder, port))])
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        yield House(f"http://127.0.0.1:{port}", engine)
    finally:
        process.terminate()
        process.wait(timeout=READY_S)
        engine.dispose()


def furnish(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    now = datetime.now(UTC)
    with writing(engine) as session:
        session.add(Server(id=1, generation=1, revision=1))
        ensure_consent_texts(session, now)
        made = compound.make(session, now)
        hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        for role in Role:
            session.add(
                Account(
                    login=role.value,
                    name=role.value,
                    password_hash=hashed,
                    role=role.value,
                    place_id=made.compound_id,
                    added_at=now - timedelta(days=1),
                )
            )


def configure(folder: Path, port: int) -> Path:
    own, public = folder / "own", folder / "public"
    make_sealing_key(own / "web.key", public / "web.pub")
    make_sealing_key(folder / "worker" / "worker.key", public / "worker.pub")
    make_sealing_key(folder / "dispatch" / "dispatch.key", public / "dispatch.pub")
    make_secret(own / "session.secret")
    settings: dict[str, str | int | bool] = {
        "database": f"sqlite:///{folder / 'register.sqlite3'}",
        "own_keys": str(own),
        "public_keys": str(public),
        "port": port,
        "base_url": f"http://127.0.0.1:{port}",
        "secure_cookies": False,
    }
    path = folder / "web.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
    return path


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The web process is not ready, exit {process.poll()}")


@pytest.fixture(scope="session")
def face_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera sees: one real face, held still."""
    path = tmp_path_factory.mktemp("camera") / "face.y4m"
    face = Image.open(picture("obama.jpg")).convert("RGB")
    face.thumbnail((640, 480))
    frame = Image.new("RGB", (640, 480), (120, 120, 120))
    frame.paste(face, ((640 - face.width) // 2, (480 - face.height) // 2))
    luma, blue, red = frame.convert("YCbCr").split()
    planes = luma.tobytes() + b"".join(one.resize((320, 240)).tobytes() for one in (blue, red))
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + (b"FRAME\n" + planes) * 5)
    return path


@pytest.fixture(scope="module")
def browser(face_video: Path) -> Iterator[Browser]:
    """Of one module: a Playwright left running would hold the only event loop of tests elsewhere."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=str(CHROMIUM),
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={face_video}",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def enter(house: House, browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """`enter("staff", "en")`: a browser context in which that account is logged in."""
    opened: list[BrowserContext] = []

    def as_account(login: str, language: str = "zh_Hans_CN", **options: object) -> BrowserContext:
        context = browser.new_context(
            base_url=house.url,
            permissions=["camera"],
            viewport=options.get("viewport", WIDE),  # pyright: ignore[reportArgumentType]
            color_scheme=options.get("scheme", "light"),  # pyright: ignore[reportArgumentType]
            java_script_enabled=bool(options.get("script", True)),
        )
        opened.append(context)
        page = context.new_page()
        page.goto("/login?next=/account")
        page.click(f"button[value={language}]")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.click("main .btn-primary")
        page.wait_for_url("**/account")
        page.close()
        return context

    yield as_account
    for context in opened:
        context.close()
