"""Whom the gate believes over TLS, and what it shows of itself."""

import ssl
from pathlib import Path


class CertificateUnusable(Exception):
    """A certificate or key file that TLS cannot use; names the setting, never the content."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} cannot be used for TLS: missing, not PEM, or the key is not the certificate's. Join again."
        )
        self.what = what


def tls_context(
    ca_file: Path | None, certificate_file: Path | None = None, key_file: Path | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or later, to a server certified by `ca_file` (without it: by an authority of the system).

    With a certificate the gate shows itself; raises CertificateUnusable.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError:
        raise CertificateUnusable("ca_file") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate_file is not None:
        try:
            context.load_cert_chain(certificate_file, key_file)
        except OSError:
            raise CertificateUnusable("certificate_file or key_file") from None
    return context
