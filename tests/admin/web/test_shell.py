"""The order of things around every endpoint: permission, CSRF, the transaction, the headers, the words of errors."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin.security.permissions import Permission
from admin.web.guard import MARK


@pytest.mark.promise(10)
def test_every_endpoint_names_its_permission(app: Flask) -> None:
    unnamed = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not isinstance(getattr(app.view_functions[rule.endpoint], MARK, None), Permission)
    ]
    assert unnamed == []


def test_the_log_in_page_opens_for_anybody(client: FlaskClient) -> None:
    answer = client.get("/login")
    assert answer.status_code == 200
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
