"""How processes come to a broker over TLS, and what stops them before they try."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin.security.authority import load_authority, make_authority
from admin.security.keys import KeyFileError
from admin.security.tls import broker_context
from admin.settings import BrokerSettings

PLAIN = BrokerSettings(port=1883, username="ingest", password_file=Path("ingest.secret"))


@pytest.fixture
def settings(tmp_path: Path) -> BrokerSettings:
    now = datetime.now(UTC)
    make_authority(tmp_path, tmp_path, "test", now)
    issued = load_authority(tmp_path).client_certificate("ingest", now)
    (tmp_path / "tls.crt").write_bytes(issued.chain)
    (tmp_path / "tls.key").write_bytes(issued.key)
    files = {
        "ca_file": tmp_path / "ca.crt",
        "certificate_file": tmp_path / "tls.crt",
        "key_file": tmp_path / "tls.key",
    }
    return PLAIN.model_copy(update={"host": "192.0.2.7", **files})


def test_on_loopback_without_an_authority_there_is_no_tls() -> None:
    assert broker_context(PLAIN) is None


def test_the_broker_must_prove_its_name_by_tls_12_or_later(settings: BrokerSettings) -> None:
    context = broker_context(settings)
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize("file", ["ca.crt", "tls.crt", "tls.key"])
def test_a_file_that_is_of_no_use_stops_the_start(
    settings: BrokerSettings, file: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text("nothing")
    with pytest.raises(KeyFileError, match="not a certificate"):
        broker_context(settings)
