"""How long the log is kept, and what was removed of it."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.catalogue import say as _
from admin.db.tables import Compound
from admin.security.permissions import Permission
from admin.web.guard import current, db, may, now
from admin.web.privacy import queries, service, words
from admin.web.privacy.service import HoldReason
from admin.web.residents.queries import find_person

pages = Blueprint("privacy", __name__, template_folder="templates", url_prefix="/privacy")


@pages.get("/")
@may(Permission.KEEP_PRIVACY)
def index() -> ResponseReturnValue:
    mine = queries.compounds(db(), current().scope)
    chosen = next((one for one in mine if str(one.id) == request.args.get("compound")), None)
    place = chosen or (mine[0] if mine else abort(404))
    return render_template(
        "privacy/index.html",
        compounds=mine,
        compound=place,
        kept=_mine(place.id),
        removals=queries.removals(db(), current().scope, place.id),
        words_of=words,
    )


@pages.post("/<int:compound>/days")
@may(Permission.KEEP_PRIVACY)
def keep_for(compound: int) -> ResponseReturnValue:
    days = request.form.get("days", type=int)
    if days not in words.DAYS:
        abort(400)
    service.keep_for(db(), current(), _mine(compound), days, now())
    flash(_("It is kept. What is older is removed within minutes."))
    return _back(compound)


@pages.post("/<int:compound>/pictures")
@may(Permission.KEEP_PRIVACY)
def keep_pictures(compound: int) -> ResponseReturnValue:
    days = request.form.get("days", type=int)
    if days not in words.PICTURE_DAYS:
        abort(400)
    service.keep_pictures(db(), current(), _mine(compound), days, now())
    flash(_("It is kept. Pictures older than that are deleted."))
    return _back(compound)


@pages.post("/<int:compound>/hold")
@may(Permission.KEEP_PRIVACY)
def hold(compound: int) -> ResponseReturnValue:
    why = request.form.get("why", "")
    if why not in set(HoldReason):
        abort(400)
    service.hold(db(), current(), _mine(compound), HoldReason(why), now())
    flash(_("Nothing of the log is removed until you lift the hold."))
    return _back(compound)


@pages.post("/<int:compound>/lift")
@may(Permission.KEEP_PRIVACY)
def lift(compound: int) -> ResponseReturnValue:
    service.lift(db(), current(), _mine(compound), now())
    flash(_("The hold is lifted. What is older than it is kept is removed within minutes."))
    return _back(compound)


@pages.post("/people/<uuid:person_id>/erase")
@may(Permission.KEEP_PRIVACY)
def erase(person_id: UUID) -> ResponseReturnValue:
    person = find_person(db(), current().scope, person_id) or abort(404)
    service.ask_to_erase(db(), current(), person, now())
    flash(_("The passages are being erased. Reload this page to see how many."))
    return redirect(url_for("residents.show", person_id=person_id))


def _mine(compound: int) -> Compound:
    return queries.kept(db(), current().scope, compound) or abort(404)


def _back(compound: int) -> ResponseReturnValue:
    return redirect(url_for(".index", compound=compound))
