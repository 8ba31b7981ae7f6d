"""How the server's processes come to a broker: user, password, TLS."""

import ssl
from pathlib import Path

from paho.mqtt.client import Client

from admin.security.keys import KeyFileError
from admin.settings import BrokerSettings


def introduce(client: Client, settings: BrokerSettings) -> None:
    """Tells the client as whom to come and whom to believe, before it connects. Raises KeyFileError or OSError."""
    client.username_pw_set(settings.username, read_password(settings.password_file))
    if (context := broker_context(settings)) is not None:
        client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType] - paho types its default alone


def read_password(path: Path) -> str:
    """The password in a file, without the line's end."""
    return path.read_text(encoding="utf-8").strip()


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
