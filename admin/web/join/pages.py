"""Endpoints for a box that is no gate yet."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from admin.db.session import reading, writing
from admin.security.authority import AUTHORITY_CERTIFICATE
from admin.security.permissions import Permission
from admin.web.bodies import takes
from admin.web.coded import answer_in_codes
from admin.web.guard import become, current, db, engine, may, now, settings
from admin.web.join import service
from contracts.join import JoinRequestV1
from contracts.wire import LARGEST_MESSAGE

pages = Blueprint("join", __name__)
answer_in_codes(pages)


@pages.before_request
def identify() -> None:
    """Whoever names a code is its box, so far. An address that guessed too often is not even looked up."""
    if request.endpoint != "join.ask":
        return
    asked, address = JoinRequestV1.decode(request.get_data()), request.remote_addr or "-"
    with reading(engine()) as session:
        if service.guessed_too_often(session, address, now()):
            abort(429)
        box = service.box_behind(session, asked.newcomer())
    if box is not None:
        become(box)
        return
    with writing(engine()) as session:
        service.note_guess(session, address, now())


@pages.post("/gate/v1/join")
@may(Permission.JOIN_GATE)
@takes(LARGEST_MESSAGE)
def ask() -> ResponseReturnValue:
    text = request.get_data().decode()
    answer = service.take(db(), current(), service.Asked(text, request.remote_addr or "-"), now())
    return Response(answer.encode(), mimetype="application/json")


@pages.get("/gate/v1/ca")
@may(Permission.PUBLIC)
def authority() -> ResponseReturnValue:
    """The authority's certificate; whoever asks compares it with a hash that came another way."""
    path = settings().public_keys / AUTHORITY_CERTIFICATE
    if not path.exists():
        abort(404)
    return Response(path.read_bytes(), mimetype="application/x-pem-file")
