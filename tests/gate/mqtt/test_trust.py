"""What the gate believes over TLS, and how it says that a file is of no use."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin.security.authority import load_authority, make_authority
from gate.mqtt.trust import CertificateUnusable, tls_context


@pytest.fixture
def files(tmp_path: Path) -> Path:
    now = datetime.now(UTC)
    make_authority(tmp_path, tmp_path, "test", now)
    for name in ("mine", "theirs"):
        issued = load_authority(tmp_path).client_certificate(name, now)
        (tmp_path / f"{name}.crt").write_bytes(issued.chain)
        (tmp_path / f"{name}.key").write_bytes(issued.key)
    return tmp_path


def test_the_server_must_prove_its_name_by_tls_12_or_later(files: Path) -> None:
    for context in (tls_context(None), tls_context(files / "ca.crt", files / "mine.crt", files / "mine.key")):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname


def test_with_an_authority_of_its_own_nobody_elses_is_believed(files: Path) -> None:
    (believed,) = tls_context(files / "ca.crt").get_ca_certs()
    assert believed["subject"] == ((("commonName", "test"),),)


def test_files_that_cannot_be_used_are_named_by_their_setting(files: Path) -> None:
    with pytest.raises(CertificateUnusable, match="ca_file"):
        tls_context(files / "none")
    (files / "empty").touch()
    with pytest.raises(CertificateUnusable, match="ca_file"):
        tls_context(files / "empty")
    with pytest.raises(CertificateUnusable, match="key_file"):
        tls_context(files / "ca.crt", files / "mine.crt", files / "theirs.key")
    with pytest.raises(CertificateUnusable, match="certificate_file"):
        tls_context(files / "ca.crt", files / "none", files / "mine.key")
