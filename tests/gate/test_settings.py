"""A gate's settings: one file, nothing unknown, nothing missing, nothing secret printed."""

import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import BaseModel

from gate.settings import GateSettings, SettingsError, read_own_key, read_secret, read_settings

DOCS = Path(__file__).parents[2] / "docs"
SAMPLE = (DOCS / "gate.sample.toml").read_text("utf-8")


def written(folder: Path, text: str) -> Path:
    file = folder / "gate.toml"
    file.write_text(text, "utf-8")
    return file


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as said:
        read_settings(written(folder, text))
    return str(said.value)


def names(model: type[BaseModel], before: str = "") -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        nested = isinstance(kind, type) and issubclass(kind, BaseModel)
        found |= names(kind, f"{before}{name}.") if nested else {before + name}
    return found


def test_the_sample_in_the_documentation_is_read() -> None:
    settings = read_settings(DOCS / "gate.sample.toml")
    assert settings.gate == "east-1"
    assert settings.door.pulse_seconds == 3.0


def test_the_documentation_names_every_setting_and_no_other() -> None:
    page = (DOCS / "gate.md").read_text("utf-8").split("## Settings")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z_.]+)`", page, re.MULTILINE)) == names(GateSettings)


def test_an_unknown_key_stops_the_start_and_is_named_with_its_file(tmp_path: Path) -> None:
    said = complaint(tmp_path, "colour = 1\n" + SAMPLE)
    assert "unknown key colour" in said
    assert str(tmp_path / "gate.toml") in said
    assert "unknown key door.colour" in complaint(tmp_path, SAMPLE.replace("[door]", "[door]\ncolour = 1"))


def test_a_missing_key_stops_the_start_and_is_named(tmp_path: Path) -> None:
    assert "key gate is missing" in complaint(tmp_path, SAMPLE.replace('gate = "east-1"', ""))
    assert "key broker.port is missing" in complaint(tmp_path, SAMPLE.replace("port = 8883", ""))


@pytest.mark.promise(4)
def test_a_gate_whose_only_way_in_is_a_face_does_not_start(tmp_path: Path) -> None:
    said = complaint(tmp_path, SAMPLE.replace('["pin", "qr"]', "[]"))
    assert "whose only way in is a face" in said
    assert "key second_credentials is missing" in complaint(
        tmp_path, SAMPLE.replace('second_credentials = ["pin", "qr"]', "")
    )


def test_the_screen_stays_on_loopback(tmp_path: Path) -> None:
    said = complaint(tmp_path, SAMPLE.replace('[screen]\nhost = "127.0.0.1"', '[screen]\nhost = "0.0.0.0"'))
    assert "screen.host" in said
    assert "loopback" in said


def test_a_capture_zone_is_a_polygon_within_the_picture(tmp_path: Path) -> None:
    zone = "capture_zone = [[0.2, 0.1], [0.8, 0.1], [0.5, 1]]\n"
    settings = read_settings(written(tmp_path, zone + SAMPLE))
    assert settings.capture_zone == ((0.2, 0.1), (0.8, 0.1), (0.5, 1.0))
    for corners, why in (
        ("[[0.2, 0.1], [0.8, 0.1]]", "corners"),
        ("[[0.2, 0.1], [0.8, 0.1], [0.5, 1.5]]", "from 0 to 1"),
        ("[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]", "cross"),
    ):
        said = complaint(tmp_path, f"capture_zone = {corners}\n{SAMPLE}")
        assert "key capture_zone" in said
        assert why in said


@pytest.mark.promise(13)
def test_a_pulse_has_a_longest_length(tmp_path: Path) -> None:
    assert "door.pulse_seconds" in complaint(tmp_path, SAMPLE.replace("= 3.0", "= 60"))


def test_an_http_door_needs_an_address(tmp_path: Path) -> None:
    said = complaint(tmp_path, SAMPLE.replace('url = "https://relay.example/unlock"', ""))
    assert "door.url is missing" in said


@pytest.mark.parametrize("broken", ["camera = rtsp://user:password", "\udcff"])
def test_a_file_that_is_not_toml_is_named_and_not_quoted(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "gate.toml"
    file.write_bytes(broken.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError) as said:
        read_settings(file)
    assert "is not TOML" in str(said.value)
    assert "password" not in str(said.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_settings(tmp_path / "none.toml")


def test_no_address_with_a_password_is_printed(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, SAMPLE))
    assert "user:password" not in repr(settings)
    assert "relay.example" not in repr(settings)
    said = complaint(
        tmp_path,
        SAMPLE.replace('camera = "rtsp://user:password@', 'camera = ["rtsp://user:password@').replace(
            '/gate"', '/gate"]', 1
        ),
    )
    assert "password@" not in said


def test_relative_paths_start_at_the_files_folder(tmp_path: Path) -> None:
    text = SAMPLE.replace("/var/lib/kaimen/gate", "state").replace("/etc/kaimen/", "")
    settings = read_settings(written(tmp_path, text))
    assert settings.state_folder == tmp_path / "state"
    assert settings.keys.own_file == tmp_path / "gate.x25519"
    assert settings.broker.ca_file == tmp_path / "ca.pem"
    assert settings.broker.certificate_file == tmp_path / "gate.crt"
    assert settings.broker.key_file == tmp_path / "gate.tls.key"
    assert settings.weights_folder == Path("/var/cache/kaimen/weights")


@pytest.mark.parametrize("gone", ["ca_file", "certificate_file", "key_file"])
def test_a_certificate_its_key_and_the_authority_go_together(tmp_path: Path, gone: str) -> None:
    lines = [line for line in SAMPLE.splitlines() if not line.startswith(f"{gone} =")]
    assert "go together" in complaint(tmp_path, "\n".join(lines))


def test_a_public_key_that_is_none_is_named(tmp_path: Path) -> None:
    assert "keys.receipt.0.public" in complaint(
        tmp_path, SAMPLE.replace("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "AAAA", 1)
    )


def test_secrets_are_read_from_files_and_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("opensesame\n")
    secret = read_secret(file, "the credential")
    assert secret.get_secret_value() == "opensesame"
    assert "opensesame" not in repr(secret)


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 5000, b"\xff\xfe"])
def test_a_file_without_a_secret_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="holds no credential"):
        read_secret(file, "credential")


def test_the_gates_own_key_is_read_or_named(tmp_path: Path) -> None:
    file = tmp_path / "own"
    with pytest.raises(SettingsError, match="cannot be read"):
        read_own_key(file)
    file.write_text("AAAA")
    with pytest.raises(SettingsError, match="not an X25519 private key"):
        read_own_key(file)
    key = X25519PrivateKey.generate()
    file.write_bytes(b64encode(key.private_bytes_raw()) + b"\n")
    assert read_own_key(file).private_bytes_raw() == key.private_bytes_raw()
