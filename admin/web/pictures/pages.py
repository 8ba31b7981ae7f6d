"""One picture of a gate, for one viewer who said why. It has no address: it comes as the answer to saying so."""

from base64 import b64encode
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.db.tables import Gate, GatePicture
from admin.security.permissions import Permission
from admin.web.guard import current, db, keys, may, now
from admin.web.passages.service import PURPOSES
from admin.web.pictures import service
from contracts.picture import PictureKind

pages = Blueprint("pictures", __name__, template_folder="templates")


@pages.post("/pictures/<uuid:picture>")
@may(Permission.SEE_PICTURES)
def show(picture: UUID) -> ResponseReturnValue:
    purpose = request.form.get("purpose", "")
    if purpose not in PURPOSES:
        abort(400)
    row = service.find(db(), current().scope, picture) or abort(404)
    jpeg = service.show(db(), current(), service.Asked(picture, purpose), keys().own, now())
    if jpeg is None:
        return render_template("pictures/gone.html"), 410
    return render_template(
        "pictures/show.html",
        row=row,
        gate=db().get_one(Gate, row.gate_id),
        jpeg=b64encode(jpeg).decode(),
        purpose=purpose,
        purposes=PURPOSES,
        back=_back(row),
    )


def _back(row: GatePicture) -> str:
    if row.kind == PictureKind.TEST:
        return url_for("orders.show", order=row.id)
    return url_for("passages.index", open=row.id)
