"""Log-in and log-out, own password, language, health."""

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from admin.catalogue import say as _
from admin.security.permissions import Permission
from admin.web import navigation, sessions
from admin.web.guard import current_account, db, engine, may, now, signed_in
from admin.web.languages import CHOICE, LANGUAGES
from admin.web.links import own_path
from admin.web.staff import service
from admin.web.staff.forms import LogIn, NewPassword

pages = Blueprint("staff", __name__, template_folder="templates")


@pages.get("/")
@may(Permission.OWN_ACCOUNT)
def home() -> ResponseReturnValue:
    """To the first place of the caller's bar."""
    first = next(iter(navigation.places()), None)
    return redirect(url_for(first.endpoint if first else "staff.account"))


@pages.route("/login", methods=["GET", "POST"])
@may(Permission.PUBLIC)
def log_in() -> ResponseReturnValue:
    form = LogIn()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
        return render_template("staff/log_in.html", form=form)
    if not form.sent_well():
        return render_template("staff/log_in.html", form=form), 422
    proof = service.Proof(form.login.data or "", form.password.data or "", request.remote_addr or "-")
    found = service.prove(engine(), proof, now())
    if isinstance(found, service.Limited):
        return render_template("staff/log_in.html", form=form, limited=True), 429
    if isinstance(found, service.WrongPassword):
        return render_template("staff/log_in.html", form=form, wrong=True), 422
    service.welcome(db(), found, proof, now())
    sessions.begin(db(), found)
    return redirect(own_path(form.next.data, url_for("staff.home")))


@pages.post("/logout")
@may(Permission.PUBLIC)
def log_out() -> ResponseReturnValue:
    sessions.end()
    return redirect(url_for("staff.log_in"))


@pages.get("/account")
@may(Permission.OWN_ACCOUNT)
def account() -> ResponseReturnValue:
    return render_template("staff/account.html", account=current_account())


@pages.route("/account/password", methods=["GET", "POST"])
@may(Permission.OWN_ACCOUNT)
def new_password() -> ResponseReturnValue:
    form, mine = NewPassword(), current_account()
    if not form.sent_well():
        status = 200 if request.method == "GET" else 422
        return render_template("staff/new_password.html", form=form, first=mine.must_change), status
    changed = service.change_password(db(), mine, form.password.data or "", now())
    if isinstance(changed, service.SamePassword):
        form.password.errors = [_("This is the password in use. Choose another.")]
        return render_template("staff/new_password.html", form=form, first=mine.must_change), 422
    sessions.begin(db(), changed)
    flash(_("The new password is set. Other browsers were logged out."))
    return redirect(url_for("staff.home"))


@pages.post("/account/sessions/end")
@may(Permission.OWN_ACCOUNT)
def end_sessions() -> ResponseReturnValue:
    service.end_all_sessions(db(), current_account(), now())
    sessions.end()
    return redirect(url_for("staff.log_in"))


@pages.post("/language")
@may(Permission.PUBLIC)
def language() -> ResponseReturnValue:
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        abort(400)
    session[CHOICE] = wanted
    mine = signed_in()
    if mine is not None:
        service.choose_language(db(), mine, wanted)
    return redirect(own_path(request.form.get("next"), url_for("staff.home")))


@pages.get("/health")
@may(Permission.PUBLIC)
def health() -> ResponseReturnValue:
    """For whoever watches the process: the database answers."""
    db().execute(text("SELECT 1"))
    return jsonify({"status": "ok"})
