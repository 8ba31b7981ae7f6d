"""The compound's own certificate authority: it signs the server's certificates and those of its gates.

Its private key lies with dispatch alone; everybody else trusts `ca.crt`, by the fingerprint that gates pin.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from admin.security.client_id import gate_user_name
from admin.security.keys import KeyFileError, write_private
from contracts.ids import GateId

AUTHORITY_KEY: Final = "ca.key"
AUTHORITY_CERTIFICATE: Final = "ca.crt"
AUTHORITY_VALID: Final = timedelta(days=20 * 365)
SERVER_VALID: Final = timedelta(days=397)  # browsers take no longer one; made anew at each start
GATE_VALID: Final = timedelta(days=10 * 365)  # what ends a gate is its removal from the broker's users
CLOCKS_MAY_BE_SLOW: Final = timedelta(days=1)
LARGEST_CSR: Final = 4096
LONGEST_NAME: Final = 64  # of a common name, RFC 5280


class RequestRefused(Exception):
    """A certificate signing request that gets no certificate; says why, without its content."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The certificate request was refused: {why}. Make a new key and ask again.")


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate with the authority's behind it, and its private key; both PEM."""

    chain: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates. Two of one name and key are the same authority."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER certificate, 64 hex digits."""
        return fingerprint(self.certificate)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def server_certificate(self, hosts: Sequence[str], now: datetime) -> IssuedCertificate:
        """For names and addresses under which a server is reached, with a new key."""
        key = _new_key()
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        leaf = _leaf(_Subject("kaimen", key.public_key(), ExtendedKeyUsageOID.SERVER_AUTH), now, SERVER_VALID)
        signed = self._sign(leaf.add_extension(names, critical=False))
        return IssuedCertificate(signed + self.pem, _key_pem(key))

    def client_certificate(self, name: str, now: datetime) -> IssuedCertificate:
        """For a process of the server that is the broker's user `name`, with a new key."""
        key = _new_key()
        subject = _Subject(name, key.public_key(), ExtendedKeyUsageOID.CLIENT_AUTH)
        return IssuedCertificate(self._sign(_leaf(subject, now, SERVER_VALID)) + self.pem, _key_pem(key))

    def gate_certificate(self, csr_pem: bytes, gate: GateId, now: datetime) -> bytes:
        """For the key in the request, as PEM: the gate's user name, to come as a client only.

        What else the request asks for (subject, names, extensions) is ignored; raises RequestRefused.
        """
        name = gate_user_name(gate)
        if len(name) > LONGEST_NAME:
            raise RequestRefused("the gate's id is longer than a certificate's name may be")
        subject = _Subject(name, requested_key(csr_pem), ExtendedKeyUsageOID.CLIENT_AUTH)
        return self._sign(_leaf(subject, now, GATE_VALID))

    def _sign(self, leaf: x509.CertificateBuilder) -> bytes:
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        whole = leaf.issuer_name(self.certificate.subject).add_extension(issuer, critical=False)
        return whole.sign(self.key, SHA256()).public_bytes(Encoding.PEM)


def make_authority(private: Path, public: Path, name: str, now: datetime) -> None:
    """A new authority, unless the private folder holds one: ca.key there, ca.crt in both."""
    if (private / AUTHORITY_KEY).exists():
        return
    key = _new_key()
    certificate = _self_signed(key, name, now)
    pem = certificate.public_bytes(Encoding.PEM)
    write_private(private / AUTHORITY_CERTIFICATE, pem)
    public.mkdir(parents=True, exist_ok=True)
    (public / AUTHORITY_CERTIFICATE).write_bytes(pem)
    write_private(private / AUTHORITY_KEY, _key_pem(key))


def load_authority(private: Path) -> Authority:
    """From the private folder; raises KeyFileError."""
    certificate, path = load_certificate(private / AUTHORITY_CERTIFICATE), private / AUTHORITY_KEY
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise KeyFileError(path, "not found") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(path, "not a private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise KeyFileError(path, f"not the key of {AUTHORITY_CERTIFICATE}")
    return Authority(certificate, key)


def load_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file; raises KeyFileError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError:
        raise KeyFileError(path, "not found") from None
    except ValueError:
        raise KeyFileError(path, "not a certificate in PEM") from None


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER certificate, 64 hex digits."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


@dataclass(frozen=True, slots=True)
class _Subject:
    name: str
    key: ec.EllipticCurvePublicKey
    use: x509.ObjectIdentifier


def _new_key() -> ec.EllipticCurvePrivateKey:
    """P-256: what browsers, OpenSSL under Mosquitto and Go under NATS all take."""
    return ec.generate_private_key(ec.SECP256R1())


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def requested_key(csr_pem: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 key whose owner signed the request; raises RequestRefused."""
    if len(csr_pem) > LARGEST_CSR:
        raise RequestRefused("it is too large")
    try:
        request = x509.load_pem_x509_csr(csr_pem)
        key, signed = request.public_key(), request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        raise RequestRefused("it is not a request in PEM") from None
    if not signed:
        raise RequestRefused("its signature is not by its own key")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestRefused("its key is not on P-256")
    return key


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _self_signed(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    builder = (
        _lasting(key.public_key(), now, AUTHORITY_VALID)
        .subject_name(_named(name))
        .issuer_name(_named(name))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return builder.sign(key, SHA256())


def _leaf(subject: _Subject, now: datetime, valid: timedelta) -> x509.CertificateBuilder:
    return (
        _lasting(subject.key, now, valid)
        .subject_name(_named(subject.name))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([subject.use]), critical=False)
    )


def _lasting(key: ec.EllipticCurvePublicKey, now: datetime, valid: timedelta) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_MAY_BE_SLOW)
        .not_valid_after(now - CLOCKS_MAY_BE_SLOW + valid)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
