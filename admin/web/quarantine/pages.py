"""Messages set aside: a list, each with its reason, and what may be done."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.catalogue import say as _
from admin.db.tables.passages import Quarantine
from admin.security.permissions import Permission
from admin.web.guard import current, db, may, now
from admin.web.quarantine import queries, service, words
from admin.web.quarantine.outline import outline

pages = Blueprint("quarantine", __name__, template_folder="templates")


@pages.get("/quarantine")
@may(Permission.KEEP_QUARANTINE)
def index() -> ResponseReturnValue:
    below = request.args.get("below", type=int)
    page = queries.messages(db(), current().scope, below)
    return render_template("quarantine/index.html", page=page, first=below is None, words_of=words)


@pages.get("/quarantine/<int:message_id>")
@may(Permission.KEEP_QUARANTINE)
def show(message_id: int) -> ResponseReturnValue:
    found = queries.find(db(), current().scope, message_id)
    if found is None:
        abort(404)
    row, line = found
    return render_template(
        "quarantine/show.html", line=line, outline=outline(row.content), topic=row.topic, words_of=words
    )


@pages.post("/quarantine/<int:message_id>/again")
@may(Permission.KEEP_QUARANTINE)
def again(message_id: int) -> ResponseReturnValue:
    service.try_again(db(), current(), _message(message_id), now())
    flash(_("It is read again within seconds. If it is still refused, it comes back here."))
    return redirect(url_for(".index"))


@pages.post("/quarantine/<int:message_id>/delete")
@may(Permission.KEEP_QUARANTINE)
def delete(message_id: int) -> ResponseReturnValue:
    if service.delete(db(), current(), _message(message_id), now()):
        flash(_("The message is deleted."))
    else:
        flash(_("The log is under a legal hold: nothing of it can be erased."))
    return redirect(url_for(".index"))


def _message(message_id: int) -> Quarantine:
    found = queries.find(db(), current().scope, message_id)
    if found is None:
        abort(404)
    return found[0]
