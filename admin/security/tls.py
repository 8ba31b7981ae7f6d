"""How the server's processes come to a broker over TLS."""

import ssl
from pathlib import Path

from admin.security.keys import KeyFileError
from admin.settings import BrokerSettings


def broker_context(settings: BrokerSettings) -> ssl.SSLContext | None:
    """TLS 1.2 or later with the process' own certificate; None on loopback without. Raises KeyFileError."""
    if settings.ca_file is None:
        return None
    context = _believing(settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.certificate_file is not None:
        try:
            context.load_cert_chain(settings.certificate_file, settings.key_file)
        except OSError:
            raise KeyFileError(settings.certificate_file, "not a certificate with its key") from None
    return context


def _believing(ca_file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise KeyFileError(ca_file, "not a certificate in PEM") from None
