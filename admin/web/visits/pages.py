"""The desk's visitor pages."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.catalogue import say as _
from admin.security.permissions import Permission
from admin.web import keyset
from admin.web.guard import current, db, keys, may, now, settings
from admin.web.languages import in_language
from admin.web.residents.queries import Line, Search, find_person, list_people
from admin.web.visits import passes, queries, service, words
from admin.web.visits.forms import DeskInvitation, choice
from admin.web.visits.qr import qr_svg

pages = Blueprint("visits", __name__, template_folder="templates")
HOSTS_SHOWN = 8


@pages.get("/visits")
@may(Permission.SEE_VISITS)
def index() -> ResponseReturnValue:
    past = request.args.get("show") == "past"
    read = keyset.read(request.args.get("before"))
    listed = (queries.past if past else queries.current)(
        db(), current().scope, now(), queries.Cursor(*read) if read else None
    )
    end = listed.earlier
    further = (
        url_for(".index", show="past" if past else None, before=keyset.written(end.until, end.id))
        if end
        else None
    )
    return render_template(
        "visits/index.html", lines=listed.lines, past=past, further=further, now=now(), words_of=words
    )


@pages.route("/visits/new", methods=["GET", "POST"])
@may(Permission.MAKE_VISIT)
def new() -> ResponseReturnValue:
    form = _form()
    hosts: list[Line] = []
    if form.sent_well():
        hosts = _hosts(form)
        made = _make(form, hosts)
        if made is not None:
            flash(_("The pass is made. Send the link, or tell the visitor the PIN."))
            return redirect(url_for(".show", visit_id=made))
    status = 422 if request.method == "POST" else 200
    return render_template("visits/new.html", form=form, hosts=hosts), status


@pages.get("/visits/<uuid:visit_id>")
@may(Permission.SEE_VISITS)
def show(visit_id: UUID) -> ResponseReturnValue:
    line = queries.one(db(), current().scope, visit_id)
    if line is None:
        abort(404)
    token = passes.open_token(line.token_sealed, keys().own)
    secret = passes.open_link(line.link_sealed, keys().own) if current().may(Permission.MAKE_VISIT) else None
    return render_template(
        "visits/show.html",
        line=line,
        state=line.state(now()),
        words_of=words,
        qr=qr_svg(token) if token and secret else None,
        pin=secret.pin if secret else None,
        link=f"{settings().base_url}/p/{secret.text}" if secret else None,
    )


@pages.post("/visits/<uuid:visit_id>/cancel")
@may(Permission.CANCEL_VISIT)
def cancel(visit_id: UUID) -> ResponseReturnValue:
    if service.cancel_visit(db(), current(), visit_id, now()) is None:
        abort(404)
    flash(_("The pass is cancelled. Connected gates refuse it within seconds."))
    return redirect(url_for(".show", visit_id=visit_id))


def _form() -> DeskInvitation:
    form = DeskInvitation()
    scope = current().scope
    mine = queries.compounds(db(), scope)
    form.compound.choices = [choice(place.id, in_language(place.name_zh, place.name_en)) for place in mine]
    if form.compound.data is None and mine:
        form.compound.data = mine[0].id
    form.gates.choices = [
        choice(gate.id, in_language(gate.zh, gate.en))
        for place in mine
        for gate in queries.gates_of(db(), scope, place.id)
    ]
    return form


def _hosts(form: DeskInvitation) -> list[Line]:
    """Who is meant by what was typed; the one chosen from the list before, while the words are the same."""
    typed = (form.host.data or "").strip()
    if not typed:
        return []
    found = list_people(db(), current().scope, Search(typed), None, HOSTS_SHOWN).lines
    return [line for line in found if str(line.id) == form.person.data] or found


def _make(form: DeskInvitation, hosts: list[Line]) -> UUID | None:
    """The new pass; None where the form must be shown again, with the fault at its field."""
    window = form.meant(now())
    if form.host.data and len(hosts) != 1:
        fault = (
            _("Several people fit. Choose one below.")
            if hosts
            else _("Nobody fits. Try the name or the room.")
        )
        form.host.errors = [fault]
        return None
    if window is None:
        return None
    host = find_person(db(), current().scope, hosts[0].id) if hosts else None
    wanted = service.NewVisit(
        compound_id=host.compound_id if host else form.compound.data,
        visitor=form.visitor.data or "",
        since=window.since,
        until=window.until,
        uses=form.uses.data or 0,
        host_id=host.id if host else None,
        gates=tuple(form.gates.data or ()),
    )
    made = service.make_visit(db(), current(), wanted, _seals(), now())
    if isinstance(made, service.VisitFault):
        form.visitor.errors = [words.FAULTS[made]]
        return None
    return made.visit.id


def _seals() -> passes.Seals:
    return passes.Seals(web=keys().own.public_key(), dispatch=keys().dispatch)
