"""Settings of the server: a wrong file stops the start, is named with its keys, and never quotes a value."""

from pathlib import Path

import pytest

from admin.settings import (
    DispatchSettings,
    IngestSettings,
    NatsAccessSettings,
    ProcessSettings,
    WebSettings,
    WorkerSettings,
    WrongSettings,
)

SECRET = "postgresql://kaimen:not-for-logs@db/kaimen?sslmode=verify-full"
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


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://kaimen:not-for-logs@db/kaimen",
        "postgresql+psycopg://kaimen:not-for-logs@10.0.0.5/kaimen?sslmode=prefer",
        "postgresql+psycopg://kaimen:not-for-logs@db/kaimen?sslmode=require",  # whoever stands between may answer
        "postgresql+psycopg://kaimen:not-for-logs@db/kaimen?sslmode=verify-full&sslmode=disable",
        "postgresql+psycopg://kaimen:not-for-logs@/kaimen?host=127.0.0.1&host=10.0.0.5",
        "postgresql+psycopg://kaimen:not-for-logs@127.0.0.1/kaimen?hostaddr=10.0.0.5",
        "postgresql+psycopg://kaimen:not-for-logs@/kaimen?service=elsewhere",
    ],
)
def test_a_register_on_another_machine_needs_verified_tls(tmp_path: Path, address: str) -> None:
    said = wrong(tmp_path, WebSettings, WEB.replace(SECRET, address))
    assert "database: off this machine PostgreSQL is reached by TLS alone" in said


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///data/kaimen.sqlite3",
        "postgresql+psycopg:///kaimen",  # libpq's own socket
        "postgresql+psycopg://kaimen@/kaimen?host=/run/postgresql",
        "postgresql+psycopg://kaimen@localhost/kaimen",
        "postgresql+psycopg://kaimen@[::1]:5433/kaimen",
        "postgresql+psycopg://kaimen@db/kaimen?sslmode=verify-full&sslrootcert=ca.crt",
    ],
)
def test_a_register_here_or_behind_verified_tls_is_taken(tmp_path: Path, address: str) -> None:
    (tmp_path / "web.toml").write_text(WEB.replace(SECRET, address))
    assert WebSettings.read(tmp_path / "web.toml").database == address


def test_an_address_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    said = wrong(tmp_path, WebSettings, WEB.replace(SECRET, "kaimen:not-for-logs@db"))
    assert "database: not an SQLAlchemy URL" in said


def test_a_broker_on_another_machine_needs_tls(tmp_path: Path) -> None:
    text = COMMON + BROKER + 'host = "10.0.0.5"\n'
    assert "broker: off loopback the broker is reached by TLS alone" in wrong(tmp_path, IngestSettings, text)


def test_a_certificate_is_shown_with_its_key_and_over_tls_alone(tmp_path: Path) -> None:
    text = COMMON + BROKER + 'certificate_file = "ingest.crt"\n'
    assert "go together" in wrong(tmp_path, IngestSettings, text)
    assert "set ca_file" in wrong(tmp_path, IngestSettings, text + 'key_file = "ingest.key"\n')
    whole = text + 'key_file = "ingest.key"\nca_file = "ca.crt"\nhost = "10.0.0.5"\n'
    (tmp_path / "whole.toml").write_text(whole)
    assert IngestSettings.read(tmp_path / "whole.toml").broker.ca_file == Path("ca.crt")


def test_pages_leave_this_machine_by_https_alone_unless_a_proxy_is_vouched_for(tmp_path: Path) -> None:
    text = WEB + 'host = "0.0.0.0"\n'
    assert "HTTPS" in wrong(tmp_path, WebSettings, text)
    assert "go together" in wrong(tmp_path, WebSettings, text + 'certificate_file = "web.crt"\n')
    for cure in ('certificate_file = "web.crt"\nkey_file = "web.key"\n', "allow_cleartext = true\n"):
        (tmp_path / "cured.toml").write_text(text + cure)
        assert WebSettings.read(tmp_path / "cured.toml").host == "0.0.0.0"


def test_the_brokers_users_are_kept_by_one_of_two_ways(tmp_path: Path) -> None:
    vault = '[vault]\ntemplates = "t"\nkeys = "k"\nmaster_key = "m"\n'
    nats = '[broker_access]\nkind = "nats"\nfolder = "broker"\npid_file = "broker/nats.pid"\n'
    (tmp_path / "nats.toml").write_text(COMMON + BROKER + vault + nats)
    assert isinstance(DispatchSettings.read(tmp_path / "nats.toml").broker_access, NatsAccessSettings)
    cleartext = '[broker_access]\nkind = "mosquitto"\nhost = "10.0.0.5"\nport = 8883\nusername = "keeper"\n'
    cleartext += 'password_file = "keeper.secret"\n'
    assert "TLS" in wrong(tmp_path, DispatchSettings, COMMON + BROKER + vault + cleartext)


def test_no_file_and_no_toml_are_said_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"no such file.*docs/operations.md"):
        WebSettings.read(tmp_path / "absent.toml")
    assert "not TOML" in wrong(tmp_path, WebSettings, "port = = 3")
