"""The headers every answer carries, in one place."""

from typing import Final

from flask import Flask, Response, request

from admin.web import guard

# Bootstrap's own style sheet draws its ticks and arrows from data: pictures.
POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
YEAR: Final = 31_536_000


def protect(app: Flask) -> None:
    app.after_request(_add)


def _add(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in ("static", "bootstrap.static"):
        # Pages name people: nothing of them stays in a shared browser after the log-out.
        response.headers.setdefault("Cache-Control", "no-store")
    if guard.settings().secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    return response
