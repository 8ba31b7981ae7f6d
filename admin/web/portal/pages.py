"""The phone pages. The secret in the address is the key: no log-in, no name there, nothing to index."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.catalogue import say as _
from admin.db.session import reading, writing
from admin.security.permissions import Permission
from admin.security.principals import Principal
from admin.web import limits
from admin.web.errors import WORDS
from admin.web.guard import become, current, db, engine, keys, may, now, settings
from admin.web.portal import identity, queries
from admin.web.visits import passes, service, words
from admin.web.visits import queries as visits
from admin.web.visits.forms import Invitation
from admin.web.visits.qr import qr_svg

pages = Blueprint("portal", __name__, template_folder="templates")
BEHIND: Final[dict[str, Callable[..., Principal | None]]] = {
    "p": identity.visitor_behind,
    "r": identity.resident_behind,
}


@pages.before_request
def identify() -> ResponseReturnValue | None:
    """A wrong link finds nothing, counted by address; a right one is never held up by others' wrong ones."""
    secret = (request.view_args or {}).get("secret")
    if secret is None:
        return None
    with reading(engine()) as session:
        principal = BEHIND[request.path[1]](session, secret, now())
    if principal is not None:
        become(principal)
        return None
    with writing(engine()) as session:
        counted = limits.try_once(session, identity.WRONG_LINKS, request.remote_addr or "-", now())
    if not counted:
        abort(429)
    return render_template("portal/ended.html", words=WORDS[410]), 404


@pages.after_request
def keep_quiet(answer: Response) -> Response:
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@pages.get("/p/offline.js")
@may(Permission.PUBLIC)
def offline() -> ResponseReturnValue:
    """The service worker, at an address whose scope is the visitor's pages alone."""
    answer = current_app.send_static_file("portal-offline.js")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@pages.get("/p/<secret>")
@may(Permission.SHOW_PASS)
def pass_page(secret: str) -> ResponseReturnValue:
    scope = current().scope
    line = visits.one(db(), scope, scope.visit_id) if scope.visit_id else None
    if line is None:
        abort(404)
    token = passes.open_token(line.token_sealed, keys().own)
    return render_template(
        "portal/pass.html",
        line=line,
        state=line.state(now()),
        words_of=words,
        house=queries.house(db(), scope, line.compound_id),
        qr=qr_svg(token) if token else None,
        pin=passes.Secret(secret).pin,
        secret=secret,
        now=now(),
    )


@pages.post("/p/<secret>/cancel")
@may(Permission.SHOW_PASS)
def cancel_own(secret: str) -> ResponseReturnValue:
    visit = current().scope.visit_id
    if visit is None or service.cancel_visit(db(), current(), visit, now()) is None:
        abort(404)
    return redirect(url_for(".pass_page", secret=secret))


@pages.get("/r/<secret>")
@may(Permission.OWN_PASSES)
def mine(secret: str) -> ResponseReturnValue:
    scope = current().scope
    return render_template(
        "portal/mine.html",
        lines=visits.current(db(), scope, now()).lines,
        past=visits.past(db(), scope, now()).lines[:10],
        house=queries.house(db(), scope),
        name=queries.own_name(db(), scope),
        words_of=words,
        secret=secret,
        now=now(),
    )


@pages.route("/r/<secret>/invite", methods=["GET", "POST"])
@may(Permission.OWN_PASSES)
def invite(secret: str) -> ResponseReturnValue:
    form = Invitation()
    if form.sent_well():
        made = _invite(form)
        if made is not None:
            flash(_("The pass is made. Send the link to your visitor."))
            return redirect(url_for(".own", secret=secret, visit_id=made))
    status = 422 if request.method == "POST" else 200
    house = queries.house(db(), current().scope)
    return render_template("portal/invite.html", form=form, secret=secret, house=house), status


@pages.get("/r/<secret>/passes/<uuid:visit_id>")
@may(Permission.OWN_PASSES)
def own(secret: str, visit_id: UUID) -> ResponseReturnValue:
    line = visits.one(db(), current().scope, visit_id)
    if line is None:
        abort(404)
    link = passes.open_link(line.link_sealed, keys().own)
    return render_template(
        "portal/own.html",
        line=line,
        state=line.state(now()),
        words_of=words,
        house=queries.house(db(), current().scope),
        link=f"{settings().base_url}/p/{link.text}",
        pin=link.pin,
        secret=secret,
    )


@pages.post("/r/<secret>/passes/<uuid:visit_id>/cancel")
@may(Permission.OWN_PASSES)
def cancel_invited(secret: str, visit_id: UUID) -> ResponseReturnValue:
    if service.cancel_visit(db(), current(), visit_id, now()) is None:
        abort(404)
    return redirect(url_for(".own", secret=secret, visit_id=visit_id))


def _invite(form: Invitation) -> UUID | None:
    scope, window = current().scope, form.meant(now())
    if window is None:
        return None
    if not limits.try_once(db(), identity.INVITATIONS, str(current()), now()):
        abort(429)
    wanted = service.NewVisit(
        compound_id=queries.house(db(), scope).id,
        visitor=form.visitor.data or "",
        since=window.since,
        until=window.until,
        uses=form.uses.data or 0,
        host_id=scope.person_id,
    )
    made = service.make_visit(
        db(), current(), wanted, passes.Seals(keys().own.public_key(), keys().dispatch), now()
    )
    if isinstance(made, service.VisitFault):
        form.visitor.errors = [words.FAULTS[made]]
        return None
    return made.visit.id
