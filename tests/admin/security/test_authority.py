"""The authority's certificates hold what they must and nothing that a request wished for."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    ClientVerifier,
    PolicyBuilder,
    ServerVerifier,
    Store,
    VerificationError,
)

from admin.security.authority import (
    Authority,
    RequestRefused,
    fingerprint,
    load_authority,
    load_certificate,
    make_authority,
)
from admin.security.keys import KeyFileError
from contracts.ids import GateId

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
GATE = GateId("north")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    make_authority(tmp_path / "own", tmp_path / "public", "Kaimen test", NOW)
    return load_authority(tmp_path / "own")


def request(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey, name: str = "x"
) -> bytes:
    wish = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    wish = wish.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    wish = wish.add_extension(x509.SubjectAlternativeName([x509.DNSName("dispatch")]), critical=False)
    signer = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return wish.sign(key, signer).public_bytes(Encoding.PEM)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def server_verifier(authority: Authority, host: str, at: datetime) -> ServerVerifier:
    policy = PolicyBuilder().store(Store([authority.certificate])).time(at)
    try:
        return policy.build_server_verifier(x509.IPAddress(ip_address(host)))
    except ValueError:
        return policy.build_server_verifier(x509.DNSName(host))


def client_verifier(authority: Authority) -> ClientVerifier:
    return PolicyBuilder().store(Store([authority.certificate])).time(NOW).build_client_verifier()


def test_it_is_made_once_and_its_key_is_its_owners_alone(tmp_path: Path, authority: Authority) -> None:
    make_authority(tmp_path / "own", tmp_path / "public", "another", NOW)
    again = load_authority(tmp_path / "own")
    assert again.fingerprint == authority.fingerprint
    assert stat.S_IMODE((tmp_path / "own" / "ca.key").stat().st_mode) == 0o600
    public = load_certificate(tmp_path / "public" / "ca.crt")
    assert fingerprint(public) == authority.fingerprint
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["ca.crt"]


def test_its_fingerprint_is_what_openssl_prints_and_the_key_is_in_no_repr(authority: Authority) -> None:
    der = ssl.PEM_cert_to_DER_cert(authority.pem.decode())
    assert authority.fingerprint == x509.load_der_x509_certificate(der).fingerprint(SHA256()).hex()
    assert "key" not in repr(authority)
    assert "key" not in repr(authority.server_certificate(["localhost"], NOW))


@pytest.mark.parametrize("host", ["192.0.2.7", "gate.example.com"])
def test_a_server_is_believed_under_its_names_and_no_other(authority: Authority, host: str) -> None:
    issued = authority.server_certificate(["192.0.2.7", "gate.example.com"], NOW)
    leaf, root = x509.load_pem_x509_certificates(issued.chain)
    assert server_verifier(authority, host, NOW).verify(leaf, [root])
    with pytest.raises(VerificationError):
        server_verifier(authority, "192.0.2.8", NOW).verify(leaf, [root])
    with pytest.raises(VerificationError):
        server_verifier(authority, host, NOW + timedelta(days=397)).verify(leaf, [root])
    with pytest.raises(VerificationError):
        client_verifier(authority).verify(leaf, [root])
    assert load_pem_private_key(issued.key, None).public_key() == leaf.public_key()
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)


def test_a_gates_certificate_says_what_the_register_says_and_not_what_it_asked_for(
    authority: Authority,
) -> None:
    key = new_key()
    pem = authority.gate_certificate(request(key, "dispatch"), GATE, NOW)
    leaf = x509.load_pem_x509_certificate(pem)
    assert leaf.subject.rfc4514_string() == "CN=gate-north"
    assert leaf.public_key() == key.public_key()
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    use = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(use) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    leaf.verify_directly_issued_by(authority.certificate)


def test_a_process_of_the_server_comes_under_its_own_name(authority: Authority) -> None:
    leaf, _root = x509.load_pem_x509_certificates(authority.client_certificate("ingest", NOW).chain)
    assert leaf.subject.rfc4514_string() == "CN=ingest"
    use = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(use) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_request_is_refused_that_its_key_did_not_sign(authority: Authority) -> None:
    whole = x509.load_pem_x509_csr(request(new_key())).public_bytes(Encoding.DER)
    forged = x509.load_der_x509_csr(whole[:-4] + bytes(4)).public_bytes(Encoding.PEM)
    with pytest.raises(RequestRefused, match="signature"):
        authority.gate_certificate(forged, GATE, NOW)


@pytest.mark.parametrize(
    ("csr", "why"),
    [
        (b"", "not a request"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "not a request"),
        (b"x" * 4097, "too large"),
        (request(ed25519.Ed25519PrivateKey.generate()), "P-256"),
        (request(rsa.generate_private_key(65537, 2048)), "P-256"),
        (request(ec.generate_private_key(ec.SECP384R1())), "P-256"),
    ],
)
def test_what_is_no_request_for_p256_is_refused(authority: Authority, csr: bytes, why: str) -> None:
    with pytest.raises(RequestRefused, match=why):
        authority.gate_certificate(csr, GATE, NOW)


def test_a_gates_id_that_no_common_name_can_hold_is_refused(authority: Authority) -> None:
    with pytest.raises(RequestRefused, match="longer"):
        authority.gate_certificate(request(new_key()), GateId("g" * 60), NOW)


def test_another_authoritys_key_beside_the_certificate_is_found_out(
    tmp_path: Path, authority: Authority
) -> None:
    make_authority(tmp_path / "theirs", tmp_path / "elsewhere", "Kaimen test", NOW)
    (tmp_path / "theirs" / "ca.key").replace(tmp_path / "own" / "ca.key")
    with pytest.raises(KeyFileError, match=r"not the key of ca\.crt"):
        load_authority(tmp_path / "own")
    assert authority.certificate


def test_what_is_missing_or_no_pem_is_named(tmp_path: Path, authority: Authority) -> None:
    assert authority.certificate
    (tmp_path / "own" / "ca.key").write_text("nothing")
    with pytest.raises(KeyFileError, match=r"ca\.key: not a private key"):
        load_authority(tmp_path / "own")
    (tmp_path / "own" / "ca.crt").write_text("nothing")
    with pytest.raises(KeyFileError, match=r"ca\.crt: not a certificate"):
        load_authority(tmp_path / "own")
    with pytest.raises(KeyFileError, match=r"ca\.crt: not found"):
        load_authority(tmp_path / "none")
