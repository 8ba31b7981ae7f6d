"""How every gate is; new gates, new boxes, and the end of a gate."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.catalogue import say as _
from admin.db.joins import CODE_PURPOSE
from admin.db.tables.joins import GateJoin
from admin.security.authority import AUTHORITY_CERTIFICATE, fingerprint, load_certificate
from admin.security.permissions import Permission
from admin.web.gates import joins, queries, service, words
from admin.web.gates.forms import AddGate
from admin.web.gates.service import JoinRefusal
from admin.web.guard import current, current_account, db, keys, may, now, settings
from admin.web.visits.qr import qr_svg
from contracts.join import shown
from contracts.sealing import unseal

pages = Blueprint("gates", __name__, template_folder="templates")


@pages.get("/gates")
@may(Permission.SEE_GATES)
def index() -> ResponseReturnValue:
    return _index()


@pages.route("/gates/new", methods=["GET", "POST"])
@may(Permission.EDIT_GATES)
def new() -> ResponseReturnValue:
    form = AddGate()
    form.offer(joins.spots(db(), current().scope))
    if form.sent_well():
        made = service.add(db(), current(), form.meant(), _address(), now())
        if isinstance(made, GateJoin):
            return redirect(url_for(".join", number=made.id))
        return render_template("gates/new.html", form=form, trouble=words.REFUSALS[made]), 422
    status = 422 if request.method == "POST" else 200
    return render_template("gates/new.html", form=form, trouble=None), status


@pages.post("/gates/<gate>/replace")
@may(Permission.EDIT_GATES)
def replace(gate: str) -> ResponseReturnValue:
    made = service.replace(db(), current(), gate, _address(), now())
    if isinstance(made, GateJoin):
        return redirect(url_for(".join", number=made.id))
    if made is JoinRefusal.NOT_HERE:
        abort(404)
    return _index(words.REFUSALS[made]), 422


@pages.post("/gates/<gate>/revoke")
@may(Permission.EDIT_GATES)
def revoke(gate: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    if reason not in set(service.RevokeReason):
        return _index(words.CHOOSE), 422
    done = service.revoke(db(), current(), gate, service.RevokeReason(reason), now())
    if isinstance(done, JoinRefusal):
        abort(404)
    flash(_("The gate has been ended. It gets nothing from the server any more."))
    return redirect(url_for(".index"))


@pages.get("/gates/joins/<int:number>")
@may(Permission.CONFIRM_GATE)
def join(number: int) -> ResponseReturnValue:
    return _join(number)


@pages.post("/gates/joins/<int:number>/cancel")
@may(Permission.EDIT_GATES)
def cancel(number: int) -> ResponseReturnValue:
    return _decided(number, service.cancel(db(), current(), number, now()))


@pages.post("/gates/joins/<int:number>/confirm")
@may(Permission.CONFIRM_GATE)
def confirm(number: int) -> ResponseReturnValue:
    if not request.form.get("same"):
        return _join(number, words.COMPARE), 422
    seen = request.form.get("fingerprint", "")
    return _decided(number, service.confirm(db(), current(), number, seen, now()))


@pages.post("/gates/joins/<int:number>/refuse")
@may(Permission.CONFIRM_GATE)
def refuse(number: int) -> ResponseReturnValue:
    seen = request.form.get("fingerprint", "")
    return _decided(number, service.refuse(db(), current(), number, seen, now()))


def _decided(number: int, done: GateJoin | JoinRefusal) -> ResponseReturnValue:
    if isinstance(done, GateJoin):
        return redirect(url_for(".join", number=number))
    if done is JoinRefusal.NOT_HERE:
        abort(404)
    return _join(number, words.REFUSALS[done]), 422


def _index(trouble: str | None = None) -> str:
    scope = current().scope
    deciding = current().may(Permission.CONFIRM_GATE)
    return render_template(
        "gates/index.html",
        gates=queries.gates(db(), scope, now()),
        joins=joins.current(db(), scope, now()) if deciding else [],
        ended=joins.ended(db(), scope, now()) if deciding else [],
        stages=words.STAGES,
        words_of=words,
        trouble=trouble,
    )


def _join(number: int, trouble: str | None = None) -> str:
    line = joins.one(db(), current().scope, number, now())
    if line is None:
        abort(404)
    code = _code(line)
    return render_template(
        "gates/join.html",
        line=line,
        mine=_is_mine(line),
        code=code,
        qr=qr_svg(code, "gates-qr") if code else None,
        figures=shown(line.fingerprint).split() if line.fingerprint else [],
        second_people=joins.second_people(db(), line),
        words_of=words,
        trouble=trouble,
    )


def _code(line: joins.JoinLine) -> str | None:
    """The code's text, for whoever made it, as long as it can be used."""
    if line.code_sealed is None or not line.is_under_way or not _is_mine(line):
        return None
    return unseal(keys().own, CODE_PURPOSE, line.code_sealed).decode()


def _is_mine(line: joins.JoinLine) -> bool:
    return line.made_by.id == current_account().id


def _address() -> service.Address:
    """Where boxes come: this server, and the authority it shows where it is reached by HTTPS."""
    url, path = settings().base_url.rstrip("/"), settings().public_keys / AUTHORITY_CERTIFICATE
    known = url.startswith("https://") and path.exists()
    ca = fingerprint(load_certificate(path)) if known else None
    return service.Address(url, ca, keys().own.public_key(), keys().dispatch)
