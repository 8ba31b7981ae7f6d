"""`kaimen prepare`: settings and users once, certificates anew, and each process' secrets apart from the others'."""

import json
import tomllib
from pathlib import Path

import pytest
from cryptography import x509

from admin.settings import DispatchSettings, IngestSettings, MosquittoAccessSettings, WebSettings
from kaimen.production import prepare_server

UNITS = [
    unit
    for unit in (Path(__file__).parents[2] / "deploy" / "systemd").glob("*.service")
    if unit.name != "kaimen-gate.service"
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("prepared") / "state"
    told = prepare_server(state, "kaimen.example")
    assert "https://kaimen.example:8750" in told
    return state


def test_every_process_comes_by_tls_with_its_own_certificate(prepared: Path) -> None:
    web = WebSettings.read(prepared / "config" / "web.toml")
    ingest = IngestSettings.read(prepared / "config" / "ingest.toml")
    dispatch = DispatchSettings.read(prepared / "config" / "dispatch.toml")
    assert isinstance(dispatch.broker_access, MosquittoAccessSettings)
    assert (web.host, web.secure_cookies, web.allow_cleartext) == ("kaimen.example", True, False)
    users = [ingest.broker, dispatch.broker, dispatch.broker_access]
    assert [one.username for one in users] == ["ingest", "dispatch", "keeper"]
    assert {(one.host, one.port) for one in users} == {("kaimen.example", 8883)}
    for one in users:
        assert one.certificate_file is not None
        leaf = x509.load_pem_x509_certificates(one.certificate_file.read_bytes())[0]
        assert leaf.subject.rfc4514_string() == f"CN={one.username}"
        assert (
            one.password_file.parent == one.certificate_file.parent
        )  # no other process needs to see into it


def test_the_broker_gets_what_is_its_own_and_no_password(prepared: Path) -> None:
    folder = prepared / "mosquitto"
    assert {file.name for file in folder.iterdir()} == {
        "ca.crt",
        "server.crt",
        "server.key",
        "dynamic-security.json",
    }
    users = json.loads((folder / "dynamic-security.json").read_text())["clients"]
    assert [user["username"] for user in users] == ["ingest", "dispatch", "keeper"]
    words = [file.read_text() for file in (prepared / "keys").rglob("*.secret") if file.stem == "broker"]
    assert len(words) == 3
    assert not any(word in file.read_text() for file in folder.iterdir() for word in words)


def test_the_units_shut_away_what_is_there_and_leave_each_process_its_own(prepared: Path) -> None:
    for unit in UNITS:
        name = unit.stem.removeprefix("kaimen-")
        lines = [line for line in unit.read_text().splitlines() if "Paths=-/var/lib/kaimen/" in line]
        paths = {line.split("-/var/lib/kaimen/")[1]: line.split("=")[0] for line in lines}
        assert {path for path in paths if not (prepared / path).is_dir()} == set()
        shut = {path for path, kind in paths.items() if kind == "InaccessiblePaths"}
        named = words_of(prepared, name)
        assert not [word for word in named if any(word.startswith(f"{prepared / path}/") for path in shut)]
        assert ("vault" in shut) == (name in {"web", "ingest"})
        assert ("keys/dispatch" in shut) == (name != "dispatch")


def words_of(prepared: Path, process: str) -> list[str]:
    """Every file and folder that the settings of a process name in the state folder."""
    text = (prepared / "config" / f"{process}.toml").read_text()
    return [word for word in text.split('"') if word.startswith(f"{prepared}/")]


def test_run_again_it_renews_certificates_and_leaves_the_rest(prepared: Path) -> None:
    file = prepared / "config" / "web.toml"
    file.write_text(file.read_text() + "trusted_proxies = 1\n")
    (prepared / "mosquitto" / "dynamic-security.json").write_text("{}")
    ca, before = prepared / "keys" / "public" / "ca.crt", (prepared / "mosquitto" / "server.crt").read_text()
    authority = ca.read_text()
    prepare_server(prepared, "kaimen.example")
    assert tomllib.loads(file.read_text())["trusted_proxies"] == 1
    assert (prepared / "mosquitto" / "dynamic-security.json").read_text() == "{}"
    assert ca.read_text() == authority
    assert (prepared / "mosquitto" / "server.crt").read_text() != before
