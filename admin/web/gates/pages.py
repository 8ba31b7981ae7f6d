"""How every gate is."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from admin.security.permissions import Permission
from admin.web.gates import queries, words
from admin.web.guard import current, db, may, now

pages = Blueprint("gates", __name__, template_folder="templates")


@pages.get("/gates")
@may(Permission.SEE_GATES)
def index() -> ResponseReturnValue:
    return render_template(
        "gates/index.html",
        gates=queries.gates(db(), current().scope, now()),
        stages=words.STAGES,
        words_of=words,
    )
