"""Endpoints for gates. Each comes with its own credential; answers are bytes, a wire message, or a code."""

from http import HTTPStatus
from io import BytesIO
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from werkzeug.exceptions import Forbidden, NotFound

from admin.db.session import reading
from admin.security.permissions import Permission
from admin.web.api import service
from admin.web.bodies import takes
from admin.web.coded import answer_in_codes
from admin.web.guard import become, current, db, engine, keys, may, now
from admin.web.pictures.service import PictureRefusal, Sent, take_in
from contracts.claim import ClaimV1
from contracts.picture import LARGEST_PICTURE, PictureKind
from contracts.wire import LARGEST_MESSAGE

PICTURE_REFUSALS: Final = {
    PictureRefusal.NOT_A_PICTURE: HTTPStatus.BAD_REQUEST,
    PictureRefusal.NOT_THERE: HTTPStatus.NOT_FOUND,
    PictureRefusal.NOT_KEPT: HTTPStatus.FORBIDDEN,
    PictureRefusal.TWICE: HTTPStatus.CONFLICT,
    PictureRefusal.TOO_LATE: HTTPStatus.GONE,
}
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


@pages.get("/gate/v1/<gate_id>/roster/after/<digest>")
@may(Permission.FETCH_ROSTER)
def step(gate_id: str, digest: str) -> ResponseReturnValue:
    own = current().id == gate_id
    sealed = service.step(db(), current().scope, digest) if own else None
    if sealed is None:
        raise NotFound
    return Response(sealed, mimetype="application/octet-stream")


@pages.post("/gate/v1/<gate_id>/claims")
@may(Permission.CLAIM_USE)
@takes(LARGEST_MESSAGE)
def claims(gate_id: str) -> ResponseReturnValue:
    claim = ClaimV1.decode(request.get_data())
    if claim.gate != gate_id:
        raise Forbidden  # a gate speaks for itself alone
    answer = service.claim_use(db(), current(), claim, now())
    return Response(answer.encode(), mimetype="application/json")


@pages.post("/gate/v1/<gate_id>/pictures/<kind>/<uuid:picture>")
@may(Permission.SEND_PICTURE)
@takes(LARGEST_PICTURE)
def picture(gate_id: str, kind: str, picture: UUID) -> ResponseReturnValue:
    if current().id != gate_id or kind not in set(PictureKind):
        raise NotFound
    sent = Sent(PictureKind(kind), picture, request.get_data())
    refused = take_in(db(), current(), sent, keys().own.public_key(), now())
    if refused is not None:
        return jsonify({"error": refused.value}), PICTURE_REFUSALS[refused]
    return Response(status=HTTPStatus.CREATED)


@pages.get("/healthz")
@may(Permission.PUBLIC)
def healthz() -> ResponseReturnValue:
    """For whoever starts or watches the process."""
    db().execute(text("SELECT 1"))
    return Response("ok\n", mimetype="text/plain")
