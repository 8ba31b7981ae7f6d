"""Settings of the server: a wrong file stops the start, is named with its keys, and never quotes a value."""

from pathlib import Path

import pytest

from admin.settings import (
    DispatchSettings,
    IngestSettings,
    ProcessSettings,
    WebSettings,
    WorkerSettings,
    WrongSettings,
)

SECRET = "postgresql://kaimen:not-for-logs@db/kaimen"
COMMON = f'database = "{SECRET}"\nown_keys = "keys/own"\npublic_keys = "keys/public"\n'
BROKER = '[broker]\nport = 1883\nusername = "ingest"\npassword_file = "keys/ingest.secret"\n'
WEB = COMMON + 'base_url = "http://127.0.0.1:8750"\n'


def wrong(folder: Path, kind: type[ProcessSettings], text: str) -> str:
    file = folder / "process.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongSettings) as refused:
        kind.read(file)
    said = str(refused.value)
    assert str(file) in said
    assert "not-for-logs" not in said
    return said


def test_a_right_file_is_read_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "web.toml"
    file.write_text(WEB, encoding="utf-8")
    settings = WebSettings.read(file)
    assert settings.port == 8750
    assert settings.secure_cookies
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 80  # type: ignore[misc] # what must not work


@pytest.mark.parametrize("kind", [WebSettings, IngestSettings, WorkerSettings, DispatchSettings])
def test_a_missing_key_is_named(tmp_path: Path, kind: type[ProcessSettings]) -> None:
    said = wrong(tmp_path, kind, 'public_keys = "keys/public"\nown_keys = "keys/own"\n')
    assert "missing key 'database'" in said


def test_an_unknown_key_is_named_also_inside_a_table(tmp_path: Path) -> None:
    assert "unknown key 'databse'" in wrong(tmp_path, WebSettings, WEB + 'databse = "x"\n')
    assert "unknown key 'broker.prot'" in wrong(tmp_path, IngestSettings, COMMON + BROKER + "prot = 1\n")


def test_a_wrong_value_is_named_without_the_value(tmp_path: Path) -> None:
    assert "wrong value for 'port'" in wrong(tmp_path, WebSettings, WEB + "port = 99999\n")


def test_a_broker_on_another_machine_needs_tls(tmp_path: Path) -> None:
    text = COMMON + BROKER + 'host = "10.0.0.5"\n'
    assert "broker" in wrong(tmp_path, IngestSettings, text)


def test_no_file_and_no_toml_are_said_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"no such file.*docs/operations.md"):
        WebSettings.read(tmp_path / "absent.toml")
    assert "not TOML" in wrong(tmp_path, WebSettings, "port = = 3")
