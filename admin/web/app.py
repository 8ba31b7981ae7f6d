"""The one place that puts the web process together."""

from base64 import b64encode
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

from flask import Blueprint, Flask
from flask.json.provider import DefaultJSONProvider
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool
from werkzeug.middleware.proxy_fix import ProxyFix

from admin.db.session import make_engine
from admin.security.keys import load_secret
from admin.settings import WebSettings
from admin.web import errors, headers, languages, sessions, speech
from admin.web.bodies import LARGEST_FORM
from admin.web.ground import Ground, Keys, Surroundings
from admin.web.shell import Shell, check_forms, mark_static

ROOMS: Final = (
    "staff",
    "residents",
    "faces",
    "desk",
    "passages",
    "confusions",
    "visits",
    "portal",
    "gates",
    "calibration",
    "orders",
    "pictures",
    "quarantine",
    "privacy",
    "join",
    "api",
)


def create_app(settings: WebSettings, around: Surroundings | None = None) -> Flask:
    """The app on its keys and its database. Raises KeyFileError for a key that is missing."""
    app = Shell(__name__)
    app.extensions["kaimen"] = Ground(
        settings, _engine(settings), Keys.load(settings), around or Surroundings()
    )
    _configure(app, settings)
    for part in (check_forms, sessions.keep, languages.speak, speech.teach, headers.protect, errors.explain):
        part(app)
    app.register_blueprint(_bootstrap())
    mark_static(app)
    for room in ROOMS:
        _open(app, room)
    return app


def _engine(settings: WebSettings) -> Engine:
    # A connection a request: SQLite's open in no time, and no pool's lock is shared by gevent's native threads.
    sqlite = make_url(settings.database).get_backend_name() == "sqlite"
    return make_engine(settings.database, NullPool if sqlite else None)


def _configure(app: Flask, settings: WebSettings) -> None:
    prefix = "__Host-" if settings.secure_cookies else ""
    cast(dict[str, object], app.config).update(
        SECRET_KEY=b64encode(load_secret(settings.own_keys / "session.secret")).decode(),
        SESSION_COOKIE_NAME=f"{prefix}kaimen",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        WTF_CSRF_CHECK_DEFAULT=False,  # the shell asks, after the permission and before the endpoint
        WTF_CSRF_SSL_STRICT=False,  # visitors' pages send no referrer: their address is a secret
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a guard's page stays open for a shift
    )
    app.json = _Json(app)
    hops = settings.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign] # Flask's documented way


class _Json(DefaultJSONProvider):
    """Chinese as it is written."""

    ensure_ascii = False


def _bootstrap() -> Blueprint:
    """Bootstrap's style sheet and icons out of the package that carries them."""
    found = find_spec("flask_bootstrap")
    if found is None or found.origin is None:
        raise RuntimeError("The package Bootstrap-Flask is missing; run `make setup`.")
    files = Path(found.origin).parent / "static" / "bootstrap5"
    return Blueprint("bootstrap", __name__, static_folder=str(files), static_url_path="/bootstrap")


def _open(app: Flask, room: str) -> None:
    app.register_blueprint(import_module(f"admin.web.{room}.pages").pages)
