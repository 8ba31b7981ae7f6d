"""Endpoints for gates. Each comes with its own credential; answers are bytes, a wire message, or a code."""

from io import BytesIO

from flask import Blueprint, Response, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from werkzeug.exceptions import Forbidden, NotFound

from admin.db.session import reading
from admin.security.permissions import Permission
from admin.web.api import service
from admin.web.bodies import takes
from admin.web.coded import answer_in_codes
from admin.web.guard import become, current, db, engine, may, now
from contracts.claim import ClaimV1
from contracts.wire import LARGEST_MESSAGE

pages = Blueprint("api", __name__)
answer_in_codes(pages)


@pages.before_request
def identify() -> None:
    """Before any lock is taken: a stranger costs one look-up."""
    gate_id = (request.view_args or {}).get("gate_id")
    if gate_id is None:
        return
    with reading(engine()) as session:
        principal = service.gate_behind(session, gate_id, request.headers.get("Authorization", ""))
    if principal is not None:
        become(principal)


@pages.get("/gate/v1/<gate_id>/roster/<int:version>")
@may(Permission.FETCH_ROSTER)
def roster(gate_id: str, version: int) -> ResponseReturnValue:
    own = current().id == gate_id
    body = service.roster(db(), current().scope, version) if own else None
    if body is None:
        raise NotFound
    return send_file(
        BytesIO(body.sealed), mimetype="application/octet-stream", etag=body.etag, conditional=True
    )


@pages.post("/gate/v1/<gate_id>/claims")
@may(Permission.CLAIM_USE)
@takes(LARGEST_MESSAGE)
def claims(gate_id: str) -> ResponseReturnValue:
    claim = ClaimV1.decode(request.get_data())
    if claim.gate != gate_id:
        raise Forbidden  # a gate speaks for itself alone
    answer = service.claim_use(db(), current(), claim, now())
    return Response(answer.encode(), mimetype="application/json")


@pages.get("/healthz")
@may(Permission.PUBLIC)
def healthz() -> ResponseReturnValue:
    """For whoever starts or watches the process."""
    db().execute(text("SELECT 1"))
    return Response("ok\n", mimetype="text/plain")
